"""Reading of config files, errors in them, and how settings override each other."""

import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamer.config import (
    Config,
    EventSettings,
    LabelThresholds,
    MeasuredSettings,
    RegionSettings,
    RuleSettings,
    Settings,
    load_config,
    validated,
)
from streamer.errors import UserError
from tests.support.paths import ROOT

CONFIG_TOML = ROOT / "streamer" / "config.toml"


def uncommented() -> str:
    """Return config.toml with every setting uncommented."""
    return re.sub(r"^# (\[|\w+ = )", r"\1", CONFIG_TOML.read_text(), flags=re.MULTILINE)


def test_config_toml_lists_every_setting_at_its_default(tmp_path: Path) -> None:
    values = tomllib.loads(uncommented())
    assert values.pop("streams") == [
        {"source": "mic", "name": "", "model": "", "sidecar": "", "images": {"min_hz": 5.0}}
    ]
    (region,) = values["images"].pop("regions")
    (measured,) = values["images"].pop("measured")
    assert validated(MeasuredSettings, measured, "measured").begin_s == 3.0
    assert validated(RegionSettings, region, "regions").edges(640, 480) == (120, 80, 184, 320)
    assert values.pop("on_event") == [
        {"run": ["notify-send", "smoke alarm"], "when": "begin", "labels": [], "timeout_s": 10.0, "id": ""}
    ]
    assert values.pop("place") == {"latitude": 52.5, "longitude": 13.4}
    (rule,) = values.pop("rules")
    assert validated(RuleSettings, rule, "rules").model_dump(exclude={"min_level_dbfs"}) == {
        **RuleSettings(sinks=("notify",)).model_dump(exclude={"min_level_dbfs"})
    }
    assert values["events"].pop("labels") == {"dog": {"on": 0.8, "off": 0.5}}
    defaults = Config().model_dump()
    del defaults["streams"], defaults["on_event"], defaults["rules"], defaults["place"], defaults["events"]["labels"]
    defaults["events"] |= {"allow": [], "deny": []}
    defaults["output"] |= {"sinks": []}
    defaults["images"] |= {"roi": [], "cells": [32, 18]}
    del defaults["images"]["regions"], defaults["images"]["measured"]
    assert values.pop("model") | {"path": ()} == defaults.pop("model")
    assert values == defaults


@pytest.mark.parametrize("value", ["1.5", "-1", "-0.5", "true", '"a"', "nan"])
def test_a_place_in_an_image_is_in_pixels_or_a_fraction(tmp_path: Path, value: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(f"[[images.regions]]\nname = 'a'\nx = {value}\ny = 0\nwidth = 20\nheight = 1.0")
    rule = "must be a whole number of pixels, or a fraction of the image from 0.0 to 1.0"
    with pytest.raises(UserError, match=rf"images\.regions\.0\.x: .* {re.escape(rule)}") as error:
        load_config(path)
    assert str(error.value).count("\n") == 0


def test_two_regions_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    region = "[[images.regions]]\nname = 'a'\nx = 0\ny = 0\nwidth = 20\nheight = 1.0\n"
    path.write_text(2 * region)
    with pytest.raises(UserError, match=r"regions.name=a must differ from the other regions' names"):
        load_config(path)


def test_config_toml_as_shipped_changes_nothing() -> None:
    assert load_config(CONFIG_TOML) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[source]\nchanel = 1", "source.chanel is not a setting; did you mean channel?"),
        ("[nonsense]", "nonsense is not a setting; known here: source, images, model, events"),
        ("[events]\non = 2.0", "events.on=2.0 must be less than or equal to 1"),
        ("[events]\non = 0.3\noff = 0.5", "events: off=0.5 must be at most on=0.3"),
        ("[events]\nconfirm = 4\nconfirm_of = 3", "events: confirm=4 must be at most confirm_of=3"),
        ("[events.labels.dog]\nonn = 0.2", "events.labels.dog.onn is not a setting; did you mean on?"),
        ("[source]\nretry_min_s = 9\nretry_max_s = 3", "source: retry_max_s=3.0 must be at least retry_min_s=9.0"),
        ("[[streams]]\nname = 'a'", "streams.0.source must be given"),
        ("[model]\nruntime = 'torch'", "model.runtime='torch' must be 'auto', 'litert' or 'tflite-runtime'"),
        (
            "[[output.sinks]]\nname = 'log'\n[output.sinks.settngs]\na = 1",
            "sinks.0.settngs is not a setting; did you mean s",
        ),
        ("[[output.sinks]]\nnme = 'log'", "output.sinks.0.name must be given"),
        ("[[streams]]\nsource = 'mic'\nmodl = 'x'", "streams.0.modl is not a setting; did you mean model?"),
        ("[source", "not valid TOML"),
    ],
)
def test_mistakes_are_reported_with_file_key_value_and_rule(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=re.escape(message)) as error:
        load_config(path)
    assert str(path) in str(error.value)
    assert error.value.exit_code == 2


def test_a_sink_is_a_text_or_a_table(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(
        "[output]\nsinks = ['log', 'jsonl:C:/a', {name = 'jsonl', argument = 'b', settings = {scores = true}}]"
    )
    sinks = load_config(path).output.sinks
    assert [(sink.name, sink.argument, sink.settings) for sink in sinks] == [
        ("log", "", {}),
        ("jsonl", "C:/a", {}),
        ("jsonl", "b", {"scores": True}),
    ]


def test_of_many_mistakes_ten_are_told(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[source]\n" + "".join(f"x{k} = 1\n" for k in range(15)))
    with pytest.raises(UserError) as error:
        load_config(path)
    lines = str(error.value).split("\n")
    assert len(lines) == 10
    assert all(line.startswith(f"{path}: source.x") for line in lines)


def test_a_missing_file_and_a_binary_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must be an existing file"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="must be text in UTF-8"):
        load_config(tmp_path / "binary")


def test_config_overrides_the_model_key_by_key() -> None:
    model = EventSettings.model_validate({"on": 0.5, "off": 0.2, "labels": {"dog": {"on": 0.9}, "rain": {"on": 0.3}}})
    config = EventSettings.model_validate({"on": 0.7, "labels": {"Dog": {"on": 0.8}}})
    merged = model.overridden_by(config)
    assert (merged.on, merged.off) == (0.7, 0.2)
    assert {label: own.on for label, own in merged.labels.items()} == {"dog": 0.8, "rain": None}  # said of all labels


def test_one_threshold_of_a_label_leaves_its_other_one_to_the_model() -> None:
    model = EventSettings.model_validate({"labels": {"dog": {"on": 0.9, "off": 0.5}}})
    merged = model.overridden_by(EventSettings.model_validate({"labels": {"dog": {"on": 0.8}}}))
    assert merged.labels == {"dog": LabelThresholds(on=0.8, off=0.5)}
    merged = model.overridden_by(EventSettings.model_validate({"off": 0.3, "labels": {"cat": {"on": 0.7}}}))
    assert merged.labels == {"dog": LabelThresholds(on=0.9), "cat": LabelThresholds(on=0.7)}


def test_an_event_that_can_never_be_is_refused() -> None:
    with pytest.raises(UserError, match=r"min_length_s=40.0 must be at most max_length_s=30.0"):
        EventSettings(max_length_s=30.0).overridden_by(EventSettings(min_length_s=40.0))


def test_an_override_that_contradicts_the_model_is_refused() -> None:
    with pytest.raises(UserError, match=r"off=0.5 must be at most on=0.4"):
        EventSettings(on=0.6, off=0.5).overridden_by(EventSettings(on=0.4))


@pytest.mark.parametrize(
    ("text", "names"), [('""', ()), ('"ambient"', ("ambient",)), ('["ambient", "my.tflite"]', ("ambient", "my.tflite"))]
)
def test_one_model_or_several(text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f"[model]\npath = {text}\n[[streams]]\nsource = 'mic'\nmodel = {text}\n")
    config = load_config(path)
    assert config.model.path == config.streams[0].model == names


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_no_number_is_infinite_or_none(value: str) -> None:
    def numbers(kind: type[Settings], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, field in kind.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
                yield from numbers(field.annotation, (*path, name))
            elif isinstance(field.default, float) or "float" in str(field.annotation):
                yield (*path, name)

    found = list(numbers(Config))
    assert len(found) > 20
    for path in found:
        values: Any = float(value)
        for name in reversed(path):
            values = {name: values}
        with pytest.raises(UserError, match=path[-1]):
            validated(Config, values, "test")


@pytest.mark.parametrize(
    "text",
    [
        '[output]\nclips = "a\\u0000b"',
        '[[output.sinks]]\nname = "log"\nargument = "\\u0000"',
        'output.sinks = ["log:\\u0000"]',
        '[model]\npath = ["\\u0000"]',
        '[[streams]]\nsource = "\\u0000"',
        '[events.labels]\n"\\u0000" = {on = 0.5}',
    ],
)
def test_no_text_holds_nul(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"must not hold the character NUL|is not a setting"):
        load_config(path)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a=" + "[" * 100_000, "a." * 50_000 + "b=1", '"a".' * 50_000 + "b=1", "a=" + "{a=" * 50_000,
     "[" + "a." * 50_000 + "b]", "a=" + "9" * 5000, "'" * 500_000, "a" * 900_000],
    ids=["brackets", "array", "key", "quoted key", "inline", "table", "integer", "quotes", "word"],
)  # fmt: skip
def test_toml_that_is_nested_deeply_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text)
    begun_s = time.process_time()
    with pytest.raises(UserError, match=re.escape(str(path))):
        load_config(path)
    assert time.process_time() - begun_s < 5.0  # minutes, where the time grows with the square of the length


def test_the_home_folder_is_meant_by_a_tilde_in_the_model_of_a_stream_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    stream = {"source": "mic", "model": "~/my.tflite", "sidecar": "~/my.toml"}
    (found,) = validated(Config, {"streams": [stream]}, "test").streams
    assert (found.model, found.sidecar) == (("/home/me/my.tflite",), "/home/me/my.toml")
