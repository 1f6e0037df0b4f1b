"""The page of faults has each row of the matrix, in order, within the limits that it states."""

from __future__ import annotations

import re

from tests.fault_matrix import FOOT, HEAD, PAGE, VM_FAULTS
from tests.support.faults import FAULTS, MAX_DETECTED_S, MAX_RESUMED_S

EMULATED = {device for device, _, _ in VM_FAULTS}


def test_the_page_is_what_the_command_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert text.endswith(FOOT)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "][1:]
    expected = [(fault.device, fault.what) for fault in FAULTS] + [(device, what) for device, _, what in VM_FAULTS]
    assert [(row[0], row[1]) for row in rows] == expected
    for row in rows:
        for cell, most_s in zip(row[2:4], (MAX_DETECTED_S, MAX_RESUMED_S), strict=True):
            assert not (seconds := re.match(r"[\d.]+", cell)) or float(seconds[0]) <= most_s or row[0] in EMULATED
        lost, counted = (0.0 if cell == "–" else float(cell.split()[0]) for cell in row[5:])
        assert abs(lost - counted) <= (0.001 if "HTTP" in row[0] or "driver" in row[0] else 0.25)
