"""Labels with too few, too uneven or too closely related files are reported from the counts."""

from streamer.dataset.balance import LabelCount, check_balance, count_labels
from streamer.dataset.checks import Severity
from streamer.dataset.file_stats import FileStats
from tests.support.datasets import synthetic_dataset


def count(label: str, n_files: int = 10, n_groups: int = 10, duration_s: float = 50.0) -> LabelCount:
    return LabelCount(label, n_files, n_groups, 0, duration_s, 0)


def test_only_usable_files_are_counted() -> None:
    dataset = synthetic_dataset([("a", "1"), ("a", "1"), ("a", "2"), ("b", "3")])
    usable = dataset.with_examples(dataset.examples[:2])
    measured = {example.path: FileStats(duration_s=1.5, n_images=30) for example in dataset}
    assert count_labels(dataset, usable, measured) == (
        LabelCount("a", 2, 1, 1, 3.0, 60),
        LabelCount("b", 0, 0, 1, 0.0, 0),
    )


def test_even_labels_have_no_problem() -> None:
    assert list(check_balance([count("a"), count("b", 40, 40, 200.0)])) == []


def found(*counts: LabelCount) -> dict[str, tuple[Severity, str]]:
    return {problem.kind: (problem.severity, problem.text) for problem in check_balance(counts)}


def test_a_label_that_lost_all_its_files_is_an_error() -> None:
    problems = found(count("a"), count("b"), count("c", 0, 0, 0.0))
    assert problems == {
        "label lost": (Severity.ERROR, "no file of c can be used; mend them or remove the folder"),
    }


def test_nothing_or_only_the_background_is_an_error() -> None:
    (problem,) = check_balance([count("none", 9, 9)], ("none", "background"))
    assert "only none is left to learn" in problem.text
    assert problem.severity is Severity.ERROR
    severity, text = found(count("a", 0, 0, 0.0), count("b", 0, 0, 0.0))["too few labels"]
    assert severity is Severity.ERROR
    assert text.startswith("nothing is left to learn")


def test_few_files_and_one_origin_are_warnings() -> None:
    problems = found(count("a", 4, 4, 20.0), count("b", 5, 1, 25.0), count("c"))
    assert set(problems) == {"few files", "one origin"}
    assert problems["few files"][1].startswith("fewer than 5 files of a (4);")
    assert problems["one origin"][1].startswith("all files of b are of one group")


def test_durations_count_if_there_are_any() -> None:
    assert "b has 6 times as much as a" in found(count("a"), count("b", 10, 10, 300.0))["imbalance"][1]
    assert "b has 6 times as much as a" in found(count("a", 10, 10, 0.0), count("b", 60, 60, 0.0))["imbalance"][1]
    assert found(count("a", 60, 60), count("b", 10)) == {}


def test_labels_that_read_the_same_are_reported() -> None:
    problems = found(count("Dog"), count("cat"), count("dog"), count("cafe\u0301"), count("café"))
    assert problems["labels alike"][1].startswith("Dog and dog; cafe\u0301 and café read the same")
