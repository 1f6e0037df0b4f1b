"""Each fault of a file is reported with what to do, and decides whether the file is used."""

from dataclasses import replace

import pytest

from streamer.dataset.checks import Severity, check_files
from streamer.dataset.file_stats import FileStats
from streamer.messages import TaskName
from tests.support.datasets import synthetic_dataset

SOUND = FileStats(duration_s=2.0, n_samples=16000, n_channels=1, sample_rate=8000, level=-20.0, peak=0.5)
VIDEO = FileStats(duration_s=4.0, n_images=100, n_images_read=100, width=64, height=48, fps=25.0, level=0.5)
PICTURE = FileStats(n_images=1, n_images_read=1, width=64, height=48, level=0.5)


@pytest.mark.parametrize(
    ("task", "stats", "kind", "is_used", "text", "reason"),
    [
        ("sound", FileStats(fault="must be a sound file"), "unreadable", False, "1 sound file left out", "must be a"),
        ("sound", replace(SOUND, duration_s=0.0004, n_samples=3), "too short", False, "below 50 ms", "3 samples"),
        ("sound", replace(SOUND, is_blank=True), "silent", False, "below -70 dBFS throughout, left out", ""),
        ("sound", replace(SOUND, n_invalid=7), "no numbers", True, "taken as 0", "7 of 16000 samples"),
        ("sound", replace(SOUND, clipped_share=0.02), "clipped", True, "record at a lower gain", "2.0 %"),
        ("sound", replace(SOUND, duration_s=1.0), "shorter than a window", True, "the 1.3 s that the model", "1 s"),
        ("motion", FileStats(fault="must be a video"), "unreadable", False, "1 video left out", "must be a video"),
        ("motion", replace(VIDEO, n_images=31, n_images_read=31), "too short", False, "below 32 images", "31 images"),
        ("motion", replace(VIDEO, is_blank=True), "one colour", False, "the same colour throughout", ""),
        ("motion", replace(VIDEO, note="cut"), "odd", True, "odd times or length", "cut"),
        ("motion", replace(VIDEO, n_images=900), "read in part", True, "only the beginning", "100 of about 900 images"),
        ("motion", replace(VIDEO, duration_s=1.0), "shorter than a window", True, "stretched", "1 s"),
        (
            "pattern",
            FileStats(fault="must be a whole picture"),
            "unreadable",
            False,
            "1 picture left out",
            "must be a whole",
        ),
        ("pattern", replace(PICTURE, is_blank=True), "one colour", False, "1 picture of one colour, left out", ""),
    ],
)
def test_each_fault_is_reported(
    task: TaskName, stats: FileStats, kind: str, is_used: bool, text: str, reason: str
) -> None:
    good = {"sound": SOUND, "motion": VIDEO, "pattern": PICTURE}[task]
    dataset = replace(synthetic_dataset([("a", "1"), ("a", "2"), ("b", "3")]), task=task)
    first, *others = dataset
    usable, problems = check_files(dataset, {first.path: stats, **{e.path: good for e in others}}, window_s=1.3)
    (problem,) = problems
    assert problem.kind == kind
    assert problem.paths == (first.path,)
    assert text in problem.text
    assert (problem.reasons or ("",))[0].startswith(reason)
    assert usable == ([first, *others] if is_used else others)
    assert problem.severity is (Severity.NOTE if kind in ("odd", "read in part") else Severity.WARNING)


def test_only_the_reason_is_reported_of_a_file_that_is_left_out() -> None:
    dataset = synthetic_dataset([("a", "1"), ("b", "2")])
    stats = replace(SOUND, duration_s=0.01, is_blank=True, n_invalid=9, clipped_share=1.0)
    usable, problems = check_files(dataset, {e.path: stats for e in dataset}, window_s=1.3)
    assert usable == []
    assert [(problem.kind, len(problem.paths)) for problem in problems] == [("too short", 2)]
