import functools
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from streamer.errors import StreamerError, UserError
from streamer.worker import map_in_child

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def told(item: str, reason: str) -> str:
    return f"{item}: {reason}"


def make_worker(folder: Path) -> Callable[[str], str]:
    """Return a function that ends its process where an item asks for it, and keeps count of its calls in files."""

    def work(item: str) -> str:
        calls = folder / item
        with calls.open("a") as file:
            file.write(f"{os.getpid()}\n")
        match item.rstrip("0123456789"):
            case "crash":
                signal.raise_signal(signal.SIGSEGV)
            case "kill":
                signal.raise_signal(signal.SIGKILL)
            case "leave":
                os._exit(3)
            case "once":
                if len(calls.read_text().splitlines()) == 1:
                    signal.raise_signal(signal.SIGKILL)
            case "raise":
                raise UserError(f"item={item} must not be")
            case "print":
                os.write(1, b"printed by a library\n")
        return item.upper()

    return work


def done(folder: Path, items: list[str], n_threads: int = 2) -> list[str]:
    return list(map_in_child(functools.partial(make_worker, folder), items, told, n_threads))


def processes(folder: Path) -> list[str]:
    return sorted({line for path in folder.iterdir() for line in path.read_text().splitlines()})


def test_results_come_in_order_from_one_child(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    items = [f"item{i}" for i in range(50)] + ["print"]
    assert done(tmp_path, items, 4) == [item.upper() for item in items]
    (process,) = processes(tmp_path)
    assert int(process) != os.getpid()
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("crash", "ended by SIGSEGV"),
        ("kill", "ended by SIGKILL, as the system does when memory runs out"),
        ("leave", "ended with exit code 3"),
    ],
)
@pytest.mark.parametrize("n_threads", [1, 3])
def test_an_item_that_ends_the_process_fails_alone(tmp_path: Path, item: str, reason: str, n_threads: int) -> None:
    items = [f"item{i}" for i in range(5)] + [item] + [f"item{i}" for i in range(5, 10)]
    expected = [told(each, reason) if each == item else each.upper() for each in items]
    assert done(tmp_path, items, n_threads) == expected
    assert len((tmp_path / item).read_text().splitlines()) == 2  # once with others, once alone
    assert all(len((tmp_path / each).read_text().splitlines()) <= 2 for each in items)


def test_items_that_end_the_process_one_after_the_other(tmp_path: Path) -> None:
    items = ["crash1", "crash2", "fine", "crash3"]
    fails = "ended by SIGSEGV"
    assert done(tmp_path, items) == [told("crash1", fails), told("crash2", fails), "FINE", told("crash3", fails)]


def test_what_ended_a_process_once_is_tried_again(tmp_path: Path) -> None:
    assert done(tmp_path, ["a", "once", "b"]) == ["A", "ONCE", "B"]


def test_errors_of_the_function_and_of_making_it_are_raised(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="item=raise must not be"):
        done(tmp_path, ["a", "raise"])
    with pytest.raises(UserError, match="no function"):
        list(map_in_child(refused, ["a"], told))
    with pytest.raises(StreamerError, match=r"process=child must start; it was ended by SIGSEGV"):
        list(map_in_child(crashed, ["a"], told))
    assert list(map_in_child(crashed, [], told)) == []


def refused() -> Callable[[str], str]:
    raise UserError("no function")


def crashed() -> Callable[[str], str]:
    signal.raise_signal(signal.SIGSEGV)
    raise AssertionError


def make_waiting(pipe: str) -> Callable[[str], str]:
    """Return a function that says the number of its process through a pipe, then never returns."""

    def work(item: str) -> str:
        Path(pipe).write_text(f"{os.getpid()}")  # when there is a reader
        threading.Event().wait()
        return item

    return work


def test_a_child_ends_when_nobody_wants_its_results(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    results = map_in_child(functools.partial(make_first_then_wait, str(pipe)), ["first", "second"], told)
    assert next(results) == "first"
    process = int(pipe.read_text())
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def make_first_then_wait(pipe: str) -> Callable[[str], str]:
    waits = make_waiting(pipe)
    return lambda item: item if item == "first" else waits(item)
