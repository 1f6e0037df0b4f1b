"""Model files, their descriptions and sidecars of any content are read or refused; front ends take bounded memory."""

from __future__ import annotations

import dataclasses
import tomllib
import tracemalloc
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.config import validated
from streamer.features.base import FRONT_ENDS, image_front_end, sound_front_end
from streamer.model.file import parse_labels, read_model_file, shipped_models_directory
from streamer.model.spec import ModelSpec, Sidecar
from streamer.model.toml_text import toml_text
from tests.support.bands import write_model
from tests.support.fuzz import cases, changed, kept, texts, values

MEMORY_BYTES = 1_500_000_000  # of a front end with the largest settings that are allowed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    write_model(folder / "good.tflite")
    return folder


@cases(100)
@given(st.data())
def test_a_changed_model_file(folder: Path, data: st.DataObject) -> None:
    good = (folder / "good.tflite").read_bytes()
    path = folder / "changed.tflite"
    path.write_bytes(data.draw(changed([good, good[-3000:], good[:200] + good[-2000:]])))
    model = kept(lambda: read_model_file(path))
    if model is not None:
        assert all(label.isprintable() for label in model.labels)
        assert model.spec.name.isprintable()
        assert not model.trusted


SIDECARS = [
    path.read_bytes() for path in sorted(shipped_models_directory().glob("*.toml")) if b"front_end" in path.read_bytes()
]
SPECS = [
    toml_text(read_model_file(path).spec.model_dump(exclude_none=True)).encode()
    for path in sorted(shipped_models_directory().glob("*.tflite"))
]


@cases(100)
@given(st.data())
def test_a_changed_sidecar(folder: Path, data: st.DataObject) -> None:
    path = folder / "good.toml"
    path.write_bytes(data.draw(changed(SIDECARS)))
    kept(lambda: read_model_file(folder / "good.tflite", path))


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """Return a right description in which some values are any."""
    spec: dict[str, Any] = tomllib.loads(draw(st.sampled_from(SIDECARS + SPECS)).decode())
    for _ in range(draw(st.integers(0, 4))):
        tables: list[dict[str, Any]] = [spec, *(value for value in spec.values() if isinstance(value, dict))]
        table = draw(st.sampled_from(tables))
        if table and draw(st.booleans()):
            table[draw(st.sampled_from(sorted(table)) | texts())] = draw(values())
        else:
            spec["front_end"] = draw(front_ends())
    return spec


@st.composite
def front_ends(draw: st.DrawFn) -> dict[str, Any]:
    """Return settings of a front end: known keys, with numbers of every size."""
    kind = draw(st.sampled_from(list(FRONT_ENDS)))
    fields = [field.name for field in dataclasses.fields(cast(Any, FRONT_ENDS[kind].settings))]
    numbers = st.sampled_from(
        [0, 1, 2, 3, 16, 64, 400, 512, 4096, 16000, 48000, 384000, 1 << 20, 1 << 24, 1 << 31, 1e308]
    )
    keys = draw(st.lists(st.sampled_from(fields), unique=True))
    return {"kind": kind} | {key: draw(numbers | values()) for key in keys if key != "kind"}


@cases(100)
@given(specs())
def test_any_description(spec: dict[str, Any]) -> None:
    kept(lambda: validated(Sidecar, spec, "test"))


@cases(60)
@given(front_ends(), st.sampled_from([1, 10, 96, 1000, 1 << 24]))
def test_a_front_end_that_is_allowed_takes_bounded_memory(front_end: dict[str, Any], n_frames: int) -> None:
    kind = FRONT_ENDS[front_end["kind"]]
    values = {
        "format": 1, "name": "x", "task": kind.tasks[0], "front_end": front_end,
        "window": {"n_frames": n_frames, "stride": 1},
    }  # fmt: skip
    spec = kept(lambda: validated(ModelSpec, values, "test"))
    if spec is None:
        return
    tracemalloc.start()
    try:
        if kind.tasks[0] == "sound":
            sound_front_end(spec.sound_front_end).push(np.zeros(16000, np.float32))
        else:
            image_front_end(spec.image_front_end)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_BYTES, front_end


@cases(80)
@given(
    st.binary(max_size=200)
    | st.lists(texts(), max_size=6).map(lambda labels: "\n".join(labels).encode("utf-8", "surrogatepass"))
)
def test_any_label_list(data: bytes) -> None:
    labels = kept(lambda: parse_labels(data, "test"))
    assert labels is None or all(label.isprintable() and label for label in labels)
