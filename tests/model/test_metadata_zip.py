"""The zip behind a flatbuffer: found, bounded, and not trusted."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.errors import UserError
from streamer.model import metadata_zip

FILES = {"a.txt": b"one\ntwo\n", "b.toml": b"x = 1\n" * 100}


def zipped(files: list[tuple[str, bytes]], prefix: bytes = b"", comment: bytes = b"") -> bytes:
    buffer = io.BytesIO(prefix)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(["a", "b.txt", "ü"]), st.binary(), min_size=1))
def test_split_returns_what_join_was_given(data: bytes, files: dict[str, bytes]) -> None:
    bare, members = metadata_zip.split(metadata_zip.join(data, files), "x")
    assert bare == data
    assert {name: member.read(1 << 20) for name, member in members.items()} == files


def test_the_bytes_depend_on_the_arguments_alone() -> None:
    joined = metadata_zip.join(b"model", FILES)
    with zipfile.ZipFile(io.BytesIO(joined)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        assert archive.testzip() is None


def test_without_a_zip_all_bytes_are_the_model() -> None:
    assert metadata_zip.split(b"TFL3" * 100, "x") == (b"TFL3" * 100, {})
    assert metadata_zip.split(b"", "x") == (b"", {})


def test_a_zip_with_a_comment_or_with_offsets_from_its_own_start_is_read() -> None:
    with_comment = zipped([("a", b"1")], b"model", comment=b"hello")
    assert metadata_zip.split(with_comment, "x")[0] == b"model"
    pasted = b"model" + zipped([("a", b"1")])  # as `cat model x.zip` makes it
    bare, members = metadata_zip.split(pasted, "x")
    assert (bare, members["a"].read(1)) == (b"model", b"1")


def test_a_zip_bomb_is_stopped_at_the_limit_whatever_size_it_claims() -> None:
    bomb = zipped([("labels.txt", b"\n" * 50_000_000)])
    assert len(bomb) < 100_000
    lying = bomb.replace((50_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    for data in (bomb, lying):
        member = metadata_zip.split(data, "x.tflite")[1]["labels.txt"]
        with pytest.raises(UserError, match=r"x\.tflite:labels\.txt: (must unpack to at most 1000|damaged)"):
            member.read(1000)


def test_a_huge_directory_is_refused_before_it_is_read() -> None:
    many = zipped([(f"{i:060}", b"") for i in range(1000)])
    with pytest.raises(UserError, match="directory of at most 65536 bytes"):
        metadata_zip.split(many, "x")


def test_zip64_is_refused() -> None:
    data = zipped([("a", b"1")])
    end = len(data) - 22
    locator = b"PK\x06\x07" + bytes(16)
    with pytest.raises(UserError, match="directory"):
        metadata_zip.split(data[:end] + locator + data[end:], "x")


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's own, while this test makes the file
def test_a_name_twice_is_refused() -> None:
    with pytest.raises(UserError, match="twice"):
        metadata_zip.split(zipped([("a", b"1"), ("a", b"2")]), "x")


def test_an_encrypted_member_and_an_unknown_method_are_refused() -> None:
    data = zipped([("a", b"1")])
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    for local_place, central_place, value in ((local + 6, central + 8, 1), (local + 8, central + 10, 77)):
        changed = bytearray(data)
        changed[local_place] = changed[central_place] = value
        with pytest.raises(UserError, match="damaged"):
            metadata_zip.split(bytes(changed), "x")[1]["a"].read(10)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc/passwd", "a\\b", "a\x1b[2J"])
def test_only_plain_names_are_written(name: str) -> None:
    with pytest.raises(UserError, match="plain file name"):
        metadata_zip.join(b"model", {name: b"1"})


def test_a_name_with_control_characters_is_left_out() -> None:
    assert set(metadata_zip.split(zipped([("a\x1b[2J.txt", b"1"), ("b", b"2")]), "x")[1]) == {"b"}


def test_names_with_paths_are_only_names() -> None:
    members = metadata_zip.split(zipped([("../../evil.txt", b"1"), ("/etc/x", b"2")]), "x")[1]
    assert set(members) == {"../../evil.txt", "/etc/x"}
    assert members["../../evil.txt"].read(9) == b"1"  # into memory: nothing is unpacked anywhere


def test_an_offset_before_the_file_is_refused() -> None:
    data = bytearray(zipped([("a", b"1")], b"model"))
    end = len(data) - 22
    data[end + 16 : end + 20] = (len(data)).to_bytes(4, "little")  # the directory claims to be far behind
    with pytest.raises(UserError, match="damaged"):
        metadata_zip.split(bytes(data), "x")[1]["a"].read(10)


@settings(max_examples=400)
@given(st.data())
def test_a_truncated_or_changed_zip_is_refused_or_read_but_raises_nothing_else(data: st.DataObject) -> None:
    joined = bytearray(metadata_zip.join(b"model", FILES))
    if data.draw(st.booleans(), label="cut"):
        del joined[data.draw(st.integers(0, len(joined))) :]
    for _ in range(data.draw(st.integers(0, 4), label="n_changes")):
        if joined:
            joined[data.draw(st.integers(0, len(joined) - 1))] = data.draw(st.integers(0, 255))
    try:
        for member in metadata_zip.split(bytes(joined), "the model")[1].values():
            assert len(member.read(1000)) <= 1000
    except UserError as error:
        assert str(error).startswith("the ")  # noqa: PT017 - either outcome is right, any other error is not
