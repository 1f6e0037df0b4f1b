"""Load a model, and classify arrays and files with it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from streamer.api import inputs
from streamer.api.inputs import Number
from streamer.build import build_pipeline, resolve_config
from streamer.errors import StreamerError, UserError
from streamer.messages import Direction, Event, Medium, RegionFindings, Scores, Spatial, TaskName, Temporal
from streamer.model.file import find_model, read_model_file
from streamer.model.sandbox import try_model
from streamer.model.spec import ModelSpec
from streamer.offline.files import file_kinds, medium_of_kind
from streamer.offline.result import FileResult
from streamer.sources.start_time import start_of_file
from streamer.tasks import TASKS, task_of_kind
from streamer.tasks.base import FileKind

if TYPE_CHECKING:
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.sound import SoundPipeline

ArrayOrPath: TypeAlias = "ArrayLike | str | Path"
NO_PATH = Path("array")  # names the result of an array


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """What was found in one array or file."""

    label: str | None  # best-scoring one of which an event begins, else the background label, None without such a label
    score: float  # of that label over the whole, range 0…1; 0 without a label
    labels: tuple[tuple[str, float], ...]  # every label with its score over the whole, best first
    events: tuple[Event, ...]  # labels that were present, each from onset to offset
    scores: tuple[Scores, ...]  # of every window
    duration_s: float  # 0 of a picture
    temporal: Temporal | None = None  # strongest period in time measured, of images
    spatial: Spatial | None = None  # strongest pattern measured, of images
    note: str = ""  # what is wrong with a file that could be used all the same
    regions: tuple[RegionFindings, ...] = ()  # the strongest measured in each region that the config names
    direction: Direction | None = None  # of the movement that the label stands for; None where none can be told


class Model:
    """A loaded model, as :func:`load_model` returns it; calls from several threads take turns.

    Attributes
    ----------
    name : str
        As the model states it.
    labels : tuple of str
        In the order of the scores.
    settings : ModelSpec
        All that the model states of itself: task, front end, window, thresholds, its card.
    file : ModelFile
        The file as it was read.

    Examples
    --------
    >>> model = load_model("ambient")
    >>> model.task, "dog" in model.labels, model.settings.front_end.sample_rate
    ('sound', True, 16000)
    """

    def __init__(self, name: str | Path, config: str | Path | None = None) -> None:
        self._config = resolve_config(Path(config) if config else None, {})
        described = self._config.model if self._config.model.path == (str(name),) else None
        file = read_model_file(find_model(str(name)), (described and described.sidecar) or None)
        self.file = try_model(file, self._config.model.runtime)
        self.labels = self.file.labels
        self.settings: ModelSpec = self.file.spec
        self._pipelines: dict[Medium, SoundPipeline | ImagePipeline] = {}
        self._lock = threading.Lock()
        self._pipeline(TASKS[self.task].medium)

    @property
    def name(self) -> str:
        """Name, as the model states it."""
        return self.settings.name

    @property
    def task(self) -> TaskName:
        """What it classifies: "sound", "pattern" (in single images) or "motion" (in videos)."""
        return self.settings.task

    def __repr__(self) -> str:
        return f"<Model {self.name}: {self.task}, {len(self.labels)} labels>"

    def classify(
        self,
        data: ArrayOrPath,
        *,
        sample_rate: Number | None = None,
        fps: Number | None = None,
        times_s: ArrayLike | None = None,
    ) -> Classification:
        """Classify an array or a file; see :func:`classify`."""
        kind = kind_of(data, self.task, sample_rate, is_timed=fps is not None or times_s is not None)
        with self._lock:
            pipeline = self._pipeline(medium_of_kind(kind))
            if isinstance(data, str | Path):
                (result,) = self._file_results(Path(data).expanduser(), kind, pipeline, sample_rate, fps, times_s)
            else:
                (result,) = _array_results(data, kind, pipeline, sample_rate, fps, times_s)
        return Classification(
            result.label,
            result.score or 0.0,
            tuple(result.labels),
            tuple(result.events),
            tuple(result.scores),
            result.duration_s,
            result.temporal,
            result.spatial,
            result.note,
            result.regions,
            result.direction,
        )

    def _pipeline(self, medium: Medium) -> SoundPipeline | ImagePipeline:
        if medium not in self._pipelines:
            self._pipelines[medium] = build_pipeline("file", [self.file], self._config, medium, at_once=True)
        return self._pipelines[medium]

    def _file_results(
        self,
        path: Path,
        kind: FileKind,
        pipeline: SoundPipeline | ImagePipeline,
        sample_rate: Number | None,
        fps: Number | None,
        times_s: ArrayLike | None,
    ) -> list[FileResult]:
        for name, value in (("sample_rate", sample_rate), ("times_s", times_s)):
            if value is not None:
                raise UserError(f"{name} must be left out for a file, which states it; convert the file if it is wrong")
        if fps is not None and kind != "video":
            raise UserError(f"fps={fps} must be left out for a file of {kind}; it is for videos")
        images = resolve_config(None, {"images.fps": None if fps is None else float(fps)}).images
        images = self._config.images.model_copy(update={"fps": images.fps or self._config.images.fps})
        try:
            epoch_s = start_of_file(path, self._config.source)
            if pipeline.medium == "sound":
                from streamer.offline.sound import classify_sound

                return classify_sound(path, pipeline, epoch_s=epoch_s)
            from streamer.offline.images import classify_picture, classify_video

            classify = classify_picture if kind == "picture" else classify_video
            return classify(path, pipeline, images, epoch_s=epoch_s)
        except OSError as error:
            raise StreamerError(f"file={path} must stay readable; {error}") from None


def load_model(name_or_path: str | Path, *, config: str | Path | None = None) -> Model:
    """Load a model: a shipped one by its name, or a .tflite file.

    A file that did not come with streamer is tried in a process of its own first, where a crash does no harm.

    Parameters
    ----------
    name_or_path : str or Path
        "ambient" (sound), "pattern" (pictures), "motion" (videos), or the path of a file.
    config : str or Path, optional
        Settings file; of it ``[model]``, ``[events]`` and ``[images]`` are used. The defaults if not given: the user's
        own settings file, which commands read, is not.

    Raises
    ------
    UserError
        If there is no such model, or it cannot be used.

    Examples
    --------
    >>> load_model("pattern")
    <Model pattern: pattern, 6 labels>
    """
    return Model(name_or_path, config)


def classify(
    data: ArrayOrPath,
    *,
    model: str | Path | Model | None = None,
    sample_rate: Number | None = None,
    fps: Number | None = None,
    times_s: ArrayLike | None = None,
) -> Classification:
    """Classify sound, a picture or a video: an array or a file.

    Parameters
    ----------
    data : array_like, str or Path
        A file, by its path. Or sound, shape (n_samples,) or (n_samples, n_channels), as float in the range −1…1, with
        ``sample_rate``. Or a video, shape (n_images, height, width) or (n_images, height, width, 3), with ``fps`` or
        ``times_s``. Or a picture, shape (height, width) or (height, width, 3). Images are grey or blue-green-red, as
        uint8, or as float in the range 0…1.
    model : str, Path or Model, optional
        Model to use, see :func:`load_model`; the shipped one for this kind of data if not given.
    sample_rate : float
        Of an array of sound: samples per second.
    fps : float
        Of a video: images per second at which it was captured, in place of what a file states.
    times_s : array_like
        Of an array of images: the capture time of each in seconds, in place of ``fps``.

    Returns
    -------
    Classification
        The same that ``streamer classify`` gives.

    Raises
    ------
    UserError
        Names the argument that breaks a rule.

    Examples
    --------
    >>> result = classify(np.zeros(32000, np.float32), sample_rate=16000)
    >>> result.label, result.duration_s
    ('background', 2.0)
    """
    if model is None:
        model = _default(kind_of(data, None, sample_rate, is_timed=fps is not None or times_s is not None))
    elif not isinstance(model, Model):
        model = load_model(model)
    return model.classify(data, sample_rate=sample_rate, fps=fps, times_s=times_s)


def kind_of(data: ArrayOrPath, task: TaskName | None, sample_rate: Number | None, *, is_timed: bool) -> FileKind:
    """Return what kind of data it is: of a path by its suffix, of an array by what is stated along with it.

    Raises
    ------
    UserError
        If that is missing or contradicts itself.
    """
    if isinstance(data, str | Path):
        return file_kinds(Path(data), [task] if task else [])[0]
    if sample_rate is not None and is_timed:
        raise UserError(f"sample_rate={sample_rate} must be left out of images, fps and times_s of sound; pass one")
    if sample_rate is not None:
        return "sound"
    if is_timed:
        return "video"
    shape = np.shape(data)
    if len(shape) < 2 or (task == "sound" and len(shape) == 2):
        raise UserError(f"sample_rate must be given for sound; data.shape={shape} is no image")
    if len(shape) > 3 or (len(shape) == 3 and shape[2] != 3):
        raise UserError(f"fps or times_s must be given for images one after the other, here data.shape={shape}")
    return "picture"


def _array_results(
    data: ArrayLike,
    kind: FileKind,
    pipeline: SoundPipeline | ImagePipeline,
    sample_rate: Number | None,
    fps: Number | None,
    times_s: ArrayLike | None,
) -> list[FileResult]:
    if pipeline.medium == "sound":
        from streamer.offline.sound import BLOCK_S, classify_blocks

        assert sample_rate is not None
        return classify_blocks(NO_PATH, *inputs.sound(data, sample_rate, BLOCK_S), pipeline)
    from streamer.offline.images import classify_images, classify_pixels

    if kind == "picture":
        return classify_pixels(NO_PATH, inputs.blue_green_red(inputs.picture(data, "data")), pipeline)
    images = inputs.video(data, "data")
    times = inputs.capture_times(images.shape[0], times_s, fps, "the images")
    return classify_images(NO_PATH, *inputs.stream_of(images, times), pipeline)


@lru_cache(maxsize=3)
def _default(kind: FileKind) -> Model:
    return Model(task_of_kind(kind).default_model)
