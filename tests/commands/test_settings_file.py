"""The threshold of a label in the user's settings file: the rest stays as it is, to the last comment."""

from __future__ import annotations

import difflib
import os
import stat
import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.commands import settings_file
from streamer.commands.settings_file import NO_FILE, SettingsFile, write_threshold
from streamer.config import default_text, load_config
from streamer.errors import StreamerError, UserError
from streamer.model.toml_text import toml_key
from tests.commands.test_event_desk import said

HEAD = '# mine\n[events]   # how\non = 0.6  # of all: on = 0.7\n[output]\njsonl = "on = 0.5.jsonl"\n'
LAYOUTS = {
    "empty": "",
    "nothing of events": '# a remark\n[output]\nclips = "c"  # on = 0.1\n',
    "no line at the end": "[dashboard]\nframes_per_s = 5.0",
    "a table": HEAD + "[events.labels.dog]  # thresholds\noff = 0.2\non = 0.5  # so\n\n[source]\n",
    "a table without it": HEAD + "[events.labels.dog]\n# on = 0.8\noff = 0.2\n[events.labels.cat]\non = 0.5\n",
    "quoted names": HEAD + '["events"  .  labels. "dog"]\n  "on"  =  5e-1\n',
    "in one line": HEAD + "[events.labels]\ncat = {on = 0.5}\ndog = { off = 0.2, on = 0.5 }  # both\n",
    "in one line without it": HEAD + "[events.labels]\ncat = {on = 0.5}\ndog = {off = 0.2}\n",
    "all in one line": "events = {on = 0.6, labels = {cat = {on = 0.5}}}\n",
    "empty in one line": "events = { }\n",
    "dotted": "[events]\nlabels.cat.on = 0.5\nlabels.dog.on = 0.5\n",
    "dotted without it": "[events]\nlabels.cat.on = 0.5\n",
    "another label": HEAD + "[events.labels.cat]\non = 0.5",
    "lists": '[[on_event]]\nrun = ["x"]\n[[rules]]\nsinks = ["on_event"]\nmin_score = 0.5\n',
    "another spelling": HEAD + "[events.labels.DOG]\non = 0.9\n",
    "the shipped one": default_text(),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_line_says_it_and_all_others_stay(tmp_path: Path, layout: str, mark: str, end: str) -> None:
    path, before = tmp_path / "my.toml", mark + LAYOUTS[layout].replace("\n", end)
    path.write_bytes(before.encode())
    told = write_threshold(path, "dog", 0.65)
    after = path.read_bytes().decode()
    name = "DOG" if layout == "another spelling" else "dog"
    assert told == f"[events.labels.{name}] on = 0.65 written to {path}"
    wanted = tomllib.loads(LAYOUTS[layout])
    wanted.setdefault("events", {}).setdefault("labels", {}).setdefault(name, {})["on"] = 0.65
    assert tomllib.loads(after.removeprefix("\ufeff").replace("\r\n", "\n")) == wanted
    assert load_config(path).events.labels[name].on == 0.65
    changes = [line for line in difflib.ndiff(before.split(end), after.split(end)) if line[0] in "+-"]
    n_lost, n_new = sum(line[0] == "-" for line in changes), sum(line[0] == "+" for line in changes)
    assert n_lost <= 1
    assert n_new <= 4
    assert after.startswith(mark)
    assert end not in before or end == "\n" or "\n" not in after.replace("\r\n", "")
    lost = [line[2:] for line in changes if line[0] == "-"]
    assert all(line.partition("#")[2] in after for line in lost)  # the remark in the changed line, too
    assert write_threshold(path, "dog", 0.65).endswith("already")
    assert path.read_bytes().decode() == after


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), st.integers(0, 20))
def test_any_label_and_threshold_can_be_written(tmp_path_factory: pytest.TempPathFactory, label: str, k: int) -> None:
    path = tmp_path_factory.mktemp("c") / "my.toml"
    path.write_text("[events.labels.dog]\non = 0.5\n")
    write_threshold(path, label, k * 0.05)
    write_threshold(path, "other", 0.5)
    own = load_config(path).events.labels
    found = next(own[each] for each in own if each.casefold() == label.casefold())
    assert found.on == pytest.approx(k * 0.05)


def test_the_end_never_lies_above_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[events.labels.dog]\non = 0.8\noff = 0.5  # low\n")
    assert write_threshold(path, "dog", 0.3).startswith("[events.labels.dog] on = 0.3, off = 0.3 written")
    assert path.read_text() == "[events.labels.dog]\non = 0.3\noff = 0.3  # low\n"
    path.write_text("[events.labels.dog]\nlabels = 3\n")
    with pytest.raises(UserError, match="labels is not a setting"):
        write_threshold(path, "dog", 0.3)


def test_owner_rights_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "my.toml", tmp_path / "link.toml"
    real.parent.mkdir()
    real.write_text('[[streams]]\nsource = "mic"\n')
    real.chmod(0o600)  # it may hold what not everybody is to read
    link.symlink_to(real)
    write_threshold(link, "dog", 0.5)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert load_config(real).events.labels["dog"].on == 0.5
    assert [each.name for each in real.parent.iterdir()] == ["my.toml"]


@pytest.mark.parametrize(
    ("content", "message"),
    [("[events\n", "not valid TOML"), ("[events]\non = 7.0\n", "events.on=7.0 must be"),
     ("[events]\nonn = 1\n", "did you mean on"),
     (b"\xff\xfe[", "must be text in UTF-8"), (None, "must be an existing file")],
)  # fmt: skip
def test_a_file_that_cannot_be_used_stays_as_it_is(tmp_path: Path, content: str | bytes | None, message: str) -> None:
    path = tmp_path / "my.toml"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = path.read_bytes() if content is not None else None
    with pytest.raises(UserError, match=message):
        write_threshold(path, "dog", 0.5)
    assert (path.read_bytes() if path.exists() else None) == before


def test_what_the_owner_writes_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[events]\non = 0.6\n")
    changes = settings_file._changes

    def while_another_writes(*arguments: object) -> object:
        path.write_text("[events]\non = 0.7\n")
        return changes(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(settings_file, "_changes", while_another_writes)
    with pytest.raises(UserError, match="must not change meanwhile"):
        write_threshold(path, "dog", 0.5)
    assert path.read_text() == "[events]\non = 0.7\n"


def test_a_place_that_is_not_found_is_said_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[events]\non = 0.6\n")
    monkeypatch.setattr(settings_file, "_MOST_TRIED", 0)
    with pytest.raises(UserError, match=r"write on = 0.5 under \[events.labels.\"big dog\"\] there yourself"):
        write_threshold(path, "big dog", 0.5)
    assert path.read_text() == "[events]\non = 0.6\n"


def test_a_full_or_closed_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[events]\non = 0.6\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StreamerError, match="No space left"):
        write_threshold(path, "dog", 0.5)
    assert path.read_text() == "[events]\non = 0.6\n"
    assert [each.name for each in tmp_path.iterdir()] == ["my.toml"]


def test_the_key_does_not_wait_and_says_what_came_of_it(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    assert SettingsFile(None).save_threshold("dog", 0.5) == NO_FILE
    path.write_text("")
    kept = SettingsFile(path)
    kept._lock.acquire()  # as while another is written to a slow disk
    first, second = kept.save_threshold("dog", 0.5), kept.save_threshold("cat", 0.55)
    assert callable(first)
    assert first() == "…"
    kept._lock.release()
    assert said(first).startswith("[events.labels.dog] on = 0.5 written to")
    assert said(second).startswith("[events.labels.cat] on = 0.55 written to")
    kept.close()
    assert set(load_config(path).events.labels) == {"dog", "cat"}
    path.unlink()
    assert "must be an existing file" in said(kept.save_threshold("dog", 0.6))
    assert threading.active_count() < 20
    assert toml_key("a.b") == '"a.b"'
