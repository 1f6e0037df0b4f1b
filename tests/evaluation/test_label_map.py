"""A label map picks the scores that count, and unknown labels are named with similar ones."""

from pathlib import Path

import numpy as np
import pytest

from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap, apply_places, check_known, read_label_map
from streamer.model.file import shipped_models_directory

MODEL = (*(f"Sound {i}" for i in range(20)), "Dog", "Bark", "Rain on surface", "Canidae, dogs, wolves")


def test_the_highest_of_the_listed_scores_counts() -> None:
    label_map = LabelMap(model="m", labels={"dog": ("Bark", "Dog"), "rain": ("Rain on surface",)})
    scores = np.linspace(0, 1, len(MODEL), dtype=np.float32)
    assert label_map.names == ("dog", "rain")
    assert apply_places(label_map.places(MODEL), scores).tolist() == [scores[21], scores[22]]


def test_a_map_with_a_label_that_the_model_lacks_is_refused() -> None:
    label_map = LabelMap(model="m", labels={"dog": ("Dog", "Dogs")})
    with pytest.raises(UserError, match=r"label map for m must have labels that m has.*\n  'Dogs': its closest: 'Can"):
        label_map.places(MODEL)


def test_the_shipped_maps_are_valid() -> None:
    paths = sorted(shipped_models_directory().glob("*.labels.toml"))
    assert [path.name for path in paths] == ["yamnet-esc10.labels.toml", "yamnet-esc50.labels.toml"]
    label_map = read_label_map("yamnet-esc10")
    assert label_map.model == "YAMNet"
    assert set(label_map.names) > {"dog", "rain", "speech"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('model = "m"\n', "labels"),
        ('model = "m"\n[labels]\n', "labels"),
        ('model = "m"\n[labels]\ndog = []\n', r"labels\.dog"),
        ('model = "m"\n[labels]\n" dog" = ["Dog"]\n', "printable characters"),
        ("model = ", "not valid TOML"),
    ],
)
def test_invalid_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"my\.toml: .*{message}"):
        read_label_map(path)


def test_an_unknown_map_is_refused() -> None:
    with pytest.raises(UserError, match=r"label_map=nowhere must be a file or a shipped map; shipped: yamnet-esc10"):
        read_label_map("nowhere")


def test_unknown_labels_are_listed_with_similar_ones() -> None:
    with pytest.raises(UserError) as raised:
        check_known(("dog", "Bark", "rain", "bark_s", "xyz"), MODEL, "m", "data=d")
    assert str(raised.value).splitlines()[1:] == [
        "  'rain': its closest: 'Rain on surface'",
        "  'bark_s': its closest: 'Bark'",
        "  'xyz': none is like it",
    ]


def test_the_labels_of_a_model_with_few_are_listed_once() -> None:
    check_known(("a", "b"), ("a", "b", "c"), "m", "data=d")
    with pytest.raises(UserError, match=r"data=d must have.*\n  'd'\n  'e'\nits labels: 'a', 'b', 'c'$"):
        check_known(("d", "a", "e"), ("a", "b", "c"), "m", "data=d")


def test_a_long_list_is_cut_and_a_shipped_map_is_offered() -> None:
    with pytest.raises(UserError, match=r"shipped for it: yamnet-esc10, yamnet-esc50\)(.|\n)*\n  and 5 more$"):
        check_known([f"{i}{i}" for i in range(25)], MODEL, "YAMNet", "data=d")
