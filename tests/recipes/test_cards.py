"""Descriptions and figures of the shipped models, and the descriptions in their files."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.recipes.describe import SPECS, describe
from models.recipes.motion.card import evaluate_single, motion_spec
from models.recipes.motion.card import figures as motion_figures
from models.recipes.pattern.card import figures as pattern_figures
from models.recipes.pattern.card import pattern_spec
from streamer.evaluation.metrics import evaluate_scores
from streamer.model.file import find_model, read_model_file, write_model_file
from streamer.training.motion.sampling import LABELS as MOTION
from streamer.training.pattern.sampling import FRONT_END
from streamer.training.pattern.scene import LABELS as PATTERN
from tests.support.paths import ROOT


@pytest.mark.parametrize("name", SPECS)
def test_a_shipped_file_has_the_description_of_its_recipe(name: str) -> None:
    spec = read_model_file(find_model(name)).spec
    assert spec.check is not None, "python -m models.recipes.describe adds one"
    of_recipe = SPECS[name](spec.card.accuracy)
    chosen = of_recipe.events.model_copy(update={"labels": spec.events.labels})
    assert spec.model_copy(update={"check": None}) == of_recipe.model_copy(update={"events": chosen})


@pytest.mark.parametrize("name", SPECS)
def test_the_command_in_a_shipped_file_names_a_recipe_that_runs(name: str) -> None:
    python, option, module, *_ = read_model_file(find_model(name)).spec.card.made_by.split()
    assert (python, option) == ("python", "-m")
    command = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"usage: python -m {module}" in done.stdout
    assert module in (ROOT / "models" / f"{name}.md").read_text()


@pytest.mark.parametrize("name", SPECS)
def test_describing_a_file_again_changes_its_description_alone(name: str, tmp_path: Path) -> None:
    shipped, path = find_model(name), tmp_path / "model.tflite"
    model = read_model_file(shipped)
    card = model.spec.card.model_copy(update={"made_by": "another command", "licence": "another licence"})
    write_model_file(path, model.flatbuffer, model.spec.model_copy(update={"card": card}), model.labels)
    assert path.read_bytes().startswith(model.flatbuffer)
    describe(path, SPECS[name])
    assert path.read_bytes() == shipped.read_bytes()
    shutil.copyfile(shipped, path)
    describe(path, SPECS[name])
    assert path.read_bytes() == shipped.read_bytes()


def test_figures_of_motion() -> None:
    eye = np.eye(6, dtype=np.float32)
    truths = np.concatenate([eye, eye[[3]] + eye[[4]], eye[[2]] + eye[[1]]])
    scores = truths * np.float32(0.9)
    scores[5] = eye[3] * 0.8  # a pulse taken for an oscillation
    scores[6, 4] = 0.3  # of two movements one is missed
    measured = motion_figures(scores, truths, MOTION)
    assert measured["right"] == pytest.approx(5 / 6)
    assert (measured["right_pulse"], measured["right_still"]) == (0.0, 1.0)
    assert measured["both_seen"] == pytest.approx(0.5)
    assert measured["false_alarm"] == pytest.approx(1 / 8)
    counts = evaluate_single(scores, truths, MOTION).counts
    assert counts.sum() == 6
    assert counts[MOTION.index("pulse"), MOTION.index("oscillation")] == 1
    spec = motion_spec(measured)
    assert spec.input_shape == (576, 192)
    assert spec.card.accuracy["right"] == pytest.approx(0.8333)


def test_figures_of_pattern() -> None:
    truths = np.array([0] * 20 + [2] * 4)
    guesses = np.array([0] * 19 + [1] + [2] * 3 + [5])
    evaluation = evaluate_scores(PATTERN, truths, np.eye(6, dtype=np.float32)[guesses])
    assert pattern_figures(evaluation, "x") == pytest.approx(
        {
            "x_pictures": 24.0,
            "x_right": 22 / 24,
            "x_none_right": 0.95,
            "x_grid_right": 0.75,
            "x_false_periodic": 0.05,
        }
    )


def test_the_description_of_pattern_fits_the_front_end() -> None:
    spec = pattern_spec({"made_right": 0.98765})
    assert spec.task == "pattern"
    assert spec.input_shape == (FRONT_END.n_radii, FRONT_END.n_angles)
    assert spec.card.accuracy == {"made_right": 0.9877}
