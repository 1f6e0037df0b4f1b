"""Label tracks, tables, maps and sidecars of times of any content are read or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.dataset.groups import name_groups
from streamer.evaluation.annotations import find_annotations, read_label_track
from streamer.evaluation.label_map import read_label_map
from streamer.model.file import shipped_models_directory
from streamer.sinks.manifest import NAME, Manifest
from streamer.sources.times_file import read_times, read_video_times, times_path
from tests.support.fuzz import cases, changed, kept, texts

TRACK = b"0.5\t1.5\tdog\n\\\t100\t200\n2.0\t3.25\tdoor bell\n"
TABLE = b'file,onset,offset,label\na.wav,0.5,1.5,dog\n"b.wav",2,3,"door, bell"\n'
GROUPS = b"file,group\ndog/a.wav,1\ndog/b.wav,2\n"
TIMES = b"".join(
    [
        b'{"type": "recording", "stream": "mic", "device": "x", "sample_rate": 16000, "channels": 1, "start_s": 0.0, ',
        b'"time": "2026-11-22T14:03:21.250Z"}\n{"type": "gap", "at": 100, "samples": 50, ',
        b'"time": "2026-11-22T14:03:22.250Z", "why": "lost"}\n{"type": "end", "samples": 1000}\n',
    ]
)
DEEP = b"[" * 100_000
LISTED = b'{"streamer": "written", "format": 1}\n{"begun": "x.part.flac"}\n{"written": "x.flac", "size": 10}\n'
MAPS = [
    path.read_bytes() for path in sorted(shipped_models_directory().glob("*.toml")) if b"[labels]" in path.read_bytes()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "dog").mkdir()
    for name in ("a.wav", "b.wav", "dog/a.wav", "dog/b.wav"):
        (folder / name).write_bytes(b"")
    return folder


def rows() -> st.SearchStrategy[bytes]:
    """Return lines of cells parted by tabs or commas."""
    cells = st.one_of(
        texts(), st.floats().map(repr), st.sampled_from(["file", "onset", "offset", "label", "group", "a.wav"])
    )
    row = st.tuples(st.lists(cells, max_size=5), st.sampled_from("\t,;")).map(lambda both: both[1].join(both[0]))
    return st.lists(row, max_size=6).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))


def any_of(*good: bytes) -> st.SearchStrategy[bytes]:
    return changed(list(good)) | rows() | st.binary(max_size=100)


@cases(80)
@given(any_of(TRACK))
def test_label_tracks(folder: Path, data: bytes) -> None:
    (folder / "a.txt").write_bytes(data)
    found = kept(lambda: read_label_track(folder / "a.txt"))
    assert found is None or all(0.0 <= one.onset_s < one.offset_s < float("inf") for one in found)


@cases(80)
@given(any_of(TABLE, TRACK))
def test_tables_of_annotations(folder: Path, data: bytes) -> None:
    (folder / "all.csv").write_bytes(data)
    kept(lambda: find_annotations([folder / "a.wav", folder / "b.wav"], folder, folder / "all.csv"))


@cases(80)
@given(any_of(GROUPS))
def test_tables_of_groups(folder: Path, data: bytes) -> None:
    (folder / "groups.csv").write_bytes(data)
    kept(lambda: name_groups([folder / "dog/a.wav", folder / "dog/b.wav"], folder, str(folder / "groups.csv")))


@cases(40)
@given(texts())
def test_patterns_of_groups(folder: Path, pattern: str) -> None:
    kept(lambda: name_groups([folder / "dog/a.wav"], folder, f"{pattern}"))


@cases(60)
@given(any_of(*MAPS))
def test_label_maps(folder: Path, data: bytes) -> None:
    (folder / "map.toml").write_bytes(data)
    kept(lambda: read_label_map(folder / "map.toml"))


@cases(80)
@given(any_of(TIMES, DEEP))
def test_sidecars_of_times(folder: Path, data: bytes) -> None:
    path = folder / "a.wav"
    times_path(path).write_bytes(data)
    kept(lambda: read_times(path))
    kept(lambda: read_video_times(path))
    times_path(path).unlink()


@cases(40)
@given(st.data())
def test_lists_of_written_files(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("clips")
    (folder / "mine.flac").write_bytes(b"0123456789")
    (folder / NAME).write_bytes(data.draw(any_of(LISTED, b'{"written": "mine.flac"}\n' + DEEP)))
    manifest = Manifest(folder)

    def use() -> None:
        manifest.check()
        for part in manifest.dead_parts(".flac"):
            manifest.discard(part)
        manifest.drop_oldest(0, folder / "mine.flac")

    kept(use)
    assert (folder / "mine.flac").exists()
