"""The public names: all are there, all are documented, and their examples are true."""

import doctest
import importlib
import inspect

import pytest

import streamer


def test_all_names_are_there_and_no_others() -> None:
    assert sorted(set(streamer.__all__) - {"__version__"}) == sorted(streamer._HOMES)
    assert set(streamer.__all__) <= set(dir(streamer))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = streamer.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(streamer._HOMES))
def test_each_is_documented(name: str) -> None:
    value = getattr(streamer, name)
    assert inspect.getdoc(value)
    assert value.__module__ == f"streamer.{streamer._HOMES[name]}"


@pytest.mark.parametrize("home", sorted(set(streamer._HOMES.values())))
def test_examples_are_true(home: str) -> None:
    assert doctest.testmod(importlib.import_module(f"streamer.{home}")).failed == 0
