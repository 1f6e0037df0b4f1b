"""Tables of an evaluation show the right numbers and fit a terminal; names are abbreviated without clashes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from streamer.evaluation.metrics import Evaluation, evaluate_scores
from streamer.evaluation.tables import abbreviate, confusion_table, label_table, markdown_table, others_line, per_cent

ESC10 = ["chainsaw", "clock_tick", "crackling_fire", "crying_baby", "dog", "sea_waves"]
LABELS = tuple(f"{word}_{thing}" for word in ("singing", "crackling", "faraway") for thing in "abcd")


def shown(renderable: RenderableType, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(renderable)
    return [line.rstrip() for line in capture.get().splitlines()]


def evaluated(n_labels: int = 3, others: tuple[str, ...] = (), wrong: int = 1) -> Evaluation:
    """Four clips of each label, the first ``wrong`` of each label taken for the next column."""
    n_columns = n_labels + len(others)
    truths = np.repeat(np.arange(n_labels), 4)
    guesses = np.where(np.tile(np.arange(4) < wrong, n_labels), (truths + 1) % n_columns, truths)
    return evaluate_scores(LABELS[:n_labels], truths, np.eye(n_columns, dtype=np.float32)[guesses], others)


def test_a_confusion_matrix_as_markdown() -> None:
    counts = np.array([[3, 1, 0], [0, 0, 0], [0, 2, 5]])
    assert markdown_table(counts, ("a", "b", "c"), "heard").splitlines() == [
        "| true \\ heard | a | b | c |",
        "|---|---|---|---|",
        "| a | 3 | 1 | · |",
        "| c | · | 2 | 5 |",
    ]
    assert markdown_table(counts, ("a", "b", "c"), per_cent_of="windows").splitlines() == [
        "| true \\ found | a | b | c | windows |",
        "|---|---|---|---|---|",
        "| a | 75.0 | 25.0 | · | 4 |",
        "| c | · | 28.6 | 71.4 | 7 |",
    ]


def test_markdown_shows_the_last_column_where_something_is_in_it() -> None:
    assert "other" not in markdown_table(np.array([[3, 0, 0], [1, 2, 0]]), ("a", "b"))
    assert markdown_table(np.array([[3, 0, 0], [1, 2, 1]]), ("a", "b|c")).splitlines()[0::3] == [
        "| true \\ found | a | b\\|c | other |",
        "| b\\|c | 1 | 2 | 1 |",
    ]


@pytest.mark.parametrize("n_labels", [2, 12])
@pytest.mark.parametrize("width", [80, 120])
def test_the_confusion_matrix_fits_a_terminal(n_labels: int, width: int) -> None:
    evaluation = evaluated(n_labels, ("speech",))
    lines = shown(confusion_table(evaluation, width), width)
    assert len(lines) == 1 + n_labels
    assert max(map(len, lines)) <= width
    assert len(set(lines[0].split()[3:])) == n_labels + 1  # after "true \ found"
    for i, line in enumerate(lines[1:]):
        counts = [0 if cell == "·" else int(cell) for cell in line.split()[1:]]
        assert counts == evaluation.counts[i].tolist()


def test_a_matrix_without_others_has_no_column_for_them() -> None:
    assert "other" not in shown(confusion_table(evaluated(), 80), 80)[0]


def test_too_many_labels_for_a_matrix() -> None:
    labels = tuple(f"kind {i}" for i in range(40))
    truths = np.repeat(np.arange(40), 3)
    guesses = truths.copy()
    guesses[:2] = 7, 7
    guesses[5] = 0
    evaluation = evaluate_scores(labels, truths, np.eye(40, dtype=np.float32)[guesses])
    lines = [line.split() for line in shown(confusion_table(evaluation, 80), 80)]
    assert lines[1:] == [["kind", "0", "kind", "7", "2", "of", "3"], ["kind", "1", "kind", "0", "1", "of", "3"]]
    assert len(shown(confusion_table(evaluation, 200), 200)) == 41


def test_labels_are_no_markup() -> None:
    evaluation = evaluate_scores(("[red]", ":dog:"), np.array([0, 1]), np.eye(2, dtype=np.float32))
    for table in (confusion_table(evaluation, 80), label_table(evaluation, 80)):
        lines = shown(table, 80)
        assert [line.split()[0] for line in lines[1:]] == ["[red]", ":dog:"]
    assert shown(confusion_table(evaluation, 80), 80)[0].split()[-2:] == ["[red]", ":dog:"]


def test_figures_of_each_label() -> None:
    lines = shown(label_table(evaluated(2, ("speech",)), 60), 60)
    assert lines[0].split() == ["label", "precision", "recall", "F1", "clips"]
    assert lines[1].split() == ["singing_a", "1.000", "0.750", "0.857", "4"]
    assert lines[2].split() == ["singing_b", "0.750", "0.750", "0.750", "4"]


def test_other_labels_found_are_listed_with_their_counts() -> None:
    assert others_line(evaluated()) == ""
    assert others_line(evaluated(1, ("speech",), wrong=2)) == "other: speech 2"
    scores = np.eye(8, dtype=np.float32)[[1, 2, 3, 4, 5, 6, 7, 7]]
    many = evaluate_scores(("a",), np.zeros(8, int), scores, tuple("bcdefgh"))
    assert others_line(many) == "other: h 2, b 1, c 1, d 1, e 1, 2 more"


def test_a_share_in_per_cent() -> None:
    assert per_cent(0.9625) == "96.2 %"
    assert per_cent(float("nan")) == "–"


def test_abbreviated_words_share_the_width() -> None:
    assert abbreviate(ESC10, 5) == ["chain", "cloti", "crafi", "cryba", "dog", "seawa"]
    assert abbreviate(ESC10, 3) == ["cha", "clt", "crf", "crb", "dog", "sew"]
    assert abbreviate(["class_1", "class_2", "class_12"], 4) == ["cla1", "cla2", "cl12"]


def test_names_that_fit_are_not_abbreviated() -> None:
    assert abbreviate(ESC10, 14) == ESC10


def test_names_with_the_same_beginning_stay_different() -> None:
    assert abbreviate(["waterfall", "watering", "watermelon"], 4) == ["wate", "watg", "watn"]
    assert len(set(abbreviate(["aaaa"] * 3, 2))) == 3


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=30), st.integers(2, 8))
def test_abbreviations_are_short_and_differ_from_each_other(names: list[str], width: int) -> None:
    short = abbreviate(names, width)
    assert len(set(short)) == len(names)
    assert all(0 < len(text) <= width for text in short)
