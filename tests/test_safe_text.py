"""Text from outside cannot steer a terminal, forge lines or break an encoding."""

import ast
import io
import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.errors import UserError
from streamer.safe_text import is_unicode, json_line, safe, safe_lines
from tests.support.paths import ROOT

ANY = st.text(st.characters() | st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=40)


@given(ANY)
def test_safe_text_is_one_printable_line_that_any_file_takes(text: str) -> None:
    shown = safe(text)
    assert shown.isprintable()
    shown.encode()
    assert safe(shown) == shown
    if text.isprintable():
        assert shown == text


@given(ANY)
def test_safe_lines_keep_line_breaks_only(text: str) -> None:
    assert safe_lines(text).count("\n") == text.count("\n")
    assert all(line.isprintable() for line in safe_lines(text).split("\n"))
    assert all(line.isprintable() for line in str(UserError(text)).split("\n"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        (os.fsdecode(b"caf\xe9.wav"), r"caf\xe9.wav"),
        ("x\u202egpj", r"x\u202egpj"),
        ("a\nb\r", r"a\x0ab\x0d"),
        ("a\tb\xa0c", "a b c"),
        ("\x9b31m", r"\x9b31m"),
        ("\U000e0041", r"\U000e0041"),
        ("Straße – 20 ± 1°", "Straße – 20 ± 1°"),
    ],
)
def test_what_is_not_printable_is_written_out(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.dictionaries(ANY, st.recursive(ANY | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3))))
def test_json_is_one_line_of_utf_8_and_reads_back(values: dict[str, object]) -> None:
    for line in (json_line(values), json_line(values, ascii_only=True)):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", line)
        read = json.loads(line.encode().decode())
        # Two halves of a pair that stand side by side are the pair, once they have been read.
        assert json.dumps(read) == json.dumps(values)
    assert json_line(values, ascii_only=True).isascii()


def test_the_name_of_a_file_comes_back_from_json() -> None:
    name = b"caf\xe9\x1b.wav"
    assert os.fsencode(json.loads(json_line({"path": os.fsdecode(name)}))["path"]) == name


def test_not_finite_numbers_are_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_line(float("nan"))


def test_streams_that_take_every_character() -> None:
    assert is_unicode(io.StringIO())
    assert is_unicode(io.TextIOWrapper(io.BytesIO(), "UTF-8"))
    assert not is_unicode(io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert not is_unicode(io.TextIOWrapper(io.BytesIO(), "latin-1"))


def test_nothing_is_printed_but_by_the_functions_that_make_it_safe() -> None:
    """`print` and rich's `Console` are called only where the text is safe already."""
    may_print = {
        "__main__.py",  # errors, which are safe
        "bench/camera_script.py",  # numbers alone
        "bench/mjpeg_camera.py",  # read by the parent process
        "commands/__init__.py",
        "model/sandbox.py",  # read by the parent process
        "sinks/lines_schema.py",  # run by hand
    }
    json_only = {"to_json", "file_line", "evaluation_json"}
    dashboards = {  # whose encoder makes text safe
        "commands/run.py",
        "commands/run_plan.py",
        "commands/record.py",
        "commands/review.py",
        "commands/review_session.py",
    }
    strays = []
    for path in sorted((ROOT / "streamer").rglob("*.py")):
        name = str(path.relative_to(ROOT / "streamer"))
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            first = node.args[0] if node.args else None
            is_json = isinstance(first, ast.Call) and isinstance(first.func, ast.Name) and first.func.id in json_only
            if node.func.id == "print" and name not in may_print and not is_json:
                strays.append(f"{name}:{node.lineno}")
            if node.func.id == "Console" and name not in dashboards:
                strays.append(f"{name}:{node.lineno}")
    assert strays == []
