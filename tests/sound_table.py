"""Write the table on the page on sound files: `python -m tests.sound_table` makes and reads each of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.sound_files import BROKEN, CONTAINERS, SECONDS, Case, lag_s, read

PAGE = ROOT / "docs" / "sound-files.md"
TABLE = "| file | what it is | right | got | late | told |\n|---|---|---|---|---|---|\n"


def row(case: Case, folder: Path) -> str:
    """Return the line of one file."""
    case.make(folder / case.name)
    file, sound = read(folder / case.name)
    rate = file.sound_format.sample_rate
    late_s = [lag_s(sound, rate, begin, min(SECONDS, case.right_s - begin)) for begin in case.scenes]
    late = f"{1000 * max(late_s, key=abs):.0f} ms".replace("-0 ms", "0 ms") if late_s else "–"
    told = "; ".join(filter(None, (file.note, file.damage.partition("to its end; ")[2])))
    return f"| `{case.name}` | {case.what} | {case.right_s:.2f} s | {sound.size / rate:.2f} s | {late} | {told} |\n"


def main() -> None:
    """Make all files and write the table at the end of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(TABLE)[0]
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(case, Path(folder)) for case in (*CONTAINERS, *BROKEN)]
    PAGE.write_text(text + TABLE + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
