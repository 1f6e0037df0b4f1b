"""`streamer bench`: measure speed against peers, what a live camera costs, or the accuracy of measurements."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table as RichTable
from rich.text import Text

from streamer.commands import put_json
from streamer.console import SafeConsole

if TYPE_CHECKING:
    from streamer.bench.measure import Row, Table


def run_bench(models: Sequence[str], seconds: float, *, json: bool = False) -> int:
    """Measure the speed of streamer against its peers, and print all comparisons.

    Parameters
    ----------
    models : sequence of str
        Models to time; empty: the shipped ones.
    seconds : float
        Time for each comparison.
    json : bool
        Print one JSON object instead of tables.

    Returns
    -------
    int
        Exit code 0, even if a target is missed.
    """
    # One thread for everybody, or times would not compare. Set before numpy is imported: BLAS and OpenMP read it once.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    from streamer.bench.comparisons import comparisons
    from streamer.bench.measure import describe_machine
    from streamer.commands import say
    from streamer.kernels.load import warm_up
    from streamer.tasks import TASKS

    warm_up(say, ("sound", "images"))
    console = SafeConsole()
    machine = describe_machine()
    if not json:
        console.print(Text(machine, "dim"))
    tables = []
    for table in comparisons(models or [task.default_model for task in TASKS.values()], seconds):
        tables.append(table)
        if not json:
            console.print()
            console.print(render(table))
    if json:
        put_json({"type": "bench", "machine": machine, "tables": [as_json(table) for table in tables]})
    return 0


def run_accuracy(seconds: float, *, json: bool = False) -> int:
    """Measure how far measurements and their stated uncertainties can be trusted, and print the results.

    Parameters
    ----------
    seconds : float
        Time for sinusoids and noise, as much for rhythms in many situations, for patterns in space, and for scenes.
    json : bool
        Print one JSON object instead of tables.

    Returns
    -------
    int
        Exit code 0, whatever the results.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    from streamer.bench import patterns, periodicity, rhythms, space
    from streamer.commands import result_console, say
    from streamer.kernels.load import warm_up

    warm_up(say, ("images",))
    console = result_console()
    results = []
    for kind in (periodicity, rhythms, patterns, space):
        rows = list(kind.accuracy(seconds))
        results += [{"kind": type(row).__name__, **dataclasses.asdict(row), "met": row.met} for row in rows]
        for table in [] if json else kind.render(rows):
            console.print()
            console.print(table)
    if json:
        put_json({"type": "accuracy", "rows": [_without_nan(row) for row in results]})
    return 0


def run_live(seconds: float, *, json: bool = False) -> int:
    """Measure what a live camera costs beside a thirty-line script, and print the results.

    Parameters
    ----------
    seconds : float
        Time for which each program is measured in each of two rounds.
    json : bool
        Print one JSON object instead of a table.

    Returns
    -------
    int
        Exit code 0, even if a target is missed.
    """
    from streamer.bench.live_camera import live_rows
    from streamer.bench.measure import describe_machine
    from streamer.commands import result_console

    machine, rows = describe_machine(), live_rows(seconds)
    if json:
        found = [{**dataclasses.asdict(row), "met": row.met} for row in rows]
        put_json({"type": "live", "machine": machine, "rows": found})
        return 0
    console = result_console()
    console.print(Text(machine, "dim"))
    console.print()
    title = "live camera: 640×480, 30 images/s of motion JPEG, decoding included"
    out = RichTable(title=title, title_justify="left", title_style="bold", box=None)
    for name in ("", "% of a core", "MB (PSS)", "MB (RSS)", "latency p50", "p99", "target", ""):
        out.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for row in rows:
        target = "" if row.cpu_target is None else f"≤ {row.cpu_target:.3g} %"
        target += "" if row.memory_target is None else f", {row.memory_target:g} MB"
        latency = ("" if each is None else f"{each:.0f} ms" for each in (row.latency_p50_ms, row.latency_p99_ms))
        met = {None: Text(), True: Text("met", "green"), False: Text("missed", "red")}[row.met]
        out.add_row(row.name, f"{row.cpu_percent:.1f}", f"{row.pss_mb:.0f}", f"{row.rss_mb:.0f}", *latency, target, met)
    console.print(out)
    return 0


def render(table: Table) -> RichTable:
    """Return a comparison as a table: percentiles of the times, and each row's ratio to the first."""
    out = RichTable(title=f"{table.title}, {table.unit}", title_justify="left", title_style="bold", box=None)
    for name in ("", "p10", "median", "p90", "ratio", "target", ""):
        out.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for row in table.rows:
        if row.note:
            out.add_row(row.name, "", Text("–"), "", "", _target(row), Text(row.note, "yellow"))
            continue
        met = {None: Text(), True: Text("met", "green"), False: Text("missed", "red")}[row.met]
        times = (_digits(value) for value in (row.p10, row.median, row.p90))
        out.add_row(row.name, *times, f"× {_digits(row.ratio)}", _target(row), met)
    return out


def _target(row: Row) -> str:
    return f"≥ {row.target:g}" if row.target is not None else ""


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def as_json(table: Table) -> dict[str, object]:
    """Return a comparison as JSON values; unmeasured times are None."""
    rows = [{**_without_nan(dataclasses.asdict(row)), "met": row.met} for row in table.rows]
    return {"title": table.title, "unit": table.unit, "rows": rows}


def _without_nan(values: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in values.items()}
