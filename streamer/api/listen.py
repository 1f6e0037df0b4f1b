"""Listen to a live source: its events as they come about, as an iterator or by callbacks."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from streamer.api.model import Model, load_model
from streamer.build import kernels_for, models_for, resolve_config
from streamer.errors import SourceUnavailable, StreamerError, UserError
from streamer.kernels.load import warm_up
from streamer.messages import Command, Event, Message, Periodicity, Scores, Summary
from streamer.monitor.problems import Problems
from streamer.runtime import SinkThread, Stream
from streamer.runtime.live import live_track
from streamer.sinks import Sink
from streamer.sources import ImageSource, SoundSource, open_source

MOST_S = 1e9  # thirty years
OPEN_S = 10.0  # a source that has not opened after so long may hang; it is no longer waited for
POLL_S = 0.1  # until the end of a stream is noticed
PATIENCE_S = 60.0  # for callbacks that still run when a stream has ended


class Listener:
    """A live stream, as :func:`listen` returns it.

    Attributes
    ----------
    summary : Summary or None
        Totals and health, once the stream has ended.
    """

    def __init__(
        self,
        source: str | Path | SoundSource | ImageSource,
        *,
        on_event: Callable[[Event], object] | None = None,
        on_scores: Callable[[Scores], object] | None = None,
        on_measurement: Callable[[Periodicity], object] | None = None,
        model: str | Path | Model | None = None,
        sinks: Sequence[Sink] = (),
        seconds: float | None = None,
        realtime: bool | None = None,
        config: str | Path | None = None,
    ) -> None:
        settings = resolve_config(Path(config) if config else None, {"source.realtime": realtime})
        if isinstance(source, str | Path):
            source = open_source(str(source), settings.source, settings.images)
        elif getattr(source, "medium", None) not in ("sound", "images"):
            raise UserError(f"source={source!r:.80} must be a URI, a path, or a source of sound or images; pass one")
        if seconds is not None and not 0.0 < seconds <= MOST_S:
            raise UserError(f"seconds={seconds} must be above 0 and finite; leave it out to listen to the end")
        if model is not None and not isinstance(model, Model):
            model = load_model(model, config=config)
        models = models_for(source.medium, [model.file] if model else [], source.uri)
        warm_up(lambda _: None, (source.medium,), kernels_for(models))
        self._opening = _Opening(source)
        self._received = _Receiver(on_event, on_scores, on_measurement, self.stop)
        self._iterable = on_event is None
        track = live_track(source.uri, self._opening.source, models, (), settings, seconds, draws=False)
        self._sinks: tuple[Sink, ...] = (self._received, *sinks)
        self._problems = Problems()
        self._sink_threads: list[SinkThread] = []  # they start, and the stream sees them, when it is entered
        self._stream = Stream(
            track,
            settings.source,
            self._sink_threads,
            problems=self._problems,
            endures=False,
            health_s=settings.output.health_s,
        )
        self._state = "new"  # then "started", then "closed"

    @property
    def summary(self) -> Summary | None:
        """Totals and health, once the stream has ended."""
        return self._received.summary

    def __enter__(self) -> Self:
        if self._state != "new":
            raise UserError("listen(…) must be entered once; call it again to listen again")
        self._state = "started"
        self._sink_threads += [
            SinkThread(sink, patience_s=PATIENCE_S, problems=self._problems, name=f"sink {k} {type(sink).__name__}")
            for k, sink in enumerate(self._sinks)
        ]
        self._stream.start()
        deadline_s = time.monotonic() + OPEN_S
        while not self._opening.opened.wait(POLL_S / 5) and time.monotonic() < deadline_s:
            if self._stream.join(0.0):
                break
        if self._stream.failure is not None and not self._opening.opened.is_set():
            self._close()
            self._raise_failure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._stream.join(0.0):
            self._received.is_wanted = False  # it is left early: what still comes concerns nobody
        self._close()
        if error is None:
            self._raise_failure()

    def __iter__(self) -> Iterator[Event]:
        """Yield each event when it begins, with ``offset_s`` None, and again when it has ended.

        Raises
        ------
        StreamerError
            The source, the model or a sink failed.
        """
        if not self._iterable:
            raise UserError("on_event must be left out to iterate; either calls it or the iterator gets the events")
        if self._state != "new":
            yield from self._events()
            return
        with self:
            yield from self._events()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the stream has ended and every callback has returned; False if ``timeout_s`` is over before.

        Raises
        ------
        StreamerError
            The source, the model or a sink failed. What a callback raised is raised here as it is.
        """
        if self._state == "new":
            raise UserError("listen(…) must be entered before wait(); write with listen(…) as live: live.wait()")
        if not self._stream.join(timeout_s):
            return False
        self._close()
        self._raise_failure()
        return True

    def stop(self) -> None:
        """End the stream soon; what has been captured is still processed. Callbacks may call it."""
        self._stream.stop()

    def set_region(self, name: str, box: tuple[int, int, int, int] | None) -> None:
        """Measure a named region of the images on its own from now on, in place of one of that name; any thread may.

        Parameters
        ----------
        name : str
            Put on its measurements, which ``on_measurement`` gets.
        box : tuple of int or None
            Left, top, width and height in pixels of the image, at least 16 each way; None to drop the region. What
            does not lie within the images is not measured.
        """
        self._stream.command(Command(self._stream.name, "region", label=name, box=box))

    def _events(self) -> Iterator[Event]:
        while True:
            try:
                yield self._received.events.get(timeout=POLL_S)
            except queue.Empty:
                if self._state == "closed":
                    break
                if self._stream.join(0.0):
                    self._close()
        self._raise_failure()

    def _close(self) -> None:
        """Stop the stream and its sinks, wait for their threads, and leave nothing running."""
        if self._state == "closed":
            return
        self._stream.stop()
        self._stream.join(5.0)
        self._stream.abandoned()  # waits until the source is closed
        for sink_thread in self._sink_threads:
            sink_thread.close()
        self._state = "closed"

    def _raise_failure(self) -> None:
        if self._received.error is not None:
            raise self._received.error
        failure = self._stream.failure
        if isinstance(failure, _NeverOpened):
            raise failure.reason from None
        if failure is not None:
            raise failure
        if problems := self._problems.now():
            raise StreamerError("; ".join(problem.text for problem in problems))


def listen(
    source: str | Path | SoundSource | ImageSource,
    *,
    on_event: Callable[[Event], object] | None = None,
    on_scores: Callable[[Scores], object] | None = None,
    on_measurement: Callable[[Periodicity], object] | None = None,
    model: str | Path | Model | None = None,
    sinks: Sequence[Sink] = (),
    seconds: float | None = None,
    realtime: bool | None = None,
    config: str | Path | None = None,
) -> Listener:
    """Listen to a microphone, a camera or any other source, live.

    The result is iterated, or entered as a context; in either way threads capture and classify until the source ends,
    the time is over or the context is left.

    Parameters
    ----------
    source : str, Path, SoundSource or ImageSource
        What ``streamer run`` takes: "mic", "camera", "demo", "demo:camera", a file, an address; or a source of your
        own, see :mod:`streamer.sources.base`.
    on_event : callable, optional
        Called with each event when it begins, with ``offset_s`` None, and again when it has ended. Callbacks run on a
        thread of their own; what one raises ends the stream, and is raised where the context is left.
    on_scores : callable, optional
        Called with the scores of each window.
    on_measurement : callable, optional
        Of images: called with what was measured in time or in space, in the whole image or a region of it.
    model : str, Path or Model, optional
        See :func:`load_model`; the shipped ones for the medium if not given.
    sinks : sequence of Sink
        Further receivers of messages, each called on a thread of its own.
    seconds : float, optional
        Time in the stream after which it ends.
    realtime : bool, optional
        Files and demos: in real time (the default), or False: as fast as possible.
    config : str or Path, optional
        Settings file; the defaults if not given.

    Returns
    -------
    Listener
        Iterator of events, and context manager with ``wait()``, ``stop()`` and ``summary``.

    Raises
    ------
    UserError
        For a mistake in an argument, now; what goes wrong with the source later is raised by the iterator, by
        ``wait()`` and at the end of the context. A device that cannot be opened is a SourceUnavailable; one that is
        lost later is opened again.

    Examples
    --------
    >>> for event in listen("demo", realtime=False, seconds=12):
    ...     if event.offset_s is not None:
    ...         print(event.label)
    rain
    clock_tick
    """
    return Listener(
        source,
        on_event=on_event,
        on_scores=on_scores,
        on_measurement=on_measurement,
        model=model,
        sinks=sinks,
        seconds=seconds,
        realtime=realtime,
        config=config,
    )


class _Receiver:
    """The sink that hands events and scores to the program."""

    def __init__(
        self,
        on_event: Callable[[Event], object] | None,
        on_scores: Callable[[Scores], object] | None,
        on_measurement: Callable[[Periodicity], object] | None,
        stop: Callable[[], None],
    ) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.summary: Summary | None = None
        self.error: Exception | None = None
        self.is_wanted = True
        wanted = ((Scores, on_scores), (Periodicity, on_measurement))
        self.accepts: tuple[type, ...] = (Event, Summary, *(kind for kind, call in wanted if call is not None))
        self._on_event = on_event or self.events.put
        self._on_scores = on_scores
        self._on_measurement = on_measurement
        self._stop = stop

    def write(self, message: Message) -> None:
        """Hand one message over."""
        if isinstance(message, Summary):
            self.summary = message
        if self.error is not None or not self.is_wanted:
            return
        try:
            if isinstance(message, Event):
                self._on_event(message)
            elif isinstance(message, Scores) and self._on_scores:
                self._on_scores(message)
            elif isinstance(message, Periodicity) and self._on_measurement:
                self._on_measurement(message)
        except Exception as error:
            self.error = error
            self._stop()

    def close(self) -> None:
        """Do nothing: all was handed over."""


class _NeverOpened(StreamerError):
    """A device could not be opened even once: a program wants to know, where a run would try again."""

    def __init__(self, reason: SourceUnavailable) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Opening:
    """A source that fails for good where it cannot be opened the first time; all else is as the source itself."""

    def __init__(self, source: SoundSource | ImageSource) -> None:
        self.opened = threading.Event()
        self.source = cast("SoundSource | ImageSource", self)
        self._source: Any = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def capture(self, begin: Callable[[Any], Any], stop: threading.Event) -> None:
        """Capture as the source does."""

        def begun(opened: Any) -> Any:
            ring = begin(opened)
            self.opened.set()
            return ring

        try:
            self._source.capture(begun, stop)
        except SourceUnavailable as error:
            if self.opened.is_set():
                raise
            raise _NeverOpened(error) from error
