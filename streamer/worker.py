"""Call a function on many items in a child process: an item that ends the process fails alone, and the others go on."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

from streamer.errors import StreamerError
from streamer.system import child_environment, leave_stopping_to_the_parent, signal_name

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
Make = Callable[[], Callable[[ItemT], ResultT]]
SENT_PER_THREAD = 2  # items that a child has at once: one in work, one waiting, so that no thread is idle between them
OOM_SCORE = "500"  # where memory runs out, Linux ends the child rather than other processes (-1000 … 1000)


def map_in_child(
    make: Make[ItemT, ResultT], items: Sequence[ItemT], on_death: Callable[[ItemT, str], ResultT], n_threads: int = 1
) -> Generator[ResultT, None, None]:
    """Yield what a function returns for each item, in order; it runs in a child process, which may crash.

    When the child ends before its time, each item that it was working on is tried once more, in a child of its own; one
    that ends this, too, is given up. A new child goes on with the rest.

    Parameters
    ----------
    make : callable
        Returns the function. It is called in each child, so that what the function needs is loaded there alone. It, the
        items and the results travel by pickle.
    items : sequence
    on_death : callable
        Returns the result of an item that is given up, from the item and the reason, such as ``ended by SIGSEGV``.
    n_threads : int
        Threads of the child, each with an item of its own.

    Raises
    ------
    StreamerError
        If a child ends before it has begun with any item.
    Exception
        What ``make`` or the function raises.
    """
    waiting, results = deque(range(len(items))), dict[int, ResultT]()
    child: _Child[ItemT, ResultT] | None = None
    try:
        for index in range(len(items)):
            while index not in results:
                child = child or _Child(make, n_threads)
                while waiting and len(child.sent) < SENT_PER_THREAD * n_threads:
                    child.send(waiting[0], items[waiting.popleft()])
                if answer := child.answer():
                    results.update([answer])
                    continue
                reason = child.close()
                if not child.begun and not child.n_answered:  # nothing would ever get better
                    raise StreamerError(f"process=child must run; it was {reason}")
                waiting.extendleft(sorted(child.sent - child.begun, reverse=True))
                for suspect in sorted(child.begun):
                    results[suspect] = _alone(make, items[suspect], on_death)
                child = None
            yield results.pop(index)
    finally:
        if child:
            child.close()


def _alone(make: Make[ItemT, ResultT], item: ItemT, on_death: Callable[[ItemT, str], ResultT]) -> ResultT:
    """Return the result of an item that a child of its own works on."""
    child = _Child(make, 1)
    try:
        child.send(0, item)
        answer = child.answer()
    finally:
        reason = child.close()
    return answer[1] if answer else on_death(item, reason)


class _Child(Generic[ItemT, ResultT]):
    """A child process with the function; it ends with this process, by its standard input.

    Attributes
    ----------
    sent : set of int
        Numbers of the items that it was given and has not answered.
    begun : set of int
        Those that it is working on.
    n_answered : int
    """

    def __init__(self, make: Make[ItemT, ResultT], n_threads: int) -> None:
        self.sent, self.begun = set[int](), set[int]()
        self.n_answered = 0
        self._is_ready = False
        # -P: import nothing from the working directory
        command = [sys.executable, "-P", "-m", "streamer.worker"]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=child_environment()
            )
        except OSError as error:
            raise StreamerError(f"process=child must start; {error.strerror}") from None
        self._send((make, n_threads))

    def send(self, number: int, item: ItemT) -> None:
        """Give it an item; of one that has ended, :meth:`answer` says so."""
        self.sent.add(number)
        self._send((number, item))

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        data = pickle.dumps(message)
        with contextlib.suppress(OSError):
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def answer(self) -> tuple[int, ResultT] | None:
        """Wait for the next result; return it with the number of its item, None when the process has ended."""
        assert self._process.stdout is not None
        while True:
            try:
                what, number, value = pickle.load(self._process.stdout)
            except (EOFError, OSError, pickle.UnpicklingError):  # or within an answer
                if self._is_ready:
                    return None
                raise StreamerError(f"process=child must start; it was {self.close()}") from None
            if what == "raised":
                raise value
            self._is_ready = True
            if what == "begun":
                self.begun.add(number)
            elif what == "done":
                self.n_answered += 1
                self.sent.discard(number)
                self.begun.discard(number)
                return number, value

    def close(self) -> str:
        """End it, where it has not ended; return how it did, for people."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        # One that has ended by itself keeps its exit code.
        self._process.kill()
        code = self._process.wait()
        if code >= 0:
            return f"ended with exit code {code}"
        name = signal_name(code)
        return f"ended by {name}" + (", as the system does when memory runs out" if name == "SIGKILL" else "")


def main() -> None:
    """Run the child: take the function and items from standard input, write results to what was standard output."""
    leave_stopping_to_the_parent()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has these limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a bad file is told, and needs no dump of the memory
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    _Server(answers).run(sys.stdin.buffer)


class _Server:
    """The child's side: works on items on its threads until standard input is closed."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers, self._lock = answers, threading.Lock()

    def run(self, messages: BinaryIO) -> None:
        try:
            make, n_threads = pickle.load(messages)
            function = make()
        except Exception as error:
            self._tell("raised", 0, error)
            return
        self._tell("ready", 0, None)
        threads = ThreadPoolExecutor(n_threads)
        while True:
            try:
                number, item = pickle.load(messages)
            except (EOFError, pickle.UnpicklingError):
                os._exit(0)  # nobody waits for what is in work
            threads.submit(self._work, function, number, item)

    def _work(self, function: Callable[[Any], Any], number: int, item: Any) -> None:
        self._tell("begun", number, None)
        try:
            result = function(item)
        except Exception as error:
            self._tell("raised", number, error)
        else:
            self._tell("done", number, result)

    def _tell(self, *answer: Any) -> None:
        try:
            data = pickle.dumps(answer)
        except Exception as error:
            data = pickle.dumps(("raised", 0, RuntimeError(f"{type(error).__name__}: {error}")))
        with self._lock:
            try:
                self._answers.write(data)
                self._answers.flush()
            except OSError:  # the parent has ended
                os._exit(0)


if __name__ == "__main__":
    main()
