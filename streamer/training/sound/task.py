"""The training task for sounds: windows of the user's recordings, and the shipped network to begin with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32, Rng
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.features.logmel import log_mel
from streamer.messages import TaskName
from streamer.model.spec import Card, ModelSpec, WindowSettings
from streamer.tasks.sound import BACKGROUND
from streamer.training.earlier import EarlierModel
from streamer.training.fit import Schedule, compiled, outputs
from streamer.training.pool import mapped, n_processes_for
from streamer.training.sound.continued import check_can_continue, fill
from streamer.training.sound.files import cut_file, has_sound
from streamer.training.sound.network import FRONT_END, LAST_OF_STEM, STEM_FRAMES, add_logits, load_start
from streamer.training.sound.sampling import SampledWindow, WindowSampler, sample_blocks
from streamer.training.sound.world import World, load_world
from streamer.training.task import Advance, Plan, TrainingPhase
from streamer.training.windows import SYNTHETIC, TrainingWindows, WindowWriter
from streamer.training.world import WorldRecording

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset

N_FRAMES, STRIDE = 155, 32  # 1.565 s every 0.32 s: three positions after the timed layers, computed once a stride
FRAMES_LIMITS = (STEM_FRAMES, 1000)  # 0.605 s; 10 s is a long one
WINDOWS_PER_EXAMPLE = 40  # sampled of each, no two alike …
N_WINDOWS_LIMITS = (600, 8000)  # … within these numbers for one part of the data
BACKGROUND_SHARE = 0.25  # of all windows
TRAINED_HALF, THRESHOLDS_HALF = 0, 1  # of the world
FILES_WORTH = 200  # that make up for the start of another process, about 2 s

EVENTS = EventSettings(smoothing_s=0.64, on=0.8, off=0.4, confirm=2, confirm_of=3, merge_gap_s=1.0, deny=(BACKGROUND,))
ATTRIBUTION = (
    "Training began from models/sound_start.npz of streamer, whose weights began as part of YAMNet's (Google,"
    " Apache-2.0) and were changed"
)
HEAD = Schedule(n_epochs=30, peak_rate=3e-3, batch=128, patience=8, weight_decay=1e-3)
# The upper half, on the lower half's activations computed once: 32 kB a window, but a fifth of the time.
UPPER_HALF = TrainingPhase(LAST_OF_STEM, Schedule(n_epochs=4, peak_rate=5e-4, batch=96, patience=2), min_examples=20)


class SoundTask:
    """Training on sounds: windows of any labels, by the front end of the shipped model, beginning with its start.

    Parameters
    ----------
    labels : sequence of str
        The dataset's. ``background`` is added unless it is among them.
    window_s : float, optional
        Seconds that one window spans, 0.335 … 10.015; 1.295 where not given.
    n_processes : int, optional
        Processes to sample and cut with; as many as pay where not given.
    earlier : EarlierModel, optional
        The model to go on from; its windows have its length.

    Raises
    ------
    UserError
        If the window is too short or too long, or the model cannot be gone on from.
    """

    task: Final[TaskName] = "sound"
    world_layer = LAST_OF_STEM

    def __init__(
        self,
        labels: Sequence[str],
        window_s: float | None = None,
        n_processes: int | None = None,
        earlier: EarlierModel | None = None,
    ) -> None:
        self.labels = (*labels, *(() if BACKGROUND in labels else (BACKGROUND,)))
        n_frames = N_FRAMES if window_s is None else _n_frames(window_s)
        if earlier is not None:
            check_can_continue(earlier)
            earlier.check_labels(self.labels, (BACKGROUND,))
            if window_s is not None and n_frames != earlier.spec.window.n_frames:
                raise UserError(f"window={window_s:g} must be left out with --from; it is that of {earlier.path}")
            n_frames = earlier.spec.window.n_frames
        self._n_processes, self._earlier = n_processes, earlier
        self.spec = ModelSpec(
            format=1,
            name="sound",
            task="sound",
            front_end=FRONT_END,
            window=WindowSettings(n_frames=n_frames, stride=min(STRIDE, n_frames)),
            events=EVENTS,
            card=Card(attribution=ATTRIBUTION),
        )

    @cached_property
    def plan(self) -> Plan:
        """The head first, with sounds of all kinds as background; with 20 examples of each label, then the upper half.

        Without these sounds a model that has two labels takes every other sound for one of them.
        """
        beside = self._beside()
        pooled = TrainingWindows(self._pooled(beside.features), beside.targets, beside.examples)
        return Plan(phases=(TrainingPhase("embedding", HEAD, beside=pooled), replace(UPPER_HALF, beside=beside)))

    def _beside(self) -> TrainingWindows:
        """Return the windows of the world's first half that are unlike all labels, as activations of the stem."""
        world = load_world()
        places = world_places(world, self.labels, TRAINED_HALF)
        window = self.spec.window
        windows = np.concatenate([world.windows(place, window.n_frames, window.stride) for place in places])
        background = np.asarray([label == BACKGROUND for label in self.labels], np.float32)
        targets = np.broadcast_to(background, (len(windows), len(background)))
        return TrainingWindows(windows, targets, np.full(len(windows), SYNTHETIC, np.int32))

    def world(self) -> Iterator[WorldRecording]:
        """Yield the recordings of the world's second half, which training does not see."""
        world, window = load_world(), self.spec.window
        for place in range(THRESHOLDS_HALF, len(world), 2):
            yield WorldRecording(
                world.windows(place, window.n_frames, window.stride),
                self.spec.stride_s,
                tuple(label for label in self.labels if world.is_like(place, label)),
                world.origins[place],
            )

    def _pooled(self, activations: NDArray[np.float16]) -> NDArray[np.float16]:
        """Return the trunk's embeddings of the world's windows, before any training."""
        import keras

        network = self.network()
        trunk = keras.Model(network.input, network.get_layer("embedding").output)
        upper = keras.Model(trunk.get_layer(LAST_OF_STEM).output, trunk.output)
        every = TrainingWindows(activations, np.zeros((len(activations), 0), np.float32), np.zeros(0, np.int32))
        return outputs(compiled(upper), every).astype(np.float16)

    def sample(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> TrainingWindows:
        """Sample augmented windows: 40 of an example, but 600 … 8,000 in all, and a third as many of the background.

        Every label is equally frequent. Files are decoded when they are sampled, and few are kept.

        Raises
        ------
        UserError
            If a file is damaged.
        """
        recordings: dict[str, list[Path]] = {label: [] for label in self.labels}
        for example in dataset:
            recordings[example.label].append(example.path)
        sampler = WindowSampler(recordings, self.labels, self.spec.window_samples, self.spec.sample_rate)
        fewest, most = N_WINDOWS_LIMITS
        n_windows = round(min(max(WINDOWS_PER_EXAMPLE * len(dataset), fewest), most) / (1.0 - BACKGROUND_SHARE))
        number_of = {example.path: i for i, example in enumerate(dataset)}
        writer, n_sampled = WindowWriter(folder, self.spec.input_shape, len(self.labels)), 0
        for block in sample_blocks(sampler, _sample, [features], n_windows, seed, self._n_processes):
            examples = [SYNTHETIC if path is None else number_of[path] for path in block.paths]
            writer.append(block.features[0], block.targets, np.asarray(examples, np.int32))
            n_sampled += len(examples)
            advance(n_sampled / n_windows)
        return writer.finish()

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> TrainingWindows:
        """Cut every file as the live pipeline does; targets of a pause within a label's file are unknown.

        Raises
        ------
        UserError
            If a file is damaged.
        """
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        n_processes = self._n_processes or n_processes_for(len(dataset), FILES_WORTH)
        paths = [example.path for example in dataset]
        cuts = mapped(partial(_cut, spec=self.spec), paths, n_processes, chunk=8)
        for i, (example, (windows, is_loud)) in enumerate(zip(dataset, cuts, strict=True)):
            target = np.asarray([label == example.label for label in self.labels], np.float32)
            target_of_pause = target.copy()
            if example.label != BACKGROUND:
                target_of_pause[[self.labels.index(example.label), self.labels.index(BACKGROUND)]] = np.nan
            writer.append(windows, np.where(is_loud[:, None], target, target_of_pause), i)
            advance((i + 1) / len(dataset))
        return writer.finish()

    def network(self) -> Any:
        """Return the network to begin with, features → logits.

        It is the shipped start's trunk with logits that are all 0, or the network of the model to go on from.

        Raises
        ------
        UserError
            If that model has another network.
        """
        network = add_logits(load_start(self.spec.window.n_frames), len(self.labels))
        if self._earlier is not None:
            fill(network, self._earlier, self.labels)
        return network

    def augment(self, features: Float32, rng: Rng) -> Float32:
        """Return the windows unchanged: each was augmented when it was sampled."""
        return features


def world_places(world: World, labels: Sequence[str], half: int) -> list[int]:
    """Return the recordings of one half of the world that are unlike all labels.

    One half is trained on, the other one sets thresholds.
    """
    return [place for place in world.unlike([label for label in labels if label != BACKGROUND]) if place % 2 == half]


def features(window: SampledWindow) -> Float32:
    """Return the log-mel spectrogram of a sampled window, shape (n_frames, n_mels)."""
    return log_mel(window.samples, FRONT_END)


def _sample(sampler: WindowSampler, rng: Rng) -> SampledWindow:
    if sampler.pools and rng.random() >= BACKGROUND_SHARE:
        return sampler.sample_labelled(rng)
    return sampler.sample_background(rng)


def _cut(path: Path, spec: ModelSpec) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    windows = cut_file(path, spec)
    return windows.astype(np.float16), has_sound(windows)


def _n_frames(window_s: float) -> int:
    """Return the number of frames nearest to a length in seconds."""
    n_frames = round((window_s * FRONT_END.sample_rate - FRONT_END.frame_length) / FRONT_END.hop_length) + 1
    if not FRAMES_LIMITS[0] <= n_frames <= FRAMES_LIMITS[1]:
        shortest, longest = (
            ((n - 1) * FRONT_END.hop_length + FRONT_END.frame_length) / FRONT_END.sample_rate for n in FRAMES_LIMITS
        )
        raise UserError(f"window={window_s:g} must be within {shortest:g} … {longest:g} s; 1.3 is usual")
    return n_frames
