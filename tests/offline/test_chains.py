"""Files of one recording are found by what their times files say."""

from pathlib import Path

from streamer.offline.chains import chained
from streamer.sources.times_file import BeginLine, TimesFile, times_path, utc


def written(folder: Path, name: str, continues: str = "") -> Path:
    path = folder / name
    path.write_bytes(b"")
    begin = BeginLine(
        stream="mic", device="x", sample_rate=8000, channels=1, start_s=0.0, time=utc(0.0), continues=continues
    )
    TimesFile(path, begin).close()
    return path


def test_files_that_continue_each_other_are_together_in_order(tmp_path: Path) -> None:
    c = written(tmp_path, "c.wav", continues="b.wav")
    a, other = written(tmp_path, "a.wav"), tmp_path / "other.wav"
    b = written(tmp_path, "b.wav", continues="a.wav")
    other.write_bytes(b"")
    assert chained([c, other, b, a]) == [[other], [a, b, c]]
    assert chained([c, other, a]) == [[c], [other], [a]]  # what comes between is missing
    assert chained([a, a]) == [[a]]


def test_files_that_continue_each_other_in_a_ring_are_each_there_once(tmp_path: Path) -> None:
    a, b = written(tmp_path, "a.wav", continues="b.wav"), written(tmp_path, "b.wav", continues="a.wav")
    itself = written(tmp_path, "c.wav", continues="c.wav")
    assert chained([a, b, itself]) == [[a, b], [itself]]


def test_a_times_file_leads_out_of_its_folder_nowhere(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    outer = written(tmp_path, "a.wav")
    inner = written(tmp_path / "in", "b.wav", continues="../a.wav")
    damaged = written(tmp_path, "d.wav", continues="a.wav")
    times_path(damaged).write_text("damaged\n")
    assert chained([outer, inner, damaged]) == [[outer], [inner], [damaged]]
