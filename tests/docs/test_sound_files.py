"""The page on sound files has each file that is tried, in order."""

from __future__ import annotations

from tests.sound_table import PAGE, TABLE
from tests.support.sound_files import BROKEN, CONTAINERS


def test_the_page_is_what_the_command_writes() -> None:
    table = PAGE.read_text(encoding="utf-8").partition(TABLE)[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    expected = [(f"`{case.name}`", case.what, f"{case.right_s:.2f} s") for case in (*CONTAINERS, *BROKEN)]
    assert [(row[0], row[1], row[2]) for row in rows] == expected
    for row, case in zip(rows, (*CONTAINERS, *BROKEN), strict=True):
        assert float(row[3].split()[0]) - case.right_s <= case.padding_s + 0.01
