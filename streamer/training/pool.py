"""Spread work over processes and keep its order: examples that are synthesised or read one by one."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Prepare = Callable[[], None]


def mapped(
    work: Callable[[Job], Result],
    jobs: Iterable[Job],
    n_processes: int,
    chunk: int = 1,
    prepare: Prepare | None = None,
) -> Iterator[Result]:
    """Yield ``work(job)`` for every job, in the order of the jobs, whatever the number of processes.

    Parameters
    ----------
    work : function of a job
        Of a module's top level (or a :class:`functools.partial` of one), so that it can be sent to the processes.
    n_processes : int
        1: in this process.
    chunk : int
        Jobs handed to a process at a time.
    prepare : function, optional
        Of a module's top level; run once in every process before its first job.
    """
    if n_processes == 1:
        if prepare:
            prepare()
        yield from map(work, jobs)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads of OpenCV and of the trainer
    pool = ProcessPoolExecutor(n_processes, context, _begin, (prepare,))
    try:
        yield from pool.map(work, jobs, chunksize=chunk)
    finally:
        pool.shutdown(cancel_futures=True)  # a caller that stops early waits for the jobs begun, not for all


def n_processes_for(n_jobs: int, n_worth: int) -> int:
    """Return how many processes pay for so many jobs: one for every ``n_worth`` of them, from 1 to the cores."""
    return max(1, min(os.cpu_count() or 1, n_jobs // n_worth))


def _begin(prepare: Prepare | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    if prepare:
        prepare()
