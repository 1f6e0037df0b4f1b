"""Work spread over processes."""

import os
from collections.abc import Iterator

import pytest

from streamer.training import pool
from streamer.training.pool import mapped, n_processes_for

_factor = 1


def _prepare() -> None:
    global _factor
    _factor = 10


def _times(n: int) -> int:
    return n * _factor


def _square(n: int) -> int:
    return n * n


def _refuse(n: int) -> int:
    raise ValueError(f"job {n}")


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    global _factor
    _factor = 1


@pytest.mark.parametrize("n_processes", [1, 2])
def test_results_come_in_order_after_preparation(n_processes: int) -> None:
    assert list(mapped(_square, range(20), n_processes, chunk=3)) == [n * n for n in range(20)]
    assert list(mapped(_times, range(5), n_processes, prepare=_prepare)) == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("n_processes", [1, 2])
def test_an_error_reaches_the_caller(n_processes: int) -> None:
    with pytest.raises(ValueError, match="job 0"):
        list(mapped(_refuse, range(3), n_processes))


def test_more_jobs_are_worth_more_processes_up_to_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert [pool.n_processes_for(n, 100) for n in (0, 99, 250, 10_000)] == [1, 1, 2, 4]
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert n_processes_for(10_000, 100) == 1
