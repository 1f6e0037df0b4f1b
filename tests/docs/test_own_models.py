"""The page on bringing your own model: what it shows is what streamer reads."""

import re
import tomllib

import pytest
import soundfile

from streamer.config import validated
from streamer.model.spec import Sidecar
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "own-models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_sidecar_and_the_check_are_valid_and_name_every_key() -> None:
    sidecar, check = map(tomllib.loads, blocks("toml"))
    described = validated(Sidecar, sidecar | check, "own-models.md")
    assert described.check is not None
    keys = set(Sidecar.model_fields) - {"description", "front_end_package"}
    assert keys <= set(sidecar) | set(check) | {"labels"}


def test_the_sound_of_a_check_can_be_written_for_another_program(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    (program,) = blocks("python")
    exec(program, {})
    samples, rate = soundfile.read("sweep.wav")
    assert (samples.size, rate) == (80_000, 16_000)
