from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streamer.build import build_pipeline
from streamer.config import Config
from streamer.errors import UserError
from streamer.messages import Chunk, Scores
from streamer.model.file import ModelFile, read_model_file
from streamer.offline.pool import Pool
from streamer.sources.sound.file import read_blocks
from streamer.sources.sound.recording import SoundRecording
from streamer.tasks.base import FileKind
from tests.support.bands import scene, write_model, write_sound


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return replace(read_model_file(write_model(tmp_path / "bands.tflite")), trusted=True)


def test_a_whole_file_gives_what_a_live_stream_gives(tmp_path: Path, model: ModelFile) -> None:
    path = write_sound(tmp_path / "scene.wav", scene())
    pipeline = build_pipeline("live", [model], Config(), "sound")
    sound_format, blocks = read_blocks(path, 0.064)
    pipeline.begin(sound_format)
    messages: list[Any] = []
    for i, block in enumerate(blocks):
        messages += pipeline.step(Chunk(block, 1024 * i, 0, 0.0)).messages
    live = [message for message in [*messages, *pipeline.finish()] if isinstance(message, Scores)]
    ((result,),) = Pool({"sound": [model]}, Config(), ["sound"], 1).classify([path])
    assert [scores.start_s for scores in result.scores] == [scores.start_s for scores in live]
    assert np.array_equal([scores.values for scores in result.scores], [scores.values for scores in live])
    assert [event.label for event in result.events] == ["low", "high"]
    assert result.duration_s == 6.0


def test_results_come_in_order_and_bad_files_with_their_error(tmp_path: Path, model: ModelFile) -> None:
    paths = [write_sound(tmp_path / f"{i}.wav", scene()[: 16000 * (i + 1)]) for i in range(5)]
    paths[2].write_text("no sound")
    results = [result for (result,) in Pool({"sound": [model]}, Config(), ["sound"], 3).classify(paths)]
    assert [result.path for result in results] == paths
    assert [round(result.duration_s) for result in results] == [1, 2, 0, 4, 5]
    assert [result.error is None for result in results] == [True, True, False, True, True]
    assert "must be a sound file" in str(results[2].error)


def test_pipelines_are_made_as_asked(model: ModelFile) -> None:
    made = []

    def make(kind: FileKind, models: Sequence[ModelFile]) -> Any:
        made.append((kind, *(model.trusted for model in models)))
        return build_pipeline("mine", models, Config(), "sound")

    Pool({"sound": [replace(model, trusted=False)]}, Config(), ["sound"], 3, make)
    assert made == [("sound", True)] * 3


@pytest.mark.parametrize(
    "failure",
    [
        ZeroDivisionError("division"),
        MemoryError(),
        RecursionError("deep"),
        SystemExit(3),
        UnicodeEncodeError("utf-8", "\udce9", 0, 1, "surrogates not allowed"),
    ],
)
def test_no_exception_of_one_file_touches_another(
    tmp_path: Path, model: ModelFile, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    paths = [write_sound(tmp_path / f"{name}.wav", scene()) for name in ("a", "bad\x1b[2J", "c")]
    chunks = SoundRecording.chunks

    def breaks(recording: SoundRecording, block_s: float) -> Iterator[Chunk]:
        for chunk in chunks(recording, 1.0):
            yield chunk
            if "bad" in recording.sound_format.device:
                raise failure

    monkeypatch.setattr(SoundRecording, "chunks", breaks)
    first, bad, last = (result for (result,) in Pool({"sound": [model]}, Config(), ["sound"], 1).classify(paths))
    assert bad.error is not None
    assert type(failure).__name__ in bad.error
    assert bad.error.isprintable()
    for result in (first, last):  # the pipeline that the failure left is as new
        assert result.error is None
        assert [event.label for event in result.events] == ["low", "high"]
        assert [scores.values.tolist() for scores in result.scores] == [s.values.tolist() for s in first.scores]


def test_a_kind_that_no_model_takes_is_refused_and_the_others_go_on(tmp_path: Path, model: ModelFile) -> None:
    paths = [write_sound(tmp_path / "a.wav", scene()), tmp_path / "b.png"]
    sound, picture = (
        result for (result,) in Pool({"sound": [model], "picture": [model]}, Config(), ["sound"], 1).classify(paths)
    )
    assert sound.error is None
    assert picture.error is not None
    assert "must be a pattern or motion model" in picture.error
    with pytest.raises(UserError, match="must be a pattern or motion model"):
        Pool({"picture": [model]}, Config(), ["sound"], 1)
