"""Pictures and videos → the windows that the live pipeline makes of them, and what both courses of sight share."""

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
from streamer.messages import Image, ImageFormat
from streamer.model.spec import ModelSpec
from streamer.tasks import PICTURE_SUFFIXES
from streamer.training.pool import mapped, n_processes_for
from streamer.training.task import Advance
from streamer.training.windows import Recorder, Windows, WindowWriter

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset

LEAST_VIEWS = 2  # windows drawn of each example, however many there are
LONGEST = 512  # windows cut of one example: four and a half minutes of a video; longer ones are better cut in pieces


def live_windows(path: Path, spec: ModelSpec) -> Iterator[Float32]:
    """Yield the windows that a model of this description is given when the file runs through the product's pipeline.

    Parameters
    ----------
    path : Path
        A picture, which is one window, or a video; one shorter than a window is stretched over it, and one of fewer
        than 32 images gives none.

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

    recorder = Recorder(spec)
    stage = Stage("", recorder, EventSettings())
    pipeline = ImagePipeline("", [stage], ImageSettings(), at_once=True)
    image_format, images = _open(path)
    pipeline.begin(image_format)
    for image in images:
        pipeline.step(image)
        yield from recorder.taken()
    pipeline.finish()
    yield from recorder.taken()


def _open(path: Path) -> tuple[ImageFormat, Iterator[Image]]:
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        from streamer.sources.images.video import read_images

        return read_images(path, ImageSettings())
    from streamer.sources.images.pictures import read_picture

    pixels = read_picture(path, ImageSettings())
    image_format = ImageFormat(pixels.shape[1], pixels.shape[0], 0.0, path.name)
    return image_format, iter([Image(pixels, 0, 0, 0.0, 0.0)])


class ImageTask(ABC):
    """What the courses of pattern and motion share; see :class:`streamer.training.task.TrainingTask`.

    Parameters
    ----------
    labels : sequence of str
        The user's.

    Attributes
    ----------
    nothing : str
        The label for what shows none of the others; made in code unless the user has examples of it.
    """

    nothing_names: ClassVar[tuple[str, ...]]  # what users may call it; the first is ours
    n_windows: ClassVar[int]  # drawn of a small dataset, about; of a large one LEAST_VIEWS of every example
    most_views: ClassVar[int]  # windows drawn of one example
    n_worth: ClassVar[int]  # examples that make up for the start of one more process

    def __init__(self, labels: Sequence[str]) -> None:
        own = next((label for label in labels if label.casefold() in self.nothing_names), "")
        self.nothing = own or self.nothing_names[0]
        self.labels = (*labels,) if own else (*labels, self.nothing)
        self._makes_nothing = not own

    @property
    @abstractmethod
    def spec(self) -> ModelSpec:
        """Front end, window, stride, normalisation, events."""

    @abstractmethod
    def views(self) -> Callable[[tuple[Path, list[int], int]], NDArray[np.float16]]:
        """Return a function that draws windows of a file, for any process: (path, seed, number) → (n, rows, width)."""

    @abstractmethod
    def made_nothing(self, n: int, seed: int, n_processes: int) -> Iterator[NDArray[np.float16]]:
        """Yield windows of examples made in code that show nothing."""

    def draw(self, dataset: Dataset, folder: Path, seed: int, advance: Advance) -> Windows:
        """Draw windows of every example, varied, and of as many made ones that show nothing as there are of a label."""
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        n_views = int(np.clip(self.n_windows // max(1, len(dataset)), LEAST_VIEWS, self.most_views))
        n_made = max(self.most_views, n_views * len(dataset) // len(dataset.labels)) if self._makes_nothing else 0
        n_steps = len(dataset) + -(-n_made // n_views)
        jobs = [(example.path, [seed, place], n_views) for place, example in enumerate(dataset)]
        drawn = mapped(self.views(), jobs, n_processes_for(len(jobs), self.n_worth), 1, one_opencv_thread)
        for place, (example, windows) in enumerate(zip(dataset, drawn, strict=True)):
            writer.append(windows, self._target(example.label), place)
            advance((place + 1) / n_steps)
        n_processes = n_processes_for(n_made, self.n_worth * n_views)
        for i, window in enumerate(self.made_nothing(n_made, seed, n_processes)):
            writer.append(window, self._target(self.nothing), -1)
            advance((len(dataset) + i / n_views) / n_steps)
        return writer.finish()

    def cut(self, dataset: Dataset, folder: Path, advance: Advance) -> Windows:
        """Cut windows as the live pipeline does, ``LONGEST`` at most of each example."""
        writer = WindowWriter(folder, self.spec.input_shape, len(self.labels))
        work = functools.partial(_first_windows, spec=self.spec)
        paths = [example.path for example in dataset]
        cut = mapped(work, paths, n_processes_for(len(paths), 4 * self.n_worth), 1, one_opencv_thread)
        for place, (example, windows) in enumerate(zip(dataset, cut, strict=True)):
            writer.append(windows, self._target(example.label), place)
            advance((place + 1) / len(dataset))
        return writer.finish()

    def _target(self, label: str) -> Float32:
        return np.array([label == other for other in self.labels], np.float32)


def _first_windows(path: Path, spec: ModelSpec) -> NDArray[np.float16]:
    windows = [window.astype(np.float16) for window in itertools.islice(live_windows(path, spec), LONGEST)]
    return np.stack(windows) if windows else np.zeros((0, *spec.input_shape), np.float16)


def one_opencv_thread() -> None:
    """Keep OpenCV to one thread, in processes of which there is one for each core."""
    import cv2

    cv2.setNumThreads(1)
