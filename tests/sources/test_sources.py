"""Registry of sources: a URI becomes the source that it names, or an error that lists all forms."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from streamer.config import SourceSettings
from streamer.errors import UserError
from streamer.sources import SOURCE_FORMS, medium_of, open_source
from streamer.sources.registry import SOURCE_KINDS
from streamer.sources.sound.demo import DemoSoundSource
from streamer.sources.sound.file_source import SoundFileSource
from streamer.sources.sound.microphone import MicrophoneSource


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "a b.wav"
    soundfile.write(path, np.zeros(160, np.float32), 16_000)
    return path


@pytest.mark.parametrize("uri", ["mic", "mic:3", "mic:USB PnP", "mic: usb "])
def test_microphones_open_nothing_before_capture(uri: str) -> None:
    source = open_source(uri)
    assert isinstance(source, MicrophoneSource)
    assert source.is_live
    assert source.uri == uri.replace(" usb ", "usb")
    assert (source.overflows, source.drift_ppm, source.backlog_s, source.note, source.stuck) == (0, 0, 0, "", False)


def test_files_open_by_path_and_by_scheme(wav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(wav.parent)
    for uri in (str(wav), f"file:{wav}", "a b.wav", "file:a b.wav"):
        source = open_source(uri)
        assert isinstance(source, SoundFileSource)
        assert source.duration_s == pytest.approx(0.01)
        assert not source.is_live


def test_demo() -> None:
    source = open_source("demo", SourceSettings(realtime=False))
    assert isinstance(source, DemoSoundSource)
    assert not source.is_live


@pytest.mark.parametrize("uri", ["", "mic:", "mic: ", "demo:2", "file:", "tcp://x"])
def test_a_uri_of_unknown_form_is_refused_with_all_forms(uri: str) -> None:
    with pytest.raises(UserError) as caught:
        open_source(uri)
    assert SOURCE_FORMS in str(caught.value)
    assert repr(uri) in str(caught.value)


def test_a_missing_file_names_the_other_forms() -> None:
    with pytest.raises(UserError, match=r"file=nothing must exist.*mic"):
        open_source("nothing")


def test_importing_the_sources_loads_no_library_of_one_medium() -> None:
    code = (
        "import sys, streamer.sources, streamer.sources.sound.microphone, streamer.sources.sound.file\n"
        "import streamer.sources.sound.demo, streamer.sources.sound.pcm\n"
        "print(sorted({'sounddevice', 'soundfile', 'cv2', 'numba', 'soxr'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("uri", "medium"),
    [
        ("mic", "sound"),
        ("mic:a.png", "sound"),
        ("-", "sound"),
        ("demo", "sound"),
        ("demo:sound", "sound"),
        ("x.wav", "sound"),
        ("no suffix", "sound"),
        ("file:a:b.flac", "sound"),
        ("demo:camera", "images"),
        ("camera", "images"),
        ("camera:/dev/v4l/by-id/x", "images"),
        ("rtsp://user:password@host/path", "images"),
        ("https://host/video.mp4", "images"),
        ("X.MP4", "images"),
        ("file:a b/c.JPG", "images"),
        ("views/*.png", "images"),
        (".", "images"),
    ],
)
def test_the_medium_is_known_without_opening(uri: str, medium: str) -> None:
    assert medium_of(uri) == medium


def test_every_form_of_the_registry_matches_its_kind() -> None:
    for kind in SOURCE_KINDS:
        for form in kind.forms:
            for uri in form.split(", ")[0].split(" or ")[-1:]:
                example = uri.split(" ")[0].replace("…", "host/x")
                example = {"VIDEO": "x.mp4", "SOUND": "x.wav", "PATH": "x.png"}.get(example, example)
                assert medium_of(example) == kind.medium, form
