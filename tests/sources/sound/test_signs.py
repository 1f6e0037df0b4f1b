"""Signs that sound cards and sound servers came or went, read from a copy of the system's listings."""

import sys
from pathlib import Path

import pytest

from streamer.sources.sound.signs import sound_signs

HEAD = "Num       RefCount Protocol Flags    Type St Inode Path\n"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems show no signs")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dev" / "snd").mkdir(parents=True)
    (tmp_path / "proc" / "net").mkdir(parents=True)
    sockets(tmp_path, "/run/user/1000/pulse/native 11")
    return tmp_path


def sockets(root: Path, *paths: str, flags: str = "00010000") -> None:
    rows = [path.rsplit(" ", 1) for path in paths]
    lines = [f"0000000000000000: 00000002 00000000 {flags} 0001 01 {inode} {path}\n" for path, inode in rows]
    (root / "proc" / "net" / "unix").write_text(HEAD + "0000000000000000: 00000002 00000000 00000000 0002 01 7\n"
                                                + "".join(lines))  # fmt: skip


def test_a_card_that_comes_and_goes_is_seen(root: Path) -> None:
    before = sound_signs(root)
    card = root / "dev" / "snd" / "pcmC1D0c"
    card.touch(mode=0o600)
    closed = sound_signs(root)
    card.chmod(0o660)
    seen = sound_signs(root)
    assert len({before, closed, seen}) == 3
    card.unlink()
    assert sound_signs(root) == before


@pytest.mark.parametrize(
    "path", ["/run/user/1000/pulse/native", "/tmp/x/native", "/run/user/1000/pipewire-0", "@jack_default_0"]
)
def test_a_sound_server_that_is_restarted_is_seen(root: Path, path: str) -> None:
    sockets(root, f"{path} 12")
    first = sound_signs(root)
    assert sound_signs(root) == first
    sockets(root)
    assert sound_signs(root) not in (first, None)
    sockets(root, f"{path} 13")  # the same name, another socket
    assert sound_signs(root) != first


def test_other_sockets_and_connections_are_no_signs(root: Path) -> None:
    before = sound_signs(root)
    sockets(root, "/run/user/1000/pulse/native 11", "/run/dbus/socket 14")
    assert sound_signs(root) == before
    sockets(root, "/run/user/1000/pulse/native 15", flags="00000000")
    connected = sound_signs(root)
    sockets(root, "/run/user/1000/pulse/native 16", flags="00000000")
    assert sound_signs(root) == connected == frozenset()


def test_where_nothing_is_shown_there_are_no_signs(tmp_path: Path) -> None:
    assert sound_signs(tmp_path) == frozenset()


def test_the_listings_of_this_machine_can_be_read() -> None:
    assert sound_signs() == sound_signs() is not None
