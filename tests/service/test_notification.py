"""Datagrams to a service manager, received on real sockets: in a folder, and abstract ones."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamer.service.notification import Notifier

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(5.0)
        yield receiver


def test_values_arrive_as_lines_of_one_datagram(manager: socket.socket) -> None:
    assert Notifier(manager.getsockname()).send(READY=1, STATUS="2 streams")
    assert manager.recv(4096) == b"READY=1\nSTATUS=2 streams"


def test_a_line_break_in_a_value_begins_no_line_of_its_own(manager: socket.socket) -> None:
    Notifier(manager.getsockname()).send(STATUS="camera\nMAINPID=1\x85x\udce9")
    assert manager.recv(4096) == b"STATUS=camera MAINPID=1 x\\udce9"


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_socket() -> None:
    name = f"streamer-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0{name}")
        receiver.settimeout(5.0)
        assert Notifier(f"@{name}").send(WATCHDOG=1)
        assert receiver.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "@", "/", "notify", "vsock:2:1234", "/no/such/socket", "/" + 300 * "a"])
def test_without_a_manager_nothing_is_sent_and_nothing_fails(address: str) -> None:
    assert not Notifier(address).send(READY=1)


def test_a_manager_that_reads_nothing_is_not_waited_for_without_end(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamer.service.notification.SEND_S", 0.01)
    notifier = Notifier(manager.getsockname())
    assert notifier.send(READY=1)
    assert any(not notifier.send(STATUS="x") for _ in range(5000))  # until the socket's queue is full


def test_the_environment_is_read_and_not_left_to_children() -> None:
    environment = {"NOTIFY_SOCKET": "@a", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    notifier = Notifier.from_environment(environment)
    assert notifier.is_heard
    assert notifier.watchdog_s == 30.0
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "-1"}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}],
)
def test_no_watchdog_where_none_is_meant_for_this_process(environment: dict[str, str]) -> None:
    notifier = Notifier.from_environment(environment)
    assert not notifier.is_heard
    assert notifier.watchdog_s == 0.0
