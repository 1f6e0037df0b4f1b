"""What a task is: the facts that the rest of streamer looks up by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from streamer.messages import Medium, TaskName

FileKind: TypeAlias = Literal["sound", "picture", "video"]


@dataclass(frozen=True, slots=True)
class Task:
    """All that is particular to one task and no code: names, files, defaults.

    A task is what a model is for: `sound`, `pattern` (periodic in space) or `motion` (periodic in time).
    """

    name: TaskName
    medium: Medium  # what its sources deliver
    kernels: tuple[str, ...]  # modules of `streamer.kernels` that its built-in front ends need
    default_model: str  # the shipped model
    background: tuple[str, ...]  # names of the background label: the first is given, all are understood
    file_kind: FileKind  # of examples; the shipped model of this task is the default for such files
    example_suffixes: frozenset[str]  # of files that are examples
    file_suffixes: frozenset[str]  # of files that a model of this task classifies
    example: str  # one example, for people: "sound file"
    file: str  # one file to classify, for people: "picture or video"
    content: str  # what examples hold, in the plural: "sounds"
    example_path: str  # where an example lies in a folder of labelled files
    source: str  # SOURCE option of `streamer run` for a model of this task; "": the default
    measurement: Literal["temporal", "spatial"] | None  # which measurement belongs to its events
    is_timed: bool  # whether an example lasts
    padding: str  # how an example shorter than a window is filled up, for people; "" where examples do not last
    false_alarms: float  # allowed by default, see `false_alarm_unit`
    false_alarm_unit: Literal["an hour", "of the pictures"]

    def is_background(self, label: str) -> bool:
        """Return whether a label, in any case of letters, is one of the names of the background label."""
        return label.casefold() in self.background

    @property
    def lost_unit(self) -> str:
        """What is counted where a stream has a hole: samples or images."""
        return "samples" if self.medium == "sound" else "images"
