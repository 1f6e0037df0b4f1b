from pathlib import Path

import pytest

from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.model.file import ModelFile, find_model, read_model_file
from streamer.offline.files import file_kind, models_for_kinds
from streamer.tasks.base import FileKind


@pytest.mark.parametrize(
    ("name", "tasks", "kind"),
    [
        ("a.WAV", [], "sound"),
        ("a.png", ["sound"], "picture"),
        ("a.mp4", ["sound"], "video"),
        ("a.unknown", [], "sound"),
        ("a.unknown", ["motion"], "video"),
        ("a.unknown", ["pattern", "sound"], "picture"),
        ("a.flac", ["motion"], "sound"),
    ],
)
def test_the_suffix_gives_the_kind(name: str, tasks: list[TaskName], kind: FileKind) -> None:
    assert file_kind(Path(name), tasks) == kind


def shipped(*names: str) -> list[ModelFile]:
    return [read_model_file(find_model(name)) for name in names]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ([], {"sound": ["ambient"], "picture": ["pattern"], "video": ["motion"]}),
        (
            ["pattern", "motion", "ambient"],
            {"sound": ["ambient"], "picture": ["pattern"], "video": ["pattern", "motion"]},
        ),
        (["motion"], {"picture": ["motion"], "video": ["motion"]}),  # the only one: a picture then gets no label
        (["ambient"], {"sound": ["ambient"], "picture": ["ambient"]}),  # refused by the pipeline, with the reason
    ],
)
def test_each_kind_of_file_gets_the_models_that_take_it(named: list[str], expected: dict[FileKind, list[str]]) -> None:
    models = models_for_kinds(list(expected), shipped(*named))
    assert {kind: [model.spec.name for model in several] for kind, several in models.items()} == expected


def test_a_named_model_that_takes_none_of_the_files_is_refused() -> None:
    with pytest.raises(UserError, match="model=pattern must have picture or video files to classify; none of these"):
        models_for_kinds(["sound"], shipped("ambient", "pattern"))
