"""Progress of a stream, by which one that works can be told from one that hangs."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.messages import State


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """What a stream has done so far, and within which time it must do more."""

    state: State
    n_results: int  # windows classified; images measured where no model runs
    n_attempts: int  # to open the source
    n_idle: int  # times that a file, a pipe or a scene had nothing more to process
    due_s: float  # in this state the next of these comes after so many seconds at the latest, or the stream hangs
    is_stuck: bool = False  # a call into a driver or a sound server hangs: to open the source again cannot help
