"""What training on pictures and on videos shares: windows by the live pipeline, and the class `ImageTask`."""

from __future__ import annotations

import functools
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import Float32
from streamer.config import EventSettings, ImageSettings
from streamer.messages import Image, ImageFormat, TaskName
from streamer.model.spec import ModelSpec
from streamer.tasks import PICTURE_SUFFIXES, TASKS
from streamer.training.pool import mapped, n_processes_for
from streamer.training.task import Advance
from streamer.training.windows import SYNTHETIC, TrainingWindows, WindowCollector, WindowWriter

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset

MIN_VIEWS = 2  # windows sampled of each example, however many there are
MAX_CUT = 512  # windows cut of one example: four and a half minutes of a video; a longer one is better cut into files

SampleJob = tuple[Path, list[int], int]  # file, seed, number of windows


def live_windows(path: Path, spec: ModelSpec) -> Iterator[Float32]:
    """Yield the windows that a model of this description is given when the file runs through the live pipeline.

    Parameters
    ----------
    path : Path
        A picture, which is one window, or a video; one shorter than a window is stretched over it, and one of fewer
        than 32 images has none.
    spec : ModelSpec

    Yields
    ------
    ndarray, shape ``spec.input_shape``
        Normalised as the description says.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    from streamer.pipeline.images import ImagePipeline
    from streamer.pipeline.stage import Stage

    collector = WindowCollector(spec)
    stage = Stage("", collector, EventSettings())
    pipeline = ImagePipeline("", [stage], ImageSettings(), at_once=True)
    image_format, images = _open(path)
    pipeline.begin(image_format)
    for image in images:
        pipeline.step(image)
        yield from collector.take()
    pipeline.finish()
    yield from collector.take()


def _open(path: Path) -> tuple[ImageFormat, Iterator[Image]]:
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        from streamer.sources.images.video import read_images

        return read_images(path, ImageSettings())
    from streamer.sources.images.pictures import read_picture

    pixels = read_picture(path, ImageSettings())
    image_format = ImageFormat(pixels.shape[1], pixels.shape[0], 0.0, path.name)
    return image_format, iter([Image(pixels, 0, 0, 0.0, 0.0)])


class ImageTask(ABC):
    """What the training tasks of pattern and motion share; see :class:`streamer.training.task.TrainingTask`.

    Parameters
    ----------
    labels : sequence of str
        The user's.

    Attributes
    ----------
    background : str
        The label of what shows none of the others; its examples are synthetic unless the user has some of it.
    """

    task: TaskName
    n_windows: ClassVar[int]  # sampled of a small dataset, about; of a large one MIN_VIEWS of every example
    max_views: ClassVar[int]  # windows sampled of one example
    n_worth: ClassVar[int]  # examples that make up for the start of one more process

    def __init__(self, labels: Sequence[str]) -> None:
        names = TASKS[self.task].background
        own = next((label for label in labels if label.casefold() in names), "")
        self.background = own or names[0]
        self.labels = (*labels,) if own else (*labels, self.background)
        self._background_is_synthetic = not own

    @property
    @abstractmethod
    def spec(self) -> ModelSpec:
        """Front end, window, stride, normalisation, events."""

    @abstractmethod
    def sampler(self) -> Callable[[SampleJob], NDArray[np.float16]]:
        """Return a function, for any process, that samples windows of a file, shape (n, rows, width)."""

    @abstractmethod
    def synthetic_background(self, n: int, seed: int, n_processes: int) -> Iterator[NDArray[np.float16]]:
        """Yield windows of ``n`` synthetic examples of the background label."""

    def sample(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> TrainingWindows:
        """Sample windows of every example, varied, and as many of a synthetic background as there are of a label."""
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        n_views = int(np.clip(self.n_windows // max(1, len(dataset)), MIN_VIEWS, self.max_views))
        n_synthetic = 0
        if self._background_is_synthetic:
            n_synthetic = max(self.max_views, n_views * len(dataset) // len(dataset.labels))
        n_steps = len(dataset) + -(-n_synthetic // n_views)
        jobs = [(example.path, [seed, number], n_views) for number, example in enumerate(dataset)]
        sampled = mapped(self.sampler(), jobs, n_processes_for(len(jobs), self.n_worth), 1, use_one_opencv_thread)
        for number, (example, windows) in enumerate(zip(dataset, sampled, strict=True)):
            writer.append(windows, self._target(example.label), number)
            advance((number + 1) / n_steps)
        n_processes = n_processes_for(n_synthetic, self.n_worth * n_views)
        for i, window in enumerate(self.synthetic_background(n_synthetic, seed, n_processes)):
            writer.append(window, self._target(self.background), SYNTHETIC)
            advance((len(dataset) + i / n_views) / n_steps)
        return writer.finish()

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> TrainingWindows:
        """Cut windows as the live pipeline does, at most `MAX_CUT` of each example."""
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        work = functools.partial(_first_windows, spec=self.spec)
        paths = [example.path for example in dataset]
        cut = mapped(work, paths, n_processes_for(len(paths), 4 * self.n_worth), 1, use_one_opencv_thread)
        for number, (example, windows) in enumerate(zip(dataset, cut, strict=True)):
            writer.append(windows, self._target(example.label), number)
            advance((number + 1) / len(dataset))
        return writer.finish()

    def _target(self, label: str) -> Float32:
        return np.array([label == other for other in self.labels], np.float32)


def _first_windows(path: Path, spec: ModelSpec) -> NDArray[np.float16]:
    windows = [window.astype(np.float16) for window in itertools.islice(live_windows(path, spec), MAX_CUT)]
    return np.stack(windows) if windows else np.zeros((0, *spec.input_shape), np.float16)


def use_one_opencv_thread() -> None:
    """Keep OpenCV to one thread, in processes of which there is one for each core."""
    import cv2

    cv2.setNumThreads(1)
