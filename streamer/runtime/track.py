"""Track: what the processing thread does with one source, from its ring to messages and clips."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeAlias

from streamer.config import RegionSettings, validated
from streamer.errors import UserError
from streamer.events import EventDetector
from streamer.messages import SAVED, Event, Message, SoundClip, State, StreamSetup, TaskName, VideoClip
from streamer.monitor.base import StreamMonitor
from streamer.pipeline.clips import Cutter
from streamer.runtime.pace import Pace
from streamer.runtime.readers import Reader
from streamer.runtime.session import CaptureSession, FormatT, MeasuresRegions, PartT, Pipeline, RingT, StepT
from streamer.sources import Source
from streamer.sources.base import Played
from streamer.wall_clock import ClockStep, WallClock


class Track(Generic[FormatT, RingT, PartT, StepT]):
    """One source of sound or images with its reader, pipeline, monitor and clip cutter.

    Used by the processing thread alone, except for :meth:`ring`, which the capture thread calls.

    Parameters
    ----------
    source : Source
        Source of the stream.
    reader : Reader
        Makes the rings that the source fills and reads from them.
    pipeline : Pipeline
        Processes what is read.
    monitor : StreamMonitor
        Monitor of the same pipeline and source.
    cutter : Cutter or None
        Cuts clips of events, where they are wanted.
    record : callable or None
        Returns the message by which a captured part is kept, given stream, session, part and the wall clock at the
        stream's second 0; where it is wanted.
    """

    def __init__(
        self,
        source: Source[FormatT, RingT],
        reader: Reader[FormatT, RingT, PartT],
        pipeline: Pipeline[FormatT, PartT, StepT],
        monitor: StreamMonitor[FormatT, PartT, StepT],
        *,
        cutter: Cutter[FormatT, PartT, StepT, SoundClip | VideoClip, Any] | None = None,
        record: Callable[[str, CaptureSession[FormatT, RingT], PartT, float], Message] | None = None,
    ) -> None:
        self.name = pipeline.stream
        self.source = source
        self.monitor = monitor
        self.ring = reader.ring
        self._reader = reader
        self._pipeline = pipeline
        self._cutter = cutter
        self._record = record
        self._pace = Pace()
        self._is_resumed = False  # what comes next does not continue what was processed before
        self._captured_s: float | None = None  # monotonic clock at the end of what was processed last
        self._earlier: tuple[float, float] | None = None  # of the track before: its last such time, images per second

    @property
    def limit_s(self) -> float | None:
        """Second of the stream after which it ends; None if it goes on to the end of its source."""
        return self._reader.limit_s

    @property
    def at_limit(self) -> bool:
        """Whether the last second of the stream has been processed."""
        return self._reader.at_limit

    @property
    def has_own_time(self) -> bool:
        """Whether its times are those of a file, whatever happens to the wall clock while it is played."""
        return self._own_epoch_s is not None

    @property
    def _own_epoch_s(self) -> float | None:
        return self.source.start_epoch_s if isinstance(self.source, Played) else None

    def continued(self, session: CaptureSession[FormatT, RingT]) -> CaptureSession[FormatT, RingT]:
        """Return a new session that begins no earlier in the stream than what has been processed ends.

        A device's clock may run faster than the wall clock: 121 s ahead after a week at 200 ppm.
        """
        ahead_s = self._pipeline.position_s - session.start_s
        if ahead_s <= 0.0:
            return session
        return replace(session, start_s=session.start_s + ahead_s, epoch_s=session.epoch_s - ahead_s)

    def follow(self, earlier: AnyTrack) -> None:
        """Take the place of a track of the same source that has ended; what comes in between counts as lost.

        From a source that was away when the other ended, nothing did.
        """
        if self.source.is_live and earlier._captured_s is not None and earlier.monitor.state is not State.WAITING:
            images = earlier.monitor.health().images
            self._earlier = earlier._captured_s, images.fps if images else 0.0

    def begin(self, session: CaptureSession[FormatT, RingT]) -> list[Message]:
        """Start on a newly opened source."""
        messages = self._with_clips(self._pipeline.begin(session.format, session.start_s, session.epoch_s), at_end=True)
        self.monitor.begin(session.format)
        shortage = self._reader.shortage
        self.monitor.remark = f"{shortage}, as memory.buffers_mb allows no more" if shortage else ""
        self.monitor.buffer_bytes = self._reader.ring_bytes
        if self._cutter:
            self._cutter.begin(session.format, session.start_s)
        if isinstance(self._pipeline, MeasuresRegions) and self._pipeline.regions.refused:
            messages.append(self.setup(self._pipeline.regions.refused))
        return messages

    def step(self, session: CaptureSession[FormatT, RingT], timeout_s: float, clock: WallClock) -> list[Message] | None:
        """Process the next chunk or image, waiting at most ``timeout_s`` for it; None if there is none."""
        part = self._reader.read(session, timeout_s)
        if part is None:
            return None
        if self.monitor.is_paused:
            self._reader.skip(part)
            return []
        counted = part  # what was dropped in a pause is not lost
        if self._is_resumed:
            self._is_resumed = False
            part = self._reader.resumed(part)
            self.monitor.reset()
        captured_s = 0.0
        if self.source.is_live:
            captured_s, position_s = self._reader.captured(session, part)
            self._pipeline.epoch_s = clock.epoch_s(captured_s) - position_s
            self._captured_s = captured_s
            if self._earlier:
                (last_s, fps), self._earlier = self._earlier, None
                self.monitor.lose(captured_s - (position_s - session.start_s) - last_s, fps)
        elif (own_s := self._own_epoch_s) is not None and math.isnan(
            own_s
        ):  # at last, as of a pipe that turned out not to be live
            self._pipeline.epoch_s = math.nan
        began_s = time.perf_counter()
        step = self._pipeline.step(part)
        self.monitor.update(counted, step, time.perf_counter() - began_s)
        if self._cutter:
            self._cutter.push(part, step)
            self.monitor.buffer_bytes = self._reader.ring_bytes + self._cutter.n_bytes
        if self.source.is_live:
            ring = session.ring
            if self._pace.update(ring.unread / ring.capacity, self.monitor.load, captured_s):
                self._pipeline.widen(self._pace.factor)
                self.monitor.stride_factor = self._pace.factor
        messages = self._with_clips(
            [
                replace(message, level_dbfs=self.monitor.loudest_dbfs(message.onset_s))
                if isinstance(message, Event)
                else message
                for message in step.messages
            ]
        )
        if self._record:
            messages.append(self._record(self.name, session, part, self._pipeline.epoch_s))
        return messages

    def pause(self) -> list[Message]:
        """End running events, and drop what is captured from now on, while the source stays open."""
        self.monitor.is_paused = True
        return self.interrupt()

    def resume(self) -> None:
        """Process what is captured again."""
        self._is_resumed = self.monitor.is_paused
        self.monitor.is_paused = False

    def set_threshold(self, label: str, on: float) -> None:
        """Let events of a label begin at another score.

        Raises
        ------
        UserError
            If no model of the stream has the label, or the score is none.
        """
        if not 0.0 <= on <= 1.0:
            raise UserError(f"threshold={on:g} must be from 0 to 1")
        self._detector(label).set_threshold(label, on)

    def mute(self, label: str, is_muted: bool) -> None:
        """Let a label have no events from now on, or have them again; a running one goes on to its end.

        Raises
        ------
        UserError
            If no model of the stream has the label.
        """
        self._detector(label).mute(label, is_muted)

    def _detector(self, label: str) -> EventDetector:
        """Return the detector of a label that may have events."""
        detectors = [stage.detector for stage in self._pipeline.stages]
        for detector in detectors:
            if label in detector.may_fire:
                return detector
        labels = [each for detector in detectors for each in detector.may_fire]
        raise UserError(f"label={label!r} must be one of {', '.join(labels)}")

    def set_region(self, name: str, box: tuple[int, int, int, int] | None) -> None:
        """Measure a region of the images on its own from now on, or no longer; see :class:`streamer.messages.Command`.

        Raises
        ------
        UserError
            If the stream is not one whose images are measured, the box does not lie within them, or there is no
            region of that name to drop.
        """
        if not isinstance(self._pipeline, MeasuresRegions):
            raise UserError(f"region={name} must be of a stream whose images are measured; {self.name} is none")
        if box is None:
            self._pipeline.drop_region(name)
            return
        x, y, width, height = map(int, box)
        values = {"name": name, "x": x, "y": y, "width": width, "height": height}
        self._pipeline.set_region(validated(RegionSettings, values, "region"))

    def save_clip(self, seconds: float) -> None:
        """Request a clip of the newest seconds, as far as they are kept.

        Raises
        ------
        UserError
            If the stream cuts no clips, or is paused.
        """
        if not self._cutter:
            raise UserError("clip= must have a folder to go to; set output.clips")
        if self.monitor.is_paused or self.monitor.state is not State.RUNNING:
            raise UserError("clip= must be of a stream that runs; resume it first")
        if not 0.0 < seconds <= 3600.0:
            raise UserError(f"clip={seconds:g} must be more than 0 and at most 3600 seconds")
        now_s = self._pipeline.position_s
        # The pre-roll before the onset is part of what was asked for.
        onset_s = max(0.0, now_s - max(0.0, seconds - self._cutter.pre_roll_s))
        time = self._pipeline.epoch_s + onset_s
        task: TaskName = "sound" if self.source.medium == "sound" else "motion"
        self._cutter.request(Event(self.name, SAVED, 0.0, 0.0, onset_s, now_s, time, task=task))

    def setup(self, refused: str = "") -> StreamSetup:
        """Return what the stream is set to."""
        detectors = [stage.detector for stage in self._pipeline.stages]
        pairs = [
            (label, float(on), stage.task)
            for stage, detector in zip(self._pipeline.stages, detectors, strict=True)
            for label, on in zip(detector.labels, detector.on, strict=True)
            if label in detector.may_fire
        ]
        labels, thresholds, tasks = zip(*pairs, strict=True) if pairs else ((), (), ())
        muted = tuple(label for detector in detectors for label in detector.muted)
        is_paused = self.monitor.is_paused
        setup = StreamSetup(self.name, self.source.medium, labels, thresholds, tasks, is_paused, refused, muted=muted)
        if not isinstance(self._pipeline, MeasuresRegions):
            return setup
        measured = self._pipeline.measured_events
        regions = self._pipeline.regions.placed()
        return replace(setup, regions=regions, measured=measured.labels, measured_tasks=measured.tasks)

    def change_clock(self, step: ClockStep) -> None:
        """Count the times of what is not over yet by the wall clock as it is now."""
        for stage in self._pipeline.stages:
            stage.detector.change_clock(step.offset_s)
        if isinstance(self._pipeline, MeasuresRegions):
            self._pipeline.measured_events.change_clock(step.offset_s)
        if self._cutter:
            self._cutter.change_clock(step.offset_s)
        self.monitor.change_clock(step.offset_s)
        if not self.source.is_live:  # its parts have no capture times
            self._pipeline.epoch_s += step.offset_s + step.suspended_s

    def interrupt(self) -> list[Message]:
        """End what must not stay open while the source is away."""
        return self._with_clips(self._pipeline.end_events(), at_end=True)

    def finish(self) -> list[Message]:
        """End the stream."""
        return self._with_clips(self._pipeline.finish(), at_end=True)

    def _with_clips(self, results: Sequence[Message], at_end: bool = False) -> list[Message]:
        """Request clips of the events; return the results, and after them what is finished of the clips."""
        if not self._cutter:
            return list(results)
        for message in results:
            if isinstance(message, Event):
                self._request(self._cutter, message)
        return [*results, *self._cutter.finished(at_end)]

    def _request(self, cutter: Cutter[Any, Any, Any, Any, Any], event: Event) -> None:
        n_before, part = cutter.n_cut, f"clips of {self.name}"
        cutter.request(event)
        if cutter.n_cut > n_before:
            text = f"{self.name}: {cutter.n_cut} clips without their beginning; raise memory.buffers_mb"
            self.monitor.problems.begin(part, text)
        elif event.offset_s is None:
            self.monitor.problems.end(part)


AnyTrack: TypeAlias = Track[Any, Any, Any, Any]  # of either medium
