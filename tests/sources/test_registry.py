"""Kinds of source that other packages add."""

import logging
from pathlib import Path

import pytest

from streamer.config import SourceSettings
from streamer.errors import StreamerError, UserError
from streamer.sources import medium_of, open_source
from streamer.sources.registry import PLUG_INS, SOURCE_FORMS
from streamer.sources.sound.demo import DemoSoundSource
from streamer.sources.sound.file_source import SoundFileSource
from tests.support.bands import scene, write_sound
from tests.support.plugins import install, look_again

MODULE = """
from streamer.sources.registry import SourceKind
from streamer.sources.sound.demo import DemoSoundSource

STREET = SourceKind(
    "sound", {"street:NAME": "a street"}, lambda uri: uri.startswith("street:"), lambda uri, settings, images:
    DemoSoundSource(settings)
)
ALL = SourceKind("images", {"anything": "all"}, lambda uri: True, lambda uri, settings, images: 1 / 0)
UNSURE = SourceKind("images", {"unsure": "?"}, lambda uri: 1 / 0, lambda uri, settings, images: 1 / 0)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def add(site: Path, monkeypatch: pytest.MonkeyPatch, package: str, **entries: str) -> None:
    install(site, package, "streamer.sources", entries, MODULE)
    look_again(monkeypatch, PLUG_INS)


def test_a_plug_in_opens_its_uris(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(site, monkeypatch, "street-sounds", street="STREET")
    assert medium_of("street:Oak") == "sound"
    assert isinstance(open_source("street:Oak", SourceSettings(realtime=False)), DemoSoundSource)


def test_the_forms_of_plug_ins_are_listed_where_a_uri_has_none(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(site, monkeypatch, "street-listed", street="STREET")
    with pytest.raises(UserError) as caught:
        open_source("tcp://x")
    assert str(caught.value).endswith(f"{SOURCE_FORMS}\n  street:NAME         a street")


def test_what_is_built_in_cannot_be_taken_over(site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    add(site, monkeypatch, "takes-all", everything="ALL")
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "x.wav", scene()).rename(tmp_path / "street:x")
    for uri in ("mic", "mic:USB", "demo", "-", "file:x", "x.wav", "street:x"):
        assert medium_of(uri) == "sound"
    assert isinstance(open_source("street:x"), SoundFileSource)
    assert medium_of("street:y") == medium_of("s3://bucket/x.mp4") == "images"
    with pytest.raises(
        StreamerError, match=r"of the package takes-all .* failed: ZeroDivisionError: division by zero; "
    ):
        open_source("street:y")


def test_two_that_claim_one_uri_are_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(site, monkeypatch, "street-claimed", street="STREET")
    add(site, monkeypatch, "all-claimed", everything="ALL")
    with pytest.raises(
        UserError, match=r"^source='street:x' must mean one source; uninstall one of all-claimed and str"
    ):
        open_source("street:x")


def test_one_that_fails_to_say_whether_it_knows_a_uri_stops_no_other(
    site: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    add(site, monkeypatch, "street-unsure", a="UNSURE", street="STREET")
    with caplog.at_level(logging.WARNING):
        assert medium_of("street:x") == "sound"
    assert "plug-in=a of the package street-unsure" in caplog.text


def test_a_path_that_no_plug_in_knows_is_a_missing_file(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(site, monkeypatch, "street-missing", street="STREET")
    with pytest.raises(UserError, match="file=nothing must exist"):
        open_source("nothing")
