"""One model that looks at a stream of images: when it is due, what it is given, what it says."""

from __future__ import annotations

from dataclasses import replace

from streamer.arrays import Float32
from streamer.config import EventSettings
from streamer.errors import UserError
from streamer.events import EventDetector
from streamer.messages import Event, Periodicity, Scores, Spatial, TaskName, Temporal
from streamer.model.classifier import Classifier
from streamer.model.spec import MotionFrontEnd, PatternFrontEnd

N_TO_TIME = 32  # images after which their interval is known well enough to count time in them
DEFAULT_FPS = 30.0  # until then, where the source does not say


class Stage:
    """A classifier of images with its events.

    Parameters
    ----------
    stream : str
        Name put on scores and events.
    classifier : Classifier
        Of a pattern or motion model, for this stream alone.
    events : EventSettings
        As resolved from model file and config.
    stride_s : float
        Seconds between windows; 0 for the model's own number of images.

    Raises
    ------
    UserError
        If the model is none for images.
    """

    def __init__(self, stream: str, classifier: Classifier, events: EventSettings, stride_s: float = 0.0) -> None:
        spec = classifier.spec
        if not isinstance(spec.front_end, PatternFrontEnd | MotionFrontEnd):
            raise UserError(
                f"model={spec.name} must be a pattern or motion model to classify images; it is for {spec.task}"
            )
        self.stream = stream
        self.classifier = classifier
        self.task: TaskName = spec.task
        self.front_end = spec.front_end
        self.n_images = spec.window.n_frames
        self.max_event_s = events.max_length_s
        self._stride_s = stride_s
        self._stride = spec.window.stride
        self.detector = EventDetector(stream, classifier.labels, events, self._stride / DEFAULT_FPS)
        self.begin(0.0)

    def begin(self, fps: float) -> None:
        """Go over to a newly opened source that says it gives ``fps`` images per second (0: it does not say)."""
        self._measurements: list[Periodicity] = []
        self._count_in(fps or DEFAULT_FPS)
        self.restart()

    def restart(self) -> None:
        """Make ready for images that do not continue those before."""
        self._n_seen = 0
        self._next = self.n_images
        self.n_windows = 0  # since then

    def due(self, fps: float) -> bool:
        """Count an image, given how many come per second; whether it completes a window."""
        self._n_seen += 1
        if self._n_seen == N_TO_TIME:
            self._count_in(fps)
        if self._n_seen < self._next:
            return False
        self._next = self._n_seen + self._stride
        return True

    def classify(self, rows: Float32, start_s: float, end_s: float, epoch_s: float) -> list[Scores | Event]:
        """Score a window between two instants of the stream, and tell which events that begins or ends."""
        self.n_windows += 1
        values = self.classifier.classify(rows)
        scores = Scores(self.stream, self.classifier.labels, values, start_s, end_s, epoch_s + end_s)
        return [scores, *self.measured(self.detector.update(scores), end_s)]

    def remember(self, measurement: Periodicity) -> None:
        """Keep a measurement of this model's kind for the events that it touches."""
        oldest_s = measurement.end_s - 2 * self.max_event_s
        self._measurements = [m for m in self._measurements if m.end_s > oldest_s] + [measurement]

    def measured(self, events: list[Event], now_s: float) -> list[Event]:
        """Put the model's task and the measurement that fits best on events."""
        return [replace(event, task=self.task, measured=self._best(event, now_s)) for event in events]

    def _best(self, event: Event, now_s: float) -> Temporal | Spatial | None:
        """Of what was measured, the strongest of those that lie most within the event."""
        end_s = now_s if event.offset_s is None else event.offset_s

        def fit(m: Periodicity) -> tuple[float, float]:
            length_s = max(m.end_s - m.start_s, 1e-6)
            shared_s = min(m.end_s, end_s + length_s / 4) - max(m.start_s, event.onset_s - length_s / 4)
            assert m.found is not None
            return round(min(shared_s / length_s, 1.0), 1), m.found.snr_db

        candidates = [m for m in self._measurements if m.found and m.end_s >= event.onset_s and m.start_s <= end_s]
        return max(candidates, key=fit).found if candidates else None

    def _count_in(self, fps: float) -> None:
        """Count times in images that come ``fps`` a second."""
        if self._stride_s:
            self._stride = max(1, round(self._stride_s * fps))
        self.detector.set_stride(self._stride / fps)
