"""Tables and lines of rich, with text that would steer the terminal."""

import io

from rich.table import Table
from rich.text import Text

from streamer.console import SafeConsole

BAD = "x\x1b]0;title\x07\x9b2J\u202e\udce9"


def test_no_control_character_of_a_text_is_written() -> None:
    out = io.StringIO()
    console = SafeConsole(file=out, width=100, force_terminal=True, color_system="standard")
    table = Table(title=BAD)
    table.add_column(BAD)
    table.add_row(Text(BAD, "bold red"))
    for each in (table, Text(BAD), BAD, [BAD]):
        console.print(each, markup=False)
    text = out.getvalue()
    text.encode()
    assert text.count("\x1b]") == text.count("\x07") == text.count("\x9b") == text.count("\u202e") == 0
    assert "\x1b[1;31m" in text  # rich's own
    assert r"x\x1b]0;title\x9b2J\u202e\xe9" in text  # rich itself leaves out the bell


def test_all_else_is_as_rich_writes_it() -> None:
    out, plain = io.StringIO(), io.StringIO()
    from rich.console import Console

    for console in (SafeConsole(file=out, width=60), Console(file=plain, width=60)):
        table = Table("name", "value ± σ", box=None)
        table.add_row("grün", Text("3.70 ± 0.01 Hz", "bold"))
        console.print(table)
        console.print("one\ntwo", soft_wrap=True)
    assert out.getvalue() == plain.getvalue()
