"""A property of the files that gives a label away is found, and chance is not taken for one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamer.dataset.checks import Problem, Severity
from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import FileStats
from streamer.dataset.leakage import check_leakage
from streamer.messages import TaskName
from tests.support.datasets import synthetic_dataset


def found(dataset: Dataset, stats: list[FileStats]) -> list[Problem]:
    return list(check_leakage(dataset, {example.path: of for example, of in zip(dataset, stats, strict=True)}))


def dataset_of(labels: str, n_files: int, task: TaskName = "sound", suffix: str = ".wav") -> Dataset:
    examples = [
        Example(Path(f"data/{label}/{i:03d}{suffix}"), label, f"{label}{i}") for label in labels for i in range(n_files)
    ]
    return Dataset(Path("data"), task, tuple(examples))


def plain(n: int, rng: np.random.Generator) -> list[FileStats]:
    """Return measurements that have nothing to do with labels."""
    return [
        FileStats(sample_rate=16000, n_channels=1, duration_s=d, level=v)
        for d, v in zip(rng.uniform(1, 5, n), rng.normal(-30, 5, n), strict=True)
    ]


@pytest.mark.parametrize(("n_labels", "n_files"), [(2, 5), (2, 40), (10, 5), (10, 32)])
def test_files_recorded_in_the_same_way_give_no_label_away(n_labels: int, n_files: int) -> None:
    rng = np.random.default_rng(0)
    dataset = dataset_of("abcdefghij"[:n_labels], n_files)
    alarms = [problem for _ in range(50) for problem in found(dataset, plain(len(dataset), rng))]
    assert len(alarms) <= 2  # the tests allow one in a hundred of each of two measured properties


@pytest.mark.parametrize("n_files", [3, 5, 40])
def test_a_sample_rate_of_its_own_gives_a_label_away(n_files: int) -> None:
    dataset = dataset_of("ab", n_files)
    stats = plain(len(dataset), np.random.default_rng(1))
    stats[:n_files] = [replace(of, sample_rate=8000) for of in stats[:n_files]]
    (problem,) = found(dataset, stats)
    assert (problem.kind, problem.severity) == ("leakage", Severity.WARNING)
    assert problem.text.startswith("sample rate alone tells the labels apart (a 8000 Hz, b 16000 Hz); a model would")


def test_the_label_given_away_is_listed_first() -> None:
    dataset = dataset_of("abcdefghij", 20)
    stats = plain(len(dataset), np.random.default_rng(2))
    stats[60:80] = [replace(of, n_channels=2) for of in stats[60:80]]
    (problem,) = found(dataset, stats)
    assert problem.text.startswith("number of channels alone tells 9 of 45 pairs of labels apart (d 2, a 1, b 1, ")


def test_two_sample_rates_of_five_labels_each_are_found() -> None:
    dataset = dataset_of("abcdefghij", 10)
    rates = [
        replace(of, sample_rate=8000 if i < 50 else 44100) for i, of in enumerate(plain(100, np.random.default_rng(3)))
    ]
    (problem,) = found(dataset, rates)
    assert "sample rate alone tells 25 of 45 pairs" in problem.text


def test_a_few_odd_files_give_no_label_away() -> None:
    dataset = dataset_of("ab", 40)
    stats = plain(80, np.random.default_rng(4))
    stats[:8] = [replace(of, sample_rate=8000) for of in stats[:8]]
    assert found(dataset, stats) == []


@pytest.mark.parametrize(("n_files", "is_reported"), [(3, False), (5, True), (40, True)])
def test_durations_that_do_not_overlap_are_reported_if_there_are_enough(n_files: int, is_reported: bool) -> None:
    dataset = dataset_of("ab", n_files)
    rng = np.random.default_rng(5)
    stats = plain(2 * n_files, rng)
    lengths = [*rng.uniform(1, 2, n_files), *rng.uniform(3, 4, n_files)]
    stats = [replace(of, duration_s=length) for of, length in zip(stats, lengths, strict=True)]
    problems = found(dataset, stats)
    assert [problem.text.startswith("duration alone tells the labels apart (a 1.") for problem in problems] == [
        True
    ] * is_reported


def test_one_length_for_all_of_a_label_is_reported_though_others_lie_around_it() -> None:
    dataset = dataset_of("ab", 40)
    stats = plain(80, np.random.default_rng(8))
    stats = [replace(of, duration_s=3.0) if i < 40 else of for i, of in enumerate(stats)]
    (problem,) = found(dataset, stats)
    assert problem.text.startswith("duration alone tells the labels apart (a 3 s, b ")


def test_a_level_that_may_be_natural_is_a_note() -> None:
    dataset = dataset_of("ab", 40)
    stats = plain(80, np.random.default_rng(6))
    stats = [replace(of, level=of.level - 60 * (i < 40)) for i, of in enumerate(stats)]
    (problem,) = found(dataset, stats)
    assert problem.severity is Severity.NOTE
    assert "level alone tells the labels apart" in problem.text


def test_files_of_one_origin_count_once() -> None:
    """Two sessions of each label, each with its own rate: nothing is known of a third."""
    dataset = synthetic_dataset([(label, f"{label}{i % 2}") for label in "ab" for i in range(20)])
    rate = {"a0": 8000, "a1": 11025, "b0": 16000, "b1": 22050}
    stats = [
        FileStats(sample_rate=rate[example.group], n_channels=1, duration_s=1.0, level=-20.0) for example in dataset
    ]
    assert found(dataset, stats) == []


@pytest.mark.parametrize(
    ("task", "change", "words"),
    [
        ("pattern", {"width": 640, "height": 480}, "image size alone tells the labels apart (a 640×480, b 0×0)"),
        ("motion", {"fps": 29.97}, "image rate alone tells the labels apart (a 30 images/s, b 0 images/s)"),
        ("motion", {"level": 0.9}, "brightness alone tells the labels apart (a 0.90, b 0.00)"),
    ],
)
def test_pictures_and_videos_have_properties_of_their_own(task: TaskName, change: dict[str, float], words: str) -> None:
    dataset = dataset_of("ab", 20, task)
    stats = [FileStats(**change) if i < 20 else FileStats() for i in range(40)]  # type: ignore[arg-type]
    (problem,) = found(dataset, stats)
    assert problem.text.startswith(words)


def test_sizes_that_are_never_the_same_are_compared_by_their_area() -> None:
    dataset = dataset_of("ab", 20, "pattern")
    stats = [FileStats(width=(300 if i < 20 else 900) + i, height=200 + i) for i in range(40)]
    (problem,) = found(dataset, stats)
    assert problem.text.startswith("image size alone tells the labels apart (a 0.065 MP, b 0.21 MP)")


def test_the_file_type_gives_a_label_away() -> None:
    dataset = dataset_of("a", 10).with_examples([*dataset_of("a", 10), *dataset_of("b", 10, suffix=".mp3")])
    (problem,) = found(dataset, plain(20, np.random.default_rng(7)))
    assert problem.text.startswith("file type alone tells the labels apart (a .wav, b .mp3)")
