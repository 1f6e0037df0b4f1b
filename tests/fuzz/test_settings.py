"""Settings files of any content are read or refused in the user's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.build import resolve_config
from streamer.config import Config, Settings, load_config, validated
from streamer.model.toml_text import toml_text
from tests.support.fuzz import cases, changed, kept, texts, values
from tests.support.paths import ROOT

WHOLE = (ROOT / "streamer" / "config.toml").read_bytes().replace(b"\n# ", b"\n")
SECTIONS = {name: list(field.annotation.model_fields) for name, field in Config.model_fields.items()
            if isinstance(field.annotation, type) and issubclass(field.annotation, Settings)}  # fmt: skip

OPTIONS = [f"{name}.{key}" for name, keys in SECTIONS.items() for key in keys]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "c.toml"


@cases(100)
@given(changed([WHOLE]))
def test_a_changed_file(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    kept(lambda: load_config(path))


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """Return known keys with any values, and sometimes others."""
    tree: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(list(SECTIONS)))
        key = draw(st.sampled_from(SECTIONS[name]) | texts())
        tree.setdefault(name, {})[key] = draw(values())
    if draw(st.booleans()):
        keys = st.sampled_from(["source", "name", "model"]) | texts()
        tree["streams"] = draw(st.lists(st.dictionaries(keys, values(), max_size=3), max_size=3))
    return tree


@cases(150)
@given(trees())
def test_known_keys_with_any_values(tree: dict[str, Any]) -> None:
    config = kept(lambda: validated(Config, tree, "test"))
    if config is not None:
        assert (
            validated(Config, config.model_dump(exclude_unset=True), "test") == config
        )  # a value that is taken is taken again


@cases(40)
@given(trees())
def test_what_is_written_as_toml(path: Path, tree: dict[str, Any]) -> None:
    try:
        text = toml_text(tree)
    except TypeError:  # TOML has no such value
        return
    path.write_text(text, "utf-8")
    kept(lambda: load_config(path))


@cases(80)
@given(
    st.dictionaries(
        st.sampled_from([f"{name}.{key}" for name, keys in SECTIONS.items() for key in keys]), values(), max_size=3
    )
)
def test_options_of_any_value(overrides: dict[str, Any]) -> None:
    kept(lambda: resolve_config(None, overrides))


@cases(80)
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    kept(lambda: load_config(path))
