"""What is written as TOML reads back as the same values."""

import math
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.model.toml_text import toml_text

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(text, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
values = st.recursive(
    st.dictionaries(text, st.one_of(scalars, st.lists(scalars, max_size=4)), max_size=4),
    lambda tables: st.dictionaries(text, st.one_of(scalars, tables), max_size=4),
    max_leaves=12,
)


@given(values)
def test_round_trip(original: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(original)) == original


def test_the_text_is_toml() -> None:
    assert toml_text({"a": {"b": {"c d": (1, 2.5)}, "e": "é\n"}, "f": True}) == (
        'f = true\n\n[a]\ne = "é\\n"\n\n[a.b]\n"c d" = [1, 2.5]\n'
    )


def test_nan_is_written_and_other_types_raise() -> None:
    assert math.isnan(tomllib.loads(toml_text({"x": math.nan}))["x"])
    with pytest.raises(TypeError, match="None"):
        toml_text({"x": None})


def test_half_a_surrogate_pair_is_written_out_which_toml_lacks() -> None:
    assert tomllib.loads(toml_text({"name": "caf\udce9"}).encode().decode()) == {"name": "caf\\xe9"}
