import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from streamer.bench import comparisons, peers
from streamer.bench.measure import Candidate, Row, Table, compare, describe_machine, noise_and_tones
from streamer.cli import app
from streamer.commands.bench import render
from streamer.errors import UserError
from streamer.features.logmel import log_mel
from streamer.features.logmel_settings import STANDARD, LogMelSettings
from streamer.installation import install_command

REFERENCE = STANDARD


def need(package: str) -> None:
    pytest.importorskip(package, reason=f"{package} is not installed (extra: bench)")


def streamed(make: Callable[[LogMelSettings], Any], s: LogMelSettings) -> tuple[NDArray[Any], NDArray[Any]]:
    """Frames of the peer and of streamer, of the same second of sound pushed hop by hop."""
    x = noise_and_tones(1.0, s.sample_rate)
    peer = make(s)
    frames = [peer.push(x[i : i + s.hop_length]).copy() for i in range(0, x.size - s.hop_length + 1, s.hop_length)]
    ours = log_mel(x, s)
    theirs = np.concatenate(frames)
    return theirs, ours


@pytest.mark.parametrize("n_fft", [256, 512, 2048, 400])
def test_numpy_scipy_computes_the_same(n_fft: int) -> None:
    need("scipy")
    s = replace(STANDARD, n_fft=n_fft, frame_length=n_fft - 100, hop_length=n_fft // 2, n_mels=32)
    theirs, ours = streamed(peers.NumpyScipyStream, s)
    np.testing.assert_allclose(theirs, ours[: len(theirs)], atol=1e-3)
    np.testing.assert_allclose(peers.NumpyScipyBatch(s).push(noise_and_tones(1.0, 16000)), ours, atol=1e-3)


@pytest.mark.parametrize("n_fft", [512, 400])  # unless told, it fills frames up to the next power of two
def test_kaldi_computes_the_same_but_for_its_taper(n_fft: int) -> None:
    need("kaldi_native_fbank")
    theirs, ours = streamed(peers.KaldiStream, replace(REFERENCE, n_fft=n_fft))
    assert theirs.shape == ours.shape
    np.testing.assert_allclose(theirs, ours, atol=0.1)
    assert np.abs(theirs - ours).mean() < 2e-3


@pytest.mark.parametrize(("n_fft", "n_hops"), [(512, 4), (400, 3)])  # hops until the newest samples fill a frame
def test_librosa_computes_the_same_but_for_its_triangles(n_fft: int, n_hops: int) -> None:
    need("librosa")
    x = noise_and_tones(1.0, 16000)
    # where its triangles are the same
    slaney = replace(STANDARD, mel_scale="slaney", n_mels=40, n_fft=n_fft, frame_length=n_fft)
    batch = peers.LibrosaBatch(slaney).push(x)
    np.testing.assert_allclose(batch, log_mel(x, slaney), atol=1e-3)
    theirs, _ = streamed(peers.LibrosaStream, slaney)
    ours = log_mel(x[n_hops * slaney.hop_length - n_fft :], slaney)
    np.testing.assert_allclose(theirs[n_hops - 1 :], ours[: len(theirs) - n_hops + 1], atol=1e-3)


def test_audioflux_computes_alike() -> None:
    need("audioflux")
    x = noise_and_tones(1.0, 16000)
    s = replace(STANDARD, frame_length=512)
    theirs, ours = peers.AudiofluxBatch(s).push(x), log_mel(x, s)
    assert theirs.shape == ours.shape
    assert np.corrcoef(theirs.ravel(), ours.ravel())[0, 1] > 0.95  # its filters are linear in Hz


def test_candidates_take_turns_and_ratios_are_to_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    order: list[str] = []
    monkeypatch.setattr("streamer.bench.measure.time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def candidate(name: str, cost_s: float, **more: Any) -> Candidate:
        def call() -> None:
            order.append(name)
            clock[0] += cost_s

        return Candidate(name, lambda: call, **more)

    table = compare(
        "title",
        "ms",
        1e3,
        [candidate("a", 0.004), candidate("b", 0.024, per_call=2.0, target=2.0), candidate("c", 0.008, target=2.5)],
        budget_s=0.4,
    )
    a, b, c = table.rows
    assert (a.median, b.median, c.median) == pytest.approx((4.0, 12.0, 8.0))
    assert (a.ratio, b.ratio, c.ratio) == pytest.approx((1.0, 3.0, 2.0))
    assert (a.met, b.met, c.met) == (None, True, False)
    turns = order[9:]  # after three calls each to warm up
    assert turns[:9] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert len(turns) // 3 == math.ceil(0.4 / 0.036)


def test_a_missing_package_or_model_has_a_row_with_a_note() -> None:
    def not_installed() -> Any:
        raise ModuleNotFoundError("No module named 'kaldi_native_fbank'", name="kaldi_native_fbank")

    def no_model() -> Any:
        raise UserError("model=x must be a .tflite file; name one")

    candidates = [
        Candidate("here", lambda: lambda: None),
        Candidate("kaldi", not_installed, target=7.0),
        Candidate("x", no_model),
    ]
    table = compare("title", "µs", 1e6, candidates, 0.0)
    assert table.rows[1].note == f"kaldi_native_fbank not installed: {install_command('bench')}"
    assert table.rows[1].target == 7.0
    assert table.rows[1].met is None
    assert table.rows[2].note == "model=x must be a .tflite file; name one"
    assert compare("none", "µs", 1e6, candidates[1:], 0.0).rows[0].note


def test_rendered_rows() -> None:
    from rich.console import Console

    rows = (
        Row("ours", 0.9, 1.0, 1.1, 1.0),
        Row("fast enough", 9.0, 10.0, 110.0, 10.0, target=7.0),
        Row("too fast", 1.0, 2.0, 3.0, 2.0, target=7.0),
        Row("absent", note="absent not installed", target=7.0),
    )
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(render(Table("live", "µs/hop", rows)))
    lines = [line.split() for line in capture.get().splitlines()]
    assert lines[0] == ["live,", "µs/hop"]
    assert lines[2:] == [
        ["ours", "0.9", "1", "1.1", "×", "1"],
        ["fast", "enough", "9", "10", "110", "×", "10", "≥", "7", "met"],
        ["too", "fast", "1", "2", "3", "×", "2", "≥", "7", "missed"],
        ["absent", "–", "≥", "7", "absent", "not", "installed"],
    ]


def test_machine_line_names_python_and_packages() -> None:
    line = describe_machine()
    assert f"Python {sys.version.split()[0]}" in line
    assert f"numpy {np.__version__}" in line
    assert "\n" not in line


def test_command_gives_a_well_formed_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "ARCHIVE_S", 1.0)
    result = CliRunner().invoke(app, ["bench", "--seconds", "0.01", "--json", "--model", "no-such-model"])
    assert result.exit_code == 0
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["type"] == "bench"
    titles = [table["title"] for table in report["tables"]]
    assert len(titles) == len(set(titles)) >= 13
    for table in report["tables"]:
        for row in table["rows"]:
            measured = row["median"] is not None
            assert measured != bool(row["note"])
            if measured:
                assert 0.0 < row["p10"] <= row["median"] <= row["p90"]
                assert row["ratio"] > 0.0
    assert report["tables"][0]["rows"][0]["ratio"] == 1.0
    assert [row["target"] for row in report["tables"][0]["rows"]] == [None, 7.0, 7.0, 300.0]
    notes = [
        table["rows"][0]["note"] for table in report["tables"] if table["title"].startswith("whole pipeline: 48 kHz")
    ]
    assert "no-such-model" in notes[0]
