"""What the settings need of the system, no more and no less."""

from pathlib import Path
from typing import Any

import pytest

from streamer.config import Config, validated
from streamer.errors import UserError
from streamer.service.needs import Needs, needs_of


def needs(*sources: str, start: Path | None = None, **sections: Any) -> Needs:
    streams = [{"source": source, "name": str(k)} for k, source in enumerate(sources)]
    return needs_of(validated(Config, {"streams": streams, **sections}, "test"), start)


@pytest.mark.parametrize(
    ("source", "access"),
    [
        ("mic", {"microphone"}),
        ("mic:USB", {"microphone"}),
        ("camera:/dev/video0", {"camera"}),
        ("rtsp://cam:${PW}@10.0.0.7/live", {"network"}),
        ("RTSP://cam:${PW}@10.0.0.7/live", {"network"}),
        ("http://10.0.0.7/video", {"network"}),
        ("demo", set()),
        ("demo:camera", set()),
        ("-", set()),
        ("file:/srv/a.wav", set()),
        ("/srv/a.mp4", set()),
        ("${CAMERA}", {"microphone", "camera", "network"}),  # may be any
    ],
)
def test_access_of_a_source(source: str, access: set[str]) -> None:
    assert needs(source).access == access


def test_without_streams_it_is_the_microphone_and_of_several_all_count() -> None:
    assert needs_of(Config()).access == {"microphone"}
    assert needs("mic", "http://10.0.0.7/video").access == {"microphone", "network"}


def test_a_sink_that_is_not_known_to_be_local_needs_the_network() -> None:
    assert needs("demo", output={"sinks": ["jsonl:/srv/a.jsonl", "log:b.log"]}).access == set()
    assert needs("demo", output={"sinks": ["of_a_plug_in:host"]}).access == {"network"}


def test_folders_outside_of_its_own_that_it_writes() -> None:
    output = {"clips": "/srv/clips", "record": "records", "jsonl": "/srv/lines/a.jsonl", "sinks": ["log:/srv/lines/b"]}
    assert needs("demo", output=output).writes == (Path("/srv/lines"), Path("/srv/clips"))


def test_files_that_it_reads() -> None:
    model = {"path": ["ambient", "/srv/own.tflite"], "sidecar": "/srv/own.toml"}
    found = needs("file:/srv/sounds/a.wav", "/srv/pictures/*.png", "mic", model=model)
    assert found.reads == tuple(map(Path, ("/srv/own.tflite", "/srv/own.toml", "/srv/sounds/a.wav", "/srv/pictures/")))


def test_a_relative_path_to_read_is_refused_unless_it_is_known_where_it_begins() -> None:
    with pytest.raises(UserError, match=r"path=own\.tflite must be absolute"):
        needs("mic", model={"path": "own.tflite"})
    assert needs("mic", start=Path("/srv"), model={"path": "own.tflite"}).reads == (Path("/srv/own.tflite"),)


def test_the_model_of_a_stream_and_its_sidecar_are_read() -> None:
    stream = {"source": "mic", "model": "/srv/own.tflite", "sidecar": "/srv/own.toml"}
    found = needs_of(validated(Config, {"streams": [stream]}, "test"))
    assert found.reads == (Path("/srv/own.tflite"), Path("/srv/own.toml"))
