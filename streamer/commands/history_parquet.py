"""Write rows of a history as a table of Parquet, with types that other programs know."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from streamer.installation import needed
from streamer.safe_text import safe
from streamer.sinks.tables import columns_of, flat
from streamer.system import write_atomically

_TEXTS = ("stream", "label", "kind", "region", "unit", "state", "detail", "problems")
_COUNTS = ("lost", "skipped_images", "windows", "reconnects", "memory_bytes", "unwritten")


def write_parquet(table: str, rows: Iterable[dict[str, Any]], path: Path) -> int:
    """Write rows into a file, whole or not at all, and return their number.

    Raises
    ------
    UserError
        If pyarrow is not installed.
    StreamerError
        If the file cannot be written.
    """
    with needed("tables"):
        import pyarrow
        import pyarrow.parquet
    names = columns_of(table)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        values = flat(row)
        for name in names:
            columns[name].append(_value(name, values[name], row))
    schema = pyarrow.schema([(name, _type(pyarrow, name)) for name in names])
    data = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema), data)
    write_atomically(path, data.getvalue(), "parquet")
    return len(columns["time"])


def _value(name: str, value: Any, row: dict[str, Any]) -> Any:
    if name == "time":
        return datetime.fromisoformat(value)
    if name == "clips":
        return [safe(path) for path in row["clips"]]
    return safe(value) if isinstance(value, str) else value


def _type(pyarrow: Any, name: str) -> Any:
    if name == "time":
        return pyarrow.timestamp("ms", tz="UTC")
    if name == "time_uncertain":
        return pyarrow.bool_()
    if name == "clips":
        return pyarrow.list_(pyarrow.string())
    if name in _TEXTS:
        return pyarrow.string()
    return pyarrow.int64() if name in _COUNTS else pyarrow.float64()
