"""What training a sound model needs: windows, network, and how to train it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.features.logmel import log_mel
from streamer.messages import TaskName
from streamer.model.spec import Card, ModelSpec, WindowSettings
from streamer.tasks.sound import BACKGROUND
from streamer.training.fit import Schedule
from streamer.training.pool import mapped, n_processes_for
from streamer.training.sound.augment import Rng
from streamer.training.sound.files import cut_file, sounding
from streamer.training.sound.network import FRONT_END, LAST_OF_STEM, add_logits, load_start, load_world
from streamer.training.sound.sampling import Drawer, Drawn, draw_lots
from streamer.training.task import Advance, Plan, Stage
from streamer.training.windows import Windows, WindowWriter

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset

N_FRAMES, STRIDE = 128, 32  # 1.295 s every 0.32 s
FRAMES_LIMITS = (32, 1000)  # the network halves a window five times; 10 s is a long one
WINDOWS_PER_EXAMPLE = 40  # drawn of each, no two alike …
N_WINDOWS_LIMITS = (600, 8000)  # … within these numbers for one part of the data
NOTHING_SHARE = 0.25  # of all windows: none of the labels
FILES_WORTH = 200  # that make up for the start of another process, about 2 s

EVENTS = EventSettings(smoothing_s=0.64, on=0.8, off=0.4, confirm=2, confirm_of=3, merge_gap_s=1.0, deny=(BACKGROUND,))
ATTRIBUTION = (
    "Training began from models/sound_start.npz of streamer, whose weights began as part of YAMNet's (Google,"
    " Apache-2.0) and were changed"
)
HEAD = Schedule(n_epochs=30, peak_rate=3e-3, batch=128, patience=8, weight_decay=1e-3)
# The upper half, on the lower half's activations computed once: 32 kB a window, but a fifth of the time.
UPPER = Stage(LAST_OF_STEM, Schedule(n_epochs=4, peak_rate=5e-4, batch=96, patience=2), min_examples=20)


class SoundTask:
    """A course for sounds: any labels, begun from the shipped start, behind the front end of the shipped model.

    Parameters
    ----------
    labels : sequence of str
        The dataset's. ``background`` is added unless it is among them.
    window_s : float, optional
        Seconds that one window spans, 0.335 … 10.015; 1.295 where not given.
    n_processes : int, optional
        Processes to draw and cut with; as many as pay where not given.

    Raises
    ------
    UserError
        If the window is too short or too long.
    """

    task: Final[TaskName] = "sound"

    def __init__(self, labels: Sequence[str], window_s: float | None = None, n_processes: int | None = None) -> None:
        self.labels = (*labels, *(() if BACKGROUND in labels else (BACKGROUND,)))
        n_frames = N_FRAMES if window_s is None else _n_frames(window_s)
        self._n_processes = n_processes
        self.spec = ModelSpec(
            format=1,
            name="sound",
            task="sound",
            front_end=FRONT_END,
            window=WindowSettings(n_frames=n_frames, stride=min(STRIDE, n_frames)),
            events=EVENTS,
            card=Card(attribution=ATTRIBUTION),
        )

    @property
    def plan(self) -> Plan:
        """The head first, with the world's sounds as background; then, with 20 examples of each label, the upper half.

        Without the former a head that knows two labels takes every other sound for one of them.
        """
        world = load_world()
        nothing = np.asarray([label == BACKGROUND for label in self.labels], np.float32)
        targets = np.broadcast_to(nothing, (len(world), len(nothing)))
        beside = Windows(world, targets, np.full(len(world), -1, np.int32))
        return Plan(stages=(Stage("embedding", HEAD, beside=beside), UPPER))

    def draw(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> Windows:
        """Draw augmented windows: 40 of an example, but 600 … 8,000 in all, and a third as many of nothing.

        Every label is equally frequent. Files are read when they are drawn, and few are kept.

        Raises
        ------
        UserError
            If a file is damaged.
        """
        recordings: dict[str, list[Path]] = {label: [] for label in self.labels}
        for example in dataset:
            recordings[example.label].append(example.path)
        drawer = Drawer(recordings, self.labels, self.spec.window_samples, self.spec.sample_rate)
        least, most = N_WINDOWS_LIMITS
        n_windows = round(min(max(WINDOWS_PER_EXAMPLE * len(dataset), least), most) / (1.0 - NOTHING_SHARE))
        place_of = {example.path: i for i, example in enumerate(dataset)}
        writer, n_drawn = WindowWriter(folder, self.spec.input_shape, len(self.labels)), 0
        front_end = partial(log_mel, settings=FRONT_END)
        for lot in draw_lots(drawer, _something_or_nothing, [front_end], n_windows, seed, self._n_processes):
            clips = [-1 if path is None else place_of[path] for path in lot.paths]
            writer.append(lot.features[0], lot.targets, np.asarray(clips, np.int32))
            n_drawn += len(clips)
            advance(n_drawn / n_windows)
        return writer.finish()

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> Windows:
        """Cut every file as the live pipeline does; what a pause within a label's file shows is left unknown.

        Raises
        ------
        UserError
            If a file is damaged.
        """
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        n_processes = self._n_processes or n_processes_for(len(dataset), FILES_WORTH)
        paths = [example.path for example in dataset]
        cuts = mapped(partial(_cut, spec=self.spec), paths, n_processes, chunk=8)
        for i, (example, (windows, heard)) in enumerate(zip(dataset, cuts, strict=True)):
            there = np.asarray([label == example.label for label in self.labels], np.float32)
            pause = there.copy()
            if example.label != BACKGROUND:
                pause[[self.labels.index(example.label), self.labels.index(BACKGROUND)]] = np.nan
            writer.append(windows, np.where(heard[:, None], there, pause), i)
            advance((i + 1) / len(dataset))
        return writer.finish()

    def network(self) -> Any:
        """Return the shipped start's trunk with logits that are all 0: features → logits."""
        return add_logits(load_start(self.spec.window.n_frames), len(self.labels))

    def augment(self, features: Float32, rng: Rng) -> Float32:
        """Return the windows as they are: every one was drawn differently."""
        return features


def _something_or_nothing(drawer: Drawer, rng: Rng) -> Drawn:
    return drawer.labelled(rng) if drawer.pools and rng.random() >= NOTHING_SHARE else drawer.nothing(rng)


def _cut(path: Path, spec: ModelSpec) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    windows = cut_file(path, spec)
    return windows.astype(np.float16), sounding(windows)


def _n_frames(window_s: float) -> int:
    """Return the number of frames of so many seconds, the nearest."""
    n_frames = round((window_s * FRONT_END.sample_rate - FRONT_END.frame_length) / FRONT_END.hop_length) + 1
    if not FRAMES_LIMITS[0] <= n_frames <= FRAMES_LIMITS[1]:
        least, most = (
            ((n - 1) * FRONT_END.hop_length + FRONT_END.frame_length) / FRONT_END.sample_rate for n in FRAMES_LIMITS
        )
        raise UserError(f"window={window_s:g} must be within {least:g} … {most:g} s; 1.3 is usual")
    return n_frames
