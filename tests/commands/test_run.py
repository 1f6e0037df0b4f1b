"""Several models on one stream, through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import bands
from tests.support.bands import lines, run_here, write_other_model


def test_sound_models_side_by_side_give_what_each_gives_alone(model: Path, sound: Path, tmp_path: Path) -> None:
    other = write_other_model(tmp_path / "other.tflite")
    alone = [run_here("run", sound, "--fast", "--json", "--scores", "-m", one) for one in (model, other)]
    both = run_here("run", sound, "--fast", "--json", "--scores", "-m", model, "-m", other)
    for kind in ("scores", "event_start", "event"):
        expected = [line for done in alone for line in lines(done, kind)]
        for line in expected + (together := lines(both, kind)):
            line.pop("time")
        assert sorted(map(str, together)) == sorted(map(str, expected))
    assert {line["label"] for line in lines(both, "event")} == {"low", "high", "deep", "shrill"}
    (summary,) = lines(both, "summary")
    assert set(summary["events"]) == {"low", "high", "deep", "shrill"}
    assert summary["windows"] == sum(lines(done, "summary")[0]["windows"] for done in alone)


def test_several_models_in_a_config_file(model: Path, sound: Path, tmp_path: Path) -> None:
    other = write_other_model(tmp_path / "other.tflite")
    config = tmp_path / "c.toml"
    config.write_text(f'[model]\npath = ["{model}", "{other}"]\n[events.labels]\nshrill = {{on = 1.0}}\n')
    done = run_here("run", sound, "--fast", "--json", "-c", config)
    assert {line["label"] for line in lines(done, "event")} == {"low", "high", "deep"}


def test_each_source_takes_the_models_that_fit_it(model: Path, sound: Path) -> None:
    done = run_here(
        "run", sound, "demo:camera", "--fast", "--seconds", 5, "--json", "--scores", "-m", model, "-m", "pattern"
    )
    labels = {line["stream"]: set(line["scores"]) for line in lines(done, "scores")}
    assert labels[str(sound)] == set(bands.LABELS)
    assert "stripes" in labels["demo:camera"]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["MODEL", "pattern"], "model=pattern must have a source that delivers images; none of these does"),
        (["pattern"], "model=pattern must be a sound model for source="),
        (["MODEL", "SAME"], "label=low must belong to one model of a stream, and bands and same both have it"),
    ],
)
def test_models_that_cannot_run_side_by_side(
    named: list[str], message: str, model: Path, sound: Path, tmp_path: Path
) -> None:
    same = write_other_model(tmp_path / "same.tflite", ("low", "loud"))
    paths = {"MODEL": str(model), "SAME": str(same)}
    options = [option for name in named for option in ("-m", paths.get(name, name))]
    done = run_here("run", sound, "--fast", *options)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_sidecar_is_for_one_model(model: Path, sound: Path) -> None:
    done = run_here("run", sound, "--fast", "-m", model, "-m", model, "--sidecar", "x.toml")
    assert done.returncode == 2
    assert "model.sidecar=x.toml must describe the only model, and 2 are named" in done.stderr


def test_the_common_background_label_is_no_conflict(model: Path, sound: Path, tmp_path: Path) -> None:
    silent = write_other_model(tmp_path / "silent.tflite", ("low", "loud"))
    config = tmp_path / "c.toml"
    config.write_text("[events]\ndeny = ['low']\n")
    done = run_here("run", sound, "--fast", "--json", "-c", config, "-m", model, "-m", silent)
    assert {line["label"] for line in lines(done, "event")} == {"high", "loud"}


def test_a_settings_file_with_a_password_that_all_may_read_is_pointed_out(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    for source, mode, is_pointed_out in (
        ("rtsp://admin:hunter2@10.0.0.1/live", 0o644, True),
        ("rtsp://admin:hunter2@10.0.0.1/live", 0o640, False),
        ("rtsp://admin:${HOME}@10.0.0.1/live", 0o644, False),
        ("rtsp://10.0.0.1/live", 0o644, False),
    ):
        config.write_text(f'[[streams]]\nsource = "{source}"\nmodel = "ambient"\n')
        config.chmod(mode)
        done = run_here("run", "-c", config)
        assert done.returncode == 2
        assert (f"chmod 600 {config}" in done.stderr) is is_pointed_out, source
        assert "hunter2" not in done.stderr
