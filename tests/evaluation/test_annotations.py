"""Label tracks and tables are read in every form, and each mistake in them is named."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.errors import UserError
from streamer.evaluation.annotations import Annotation, find_annotations, read_label_track

DOG, RAIN = Annotation(0.5, 1.25, "dog"), Annotation(2.0, 7.0, "rain")


def test_a_label_track_of_audacity(tmp_path: Path) -> None:
    path = tmp_path / "street.txt"
    path.write_bytes(b"2.000000\t7.000000\train\r\n\\\t100.0\t2000.0\r\n0.500000\t1.250000\tdog \r\n\r\n")
    assert read_label_track(path) == (DOG, RAIN)
    path.write_text("")
    assert read_label_track(path) == ()


annotations = st.builds(
    lambda onset_s, length_s, label: Annotation(onset_s, onset_s + length_s, label),
    st.floats(0, 1e5),
    st.floats(0.01, 1e3),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20),
)


@given(st.lists(annotations, max_size=10))
@settings(deadline=None)  # a disk may be slow
def test_written_annotations_are_read_back(tmp_path_factory: pytest.TempPathFactory, written: list[Annotation]) -> None:
    folder = tmp_path_factory.mktemp("annotations")
    (folder / "a.txt").write_text("".join(f"{a.onset_s!r}\t{a.offset_s!r}\t{a.label}\n" for a in written), "utf-8")
    with (folder / "table.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "offset", "file", "Onset"])
        writer.writerows((a.label, repr(a.offset_s), "a.wav", repr(a.onset_s)) for a in written)
    there = tuple(sorted(written, key=lambda a: (a.onset_s, a.offset_s, a.label)))
    files = [folder / "a.wav"]
    assert find_annotations(files, folder, folder) == {files[0]: there}
    assert find_annotations(files, folder, folder / "table.csv") == {files[0]: there}


def test_one_table_for_several_files(tmp_path: Path) -> None:
    files = [tmp_path / "a.wav", tmp_path / "park" / "b.wav", tmp_path / "c.wav"]
    table = tmp_path / "all.csv"
    table.write_text("file,onset,offset,label\npark/b.wav,2,7,rain\n\na.wav,0.5,1.25,dog\n")
    assert find_annotations(files, tmp_path, table) == {files[0]: (DOG,), files[1]: (RAIN,), files[2]: ()}


def test_a_table_for_the_only_file(tmp_path: Path) -> None:
    table, track = tmp_path / "any.csv", tmp_path / "any.txt"
    table.write_text('onset,offset,label\n0.5,1.25,"dog"\n')
    track.write_text("0.5\t1.25\tdog\n")
    files = [tmp_path / "a.wav"]
    assert find_annotations(files, tmp_path, table) == find_annotations(files, tmp_path, track) == {files[0]: (DOG,)}
    with pytest.raises(UserError, match="must say which file a line is about: 2 files, and no column 'file'"):
        find_annotations([*files, tmp_path / "b.wav"], tmp_path, table)


def test_tracks_in_a_folder_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "labels" / "park").mkdir(parents=True)
    (tmp_path / "labels" / "park" / "b.csv").write_text("onset,offset,label\n2,7,rain\n")
    file = tmp_path / "sound" / "park" / "b.wav"
    assert find_annotations([file], tmp_path / "sound", tmp_path / "labels") == {file: (RAIN,)}


def test_files_without_annotations_or_with_two(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"file=.*a\.wav must have annotations in .*a\.txt or a\.csv"):
        find_annotations([tmp_path / "a.wav"], tmp_path, tmp_path)
    (tmp_path / "a.txt").touch()
    (tmp_path / "a.csv").touch()
    with pytest.raises(UserError, match="must be in one file; remove"):
        find_annotations([tmp_path / "a.wav"], tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\t1\tdog\n1 2 dog\n", r"a\.txt:2: '1 2 dog' must be onset, offset and label parted by tabs"),
        ("0\t1\n", r"a\.txt:1: .* parted by tabs"),
        ("0,5\t1\tdog\n", r"a\.txt:1: onset='0,5' must be seconds, 0 or more; use a point, not a comma"),
        ("-1\t1\tdog\n", r"a\.txt:1: onset='-1' must be seconds, 0 or more; count from the beginning"),
        ("0\tnan\tdog\n", r"a\.txt:1: offset='nan' must be seconds"),
        ("0\tinf\tdog\n", r"a\.txt:1: offset='inf' must be seconds"),
        ("1\t1\tdog\n", r"a\.txt:1: offset=1 must be later than onset=1; mark the whole of 'dog'"),
        ("0\t1\t \n", r"a\.txt:1: label 0='' must be 1 to 200 printable characters"),
        ("0\t1\t\x1b[2J\n", r"a\.txt:1: label 0=.* must be 1 to 200 printable characters"),
    ],
)
def test_each_mistake_in_a_label_track_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(UserError, match=message):
        read_label_track(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,dog\n", r"a\.csv:1: the first line must name the columns .*; 'onset' is missing"),
        ("onset,offset\n0,1\n", "'label' is missing"),
        ("onset,offset,label\n0,1,dog,cat\n", r"a\.csv:2: must have 3 values, as the first line has; it has 4"),
        ("file,onset,offset,label\nb.wav,0,1,dog\n", r"a\.csv:2: file='b\.wav' must be a file that can be evaluated"),
        ("onset,offset,label\n\n2,1,dog\n", r"a\.csv:3: offset=1 must be later than onset=2"),
    ],
)
def test_each_mistake_in_a_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        find_annotations([tmp_path / "a.wav"], tmp_path, tmp_path / "a.csv")


def test_unreadable_annotations(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must be an existing file"):
        read_label_track(tmp_path / "none.txt")
    (tmp_path / "a.txt").write_bytes(b"0\t1\t\xff\n")
    with pytest.raises(UserError, match="must be text in UTF-8"):
        read_label_track(tmp_path / "a.txt")
