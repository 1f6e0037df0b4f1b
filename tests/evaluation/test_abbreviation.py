from hypothesis import given
from hypothesis import strategies as st

from streamer.evaluation.tables import abbreviate

ESC10 = ["chainsaw", "clock_tick", "crackling_fire", "crying_baby", "dog", "sea_waves"]


def test_words_share_the_width() -> None:
    assert abbreviate(ESC10, 5) == ["chain", "cloti", "crafi", "cryba", "dog", "seawa"]
    assert abbreviate(ESC10, 3) == ["cha", "clt", "crf", "crb", "dog", "sew"]
    assert abbreviate(["class_1", "class_2", "class_12"], 4) == ["cla1", "cla2", "cl12"]


def test_what_fits_stays() -> None:
    assert abbreviate(ESC10, 14) == ESC10


def test_names_of_one_beginning_are_told_apart() -> None:
    assert abbreviate(["waterfall", "watering", "watermelon"], 4) == ["wate", "watg", "watn"]
    assert len(set(abbreviate(["aaaa"] * 3, 2))) == 3


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=30), st.integers(2, 8))
def test_short_and_unlike_each_other(names: list[str], width: int) -> None:
    short = abbreviate(names, width)
    assert len(set(short)) == len(names)
    assert all(0 < len(text) <= width for text in short)
