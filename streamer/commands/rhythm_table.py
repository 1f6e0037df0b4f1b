"""RhythmTable: the rhythms in videos as a table of comma-separated values, a row for each rhythm and time."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from streamer.address import shown
from streamer.commands import put
from streamer.messages import Temporal
from streamer.offline.result import FileResult
from streamer.sinks.jsonlines import measurement_dict

COLUMNS = (
    "path", "region", "component", "time_s", "start_s", "end_s", "hz", "hz_sigma", "value", "value_sigma", "unit",
    "note", "what", "snr_db", "amplitude",
)  # fmt: skip


class RhythmTable:
    """A table that is written as files are measured.

    A steady rhythm has a row at the middle of the time for which it holds; one that drifts has one for each point of
    its track.

    Parameters
    ----------
    out : TextIO
        Where to write.
    """

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        self._writer.writeheader()

    def write(self, result: FileResult) -> None:
        """Add the rhythms of one file, in the whole image and in its regions; errors go to standard error."""
        path = shown(str(result.path))
        if result.error is not None:
            put(f"{path}: {result.error}", sys.stderr)
        measured = [("", result.temporal), *((each.region.name, each.temporal) for each in result.regions)]
        for region, found in measured:
            for row in _rows(found) if found else ():
                self._writer.writerow({"path": path, "region": region, **row})


def _rows(found: Temporal) -> Iterator[dict[str, Any]]:
    """Yield the rows of one measurement."""
    values = measurement_dict(found)
    assert values is not None
    for number, (rhythm, line) in enumerate(zip(found.components, values["components"], strict=True), 1):
        start_s, end_s = line["span_s"]
        common = {
            "component": number,
            "start_s": start_s,
            "end_s": end_s,
            **{name: line[name] for name in ("what", "snr_db", "amplitude")},
        }
        middle_s = (rhythm.start_s + rhythm.end_s) / 2
        points = [(point.time_s, point.hz, point.hz_sigma) for point in rhythm.track]
        for time_s, hz, hz_sigma in points or [(middle_s, rhythm.hz, rhythm.hz_sigma)]:
            value, sigma = found.unit.converted(hz, hz_sigma)
            numbers = {"time_s": time_s, "hz": hz, "hz_sigma": hz_sigma, "value": value, "value_sigma": sigma}
            shown_as = {name: f"{number:.6g}" if math.isfinite(number) else "" for name, number in numbers.items()}
            yield {**common, **shown_as, "unit": found.unit.symbol, "note": found.unit.note(hz)}
