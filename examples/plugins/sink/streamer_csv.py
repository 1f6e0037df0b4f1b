"""A sink for streamer: events as rows of a CSV file, for spreadsheets.

On the command line, ``streamer run --sink csv:events.csv``; with another delimiter, in a settings file::

    [output]
    sinks = [{name = "csv", argument = "events.csv", settings = {delimiter = ";"}}]
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

from pydantic import Field

from streamer.config import Settings
from streamer.messages import Event, Message
from streamer.sinks.jsonlines import iso_time
from streamer.sinks.registry import SinkKind

COLUMNS = ("time", "stream", "label", "onset_s", "offset_s", "score")


class CsvSettings(Settings):
    """Settings that a config file may give."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","


class CsvSink:
    """Append a row for each event when it has ended, and the names of the columns to a new file."""

    accepts: tuple[type, ...] = (Event,)

    def __init__(self, path: str, settings: CsvSettings) -> None:
        self._file = Path(path).open("a", encoding="utf-8", newline="")  # noqa: SIM115 - closed by close()
        self._rows = csv.writer(self._file, delimiter=settings.delimiter)
        if self._file.tell() == 0:
            self._rows.writerow(COLUMNS)

    def write(self, message: Message) -> None:
        """Write an event as a row."""
        if isinstance(message, Event) and message.offset_s is not None:
            seconds = f"{message.onset_s:.3f}", f"{message.offset_s:.3f}"
            self._rows.writerow(
                (iso_time(message.time), message.stream, message.label, *seconds, f"{message.score:.3f}")
            )
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


CSV = SinkKind("PATH", CsvSink, CsvSettings)
