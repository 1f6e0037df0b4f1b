"""Scores of small models against numpy, and models that do not fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streamer.arrays import Float32
from streamer.config import RuntimeName
from streamer.errors import StreamerError, UserError
from streamer.model.classifier import Classifier
from streamer.model.file import ModelFile, read_model_file
from streamer.model.runtime import find_runtime
from streamer.model.spec import ModelSpec
from tests.support.installed_runtimes import RUNTIMES
from tests.support.paths import SHARED
from tests.support.tiny_models import FLOAT, Coding, Graph, linear_model, log_mel_spec, waveform_spec

LABELS = ("a", "b", "c")
RNG = np.random.default_rng(2)
WEIGHTS = RNG.uniform(0.0, 0.125, (3, 8)).astype(np.float32)  # inputs in 0…1 give scores in 0…1


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> RuntimeName:
    """Each runtime that is to be tested."""
    return find_runtime(request.param).name


def model(flatbuffer: bytes, spec: ModelSpec, labels: tuple[str, ...] = LABELS) -> ModelFile:
    return ModelFile(Path("x.tflite"), spec, labels, flatbuffer, trusted=True)


def test_float_scores_are_those_of_numpy(runtime: RuntimeName) -> None:
    classifier = Classifier(model(linear_model(WEIGHTS, (1, 4, 2)), log_mel_spec(4, 2)), runtime)
    assert classifier.labels == LABELS
    for _ in range(5):
        rows = RNG.uniform(0, 1, (4, 2)).astype(np.float32)
        scores = classifier.classify(rows)
        assert scores.dtype == np.float32
        assert scores.shape == (3,)
        np.testing.assert_allclose(scores, WEIGHTS @ rows.ravel(), atol=1e-6)


def test_scores_and_rows_belong_to_the_caller(runtime: RuntimeName) -> None:
    spec = log_mel_spec(4, 2, normalisation={"mean": 0.5, "std": 2.0}, activation="sigmoid")
    classifier = Classifier(model(linear_model(WEIGHTS, (1, 4, 2)), spec), runtime)
    rows = RNG.uniform(0, 1, (4, 2)).astype(np.float32)
    rows.flags.writeable = False
    first = classifier.classify(rows)
    kept = first.copy()
    classifier.classify(np.zeros((4, 2), np.float32))
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(classifier.classify(rows), kept)


@pytest.mark.parametrize(
    ("dtype", "zero_point"), [(np.int8, -128), (np.int8, 3), (np.uint8, 0), (np.uint8, 200), (np.int16, 0)]
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(x=arrays(np.float32, 4, elements=st.floats(-4, 4, width=32)))
def test_quantised_tensors_round_and_clip(runtime: RuntimeName, dtype: Any, zero_point: int, x: Float32) -> None:
    # The model halves its input, and an output step is half an input step: q goes through unchanged.
    step = 1 / 16384 if dtype is np.int16 else 1 / 128
    source, sink = Coding(dtype, step * 2, zero_point), Coding(dtype, step, zero_point)
    flatbuffer = linear_model(np.eye(4, dtype=np.float32) * np.float32(0.5), (1, 4), source, sink)
    classifier = Classifier(model(flatbuffer, waveform_spec(4), ("a", "b", "c", "d")), runtime)
    through = sink.real(source.quantised(x))  # exact: steps are powers of two
    if through.min() < -0.02 or through.max() > 1.02:
        with pytest.raises(StreamerError, match="scores from 0 to 1"):
            classifier.classify(x)
    else:
        np.testing.assert_array_equal(classifier.classify(x), np.clip(through, 0, 1).astype(np.float32))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_quantised_scores_are_near_those_of_numpy(runtime: RuntimeName, dtype: Any) -> None:
    low = np.iinfo(dtype).min
    source, sink = Coding(dtype, 1 / 255, low), Coding(dtype, 1 / 255, low)
    flatbuffer = linear_model(WEIGHTS, (1, 8), source, sink)
    classifier = Classifier(model(flatbuffer, waveform_spec(8)), runtime)
    for _ in range(20):
        rows = RNG.uniform(0, 1, 8).astype(np.float32)
        # 8 weights off by up to 1/256, 8 inputs by 1/510 (weighted 0.125), one output by 1/255
        bound = 8 / 256 + 8 * 0.125 / 510 + 1 / 255
        np.testing.assert_allclose(classifier.classify(rows), WEIGHTS @ rows, atol=bound)


def test_normalisation_is_applied_before_the_model(runtime: RuntimeName) -> None:
    spec = log_mel_spec(4, 2, normalisation={"mean": -3.0, "std": 4.0})
    classifier = Classifier(model(linear_model(WEIGHTS, (1, 4, 2)), spec), runtime)
    rows = RNG.uniform(-3, 1, (4, 2)).astype(np.float32)
    expected = WEIGHTS.astype(np.float64) @ ((rows.ravel() + 3.0) / 4.0)
    np.testing.assert_allclose(classifier.classify(rows), expected, atol=1e-6)


@pytest.mark.parametrize("gain", [0.0, 1.0, 1000.0])
def test_activations(runtime: RuntimeName, gain: float) -> None:
    weights = RNG.uniform(-1, 1, (3, 8)).astype(np.float32) * np.float32(gain)
    rows = RNG.uniform(-1, 1, 8).astype(np.float32)
    logits = weights.astype(np.float64) @ rows
    powers = np.exp(logits - logits.max())
    flatbuffer = linear_model(weights, (1, 8))
    softmax = Classifier(model(flatbuffer, waveform_spec(8, activation="softmax")), runtime)
    np.testing.assert_allclose(softmax.classify(rows), powers / powers.sum(), atol=1e-3 if gain > 1 else 1e-6)
    sigmoid = Classifier(model(flatbuffer, waveform_spec(8, activation="sigmoid")), runtime)
    expected = 0.5 * (1 + np.tanh(logits / 2))
    np.testing.assert_allclose(sigmoid.classify(rows), expected, atol=1e-3 if gain > 1 else 1e-6)


@pytest.mark.parametrize(
    ("shape", "signature"),
    [
        ((4, 2), None),
        ((1, 4, 2), None),
        ((1, 4, 2, 1), None),
        ((1, 1, 4, 2), None),
        ((1, 1, 2), (-1, -1, 2)),
        ((1, 4, 2), (-1, 4, 2)),
        ((1, 1, 1, 1), (-1, -1, -1, -1)),
    ],
)
def test_input_shapes_that_hold_the_window_are_accepted(
    runtime: RuntimeName, shape: tuple[int, ...], signature: tuple[int, ...] | None
) -> None:
    classifier = Classifier(model(linear_model(WEIGHTS, shape, signature=signature), log_mel_spec(4, 2)), runtime)
    rows = RNG.uniform(0, 1, (4, 2)).astype(np.float32)
    np.testing.assert_allclose(classifier.classify(rows), WEIGHTS @ rows.ravel(), atol=1e-6)


@pytest.mark.parametrize(("shape", "signature"), [((8,), None), ((1, 8), None), ((1,), (-1,))])
def test_waveforms_are_accepted(
    runtime: RuntimeName, shape: tuple[int, ...], signature: tuple[int, ...] | None
) -> None:
    classifier = Classifier(model(linear_model(WEIGHTS, shape, signature=signature), waveform_spec(8)), runtime)
    rows = RNG.uniform(0, 1, (8, 1)).astype(np.float32)
    expected = WEIGHTS @ rows[:, 0]
    np.testing.assert_allclose(classifier.classify(rows), expected, atol=1e-6)
    np.testing.assert_allclose(classifier.classify(rows[:, 0]), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 2, 4), (1, 8), (1, 4, 2, 2), (1, 3, 2)])
def test_input_shapes_that_do_not_hold_the_window_are_refused(runtime: RuntimeName, shape: tuple[int, ...]) -> None:
    weights = np.ones((3, int(np.prod(shape))), np.float32)
    with pytest.raises(UserError, match=r"input \(1, .*\) does not fit the front end's window \(4, 2\)"):
        Classifier(model(linear_model(weights, shape), log_mel_spec(4, 2)), runtime)


def test_labels_must_be_as_many_as_scores(runtime: RuntimeName) -> None:
    with pytest.raises(UserError, match=r"0 of the outputs \(1, 3\) fit its 4 labels"):
        Classifier(model(linear_model(WEIGHTS, (1, 8)), waveform_spec(8), (*LABELS, "d")), runtime)


def two_outputs(n_first: int, n_second: int) -> bytes:
    graph = Graph()
    given_ = graph.tensor((1, 8))
    outputs = []
    for n, weight in ((n_first, 0.0), (n_second, 0.125)):
        matrix = graph.tensor((n, 8), data=np.full((n, 8), weight, np.float32))
        bias = graph.tensor((n,), data=np.zeros(n, np.float32))
        outputs.append(graph.tensor((1, n)))
        graph.fully_connected([given_, matrix, bias], outputs[-1])
    return graph.flatbuffer([given_], outputs)


def test_of_several_outputs_the_one_with_a_score_per_label_is_used(runtime: RuntimeName) -> None:
    classifier = Classifier(model(two_outputs(5, 3), waveform_spec(8)), runtime)
    np.testing.assert_allclose(classifier.classify(np.ones(8, np.float32)), np.ones(3))
    with pytest.raises(UserError, match=r"2 of the outputs \(1, 3\), \(1, 3\) fit"):
        Classifier(model(two_outputs(3, 3), waveform_spec(8)), runtime)


def odd_model(kind: str) -> bytes:
    graph = Graph()
    first = graph.tensor((1, 8), {"int32": Coding(np.int32), "no scale": Coding(np.int8)}.get(kind, FLOAT))
    second = graph.tensor((1, 8))
    result = graph.tensor((1, 3))
    if kind == "two inputs":
        bias = graph.tensor((3,), data=np.zeros(3, np.float32))
        matrix = graph.tensor((3, 8), data=WEIGHTS)
        graph.fully_connected([first, matrix, bias], result)
        return graph.flatbuffer([first, second], [result])
    if kind == "custom operator":
        graph.custom("FlexUnheard\x1b[2J", [first], result)
        return graph.flatbuffer([first], [result])
    passed = graph.tensor((1, 3), data=np.zeros(3, np.float32))
    return graph.flatbuffer([first], [passed])


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("two inputs", "it has 2 inputs; one is known"),
        ("custom operator", "FlexUnheard\\?\\[2J|Select TensorFlow op"),
        ("int32", "an input of type int32; float32, int8, uint8 and int16 are known"),
        ("no scale", "an input of type int8 without one scale and zero point"),
    ],
)
def test_models_that_cannot_be_run_are_refused(
    runtime: RuntimeName, capfd: pytest.CaptureFixture[str], kind: str, message: str
) -> None:
    with pytest.raises(UserError, match=rf"^model=x\.tflite must load into .* \d.*({message})"):
        Classifier(model(odd_model(kind), waveform_spec(8)), runtime)
    assert capfd.readouterr() == ("", "")


def test_outputs_that_are_not_scores_raise(runtime: RuntimeName) -> None:
    classifier = Classifier(model(linear_model(WEIGHTS, (1, 8)), waveform_spec(8)), runtime)
    for value in (100.0, -100.0, np.inf):
        with pytest.raises(StreamerError, match=r'from 0 to 1, not .* set activation = "softmax"'):
            classifier.classify(np.full(8, value, np.float32))
    np.testing.assert_allclose(classifier.classify(np.zeros(8, np.float32)), np.zeros(3))  # and it goes on


@pytest.mark.parametrize("coding", [FLOAT, Coding(np.int8, 1 / 255, -128)])
def test_one_nan_among_the_rows_raises(runtime: RuntimeName, coding: Coding) -> None:
    classifier = Classifier(model(linear_model(WEIGHTS, (1, 8), coding, coding), waveform_spec(8)), runtime)
    rows = np.zeros(8, np.float32)
    rows[3] = np.nan
    with pytest.raises(StreamerError, match="must be given numbers, not NaN"):
        classifier.classify(rows)


def test_nothing_is_printed(runtime: RuntimeName, capfd: pytest.CaptureFixture[str]) -> None:
    classifier = Classifier(model(linear_model(WEIGHTS, (1, 8)), waveform_spec(8)), runtime, n_threads=2)
    classifier.classify(np.zeros(8, np.float32))
    assert capfd.readouterr() == ("", "")


def test_an_untrusted_model_is_not_loaded(runtime: RuntimeName) -> None:
    untrusted = replace(model(linear_model(WEIGHTS, (1, 8)), waveform_spec(8)), trusted=False)
    with pytest.raises(ValueError, match="must be trusted"):
        Classifier(untrusted, runtime)


@pytest.mark.skipif(
    not (SHARED / "models/yamnet.tflite").is_file(), reason=f"no models/yamnet.tflite in STREAMER_SHARED={SHARED}"
)
def test_yamnet_recognises_a_dog(runtime: RuntimeName) -> None:
    import soundfile
    import soxr

    yamnet = read_model_file(SHARED / "models/yamnet.tflite")
    assert yamnet.trusted
    assert yamnet.spec.name == "YAMNet"
    assert len(yamnet.labels) == 521
    classifier = Classifier(yamnet, runtime)
    clip = sorted((SHARED / "data/esc10/dog").iterdir())[0]
    samples, sample_rate = soundfile.read(clip, dtype="float32", always_2d=True)
    samples_16k = soxr.resample(samples.mean(axis=1), sample_rate, yamnet.spec.sample_rate)
    n, stride = yamnet.spec.window.n_frames, yamnet.spec.window.stride
    windows = [samples_16k[i : i + n] for i in range(0, len(samples_16k) - n + 1, stride)]
    loudest = max(windows, key=lambda window: float(np.square(window).sum()))
    scores = classifier.classify(loudest)
    top = {classifier.labels[i] for i in np.argsort(-scores)[:3]}
    assert top & {"Dog", "Animal", "Bark"}
