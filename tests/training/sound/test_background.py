"""Synthetic background examples: whole files, each of its own origin, the same for the same seed."""

from pathlib import Path

import pytest
import soundfile

from streamer.dataset.file_stats import FileStats
from streamer.training.sound.background import LENGTH_S, SAMPLE_RATE, with_background
from tests.support.datasets import synthetic_dataset


@pytest.mark.parametrize(("n_files", "n_made"), [(3, 20), (25, 25)])
def test_as_many_files_as_the_label_has_but_enough_to_measure(n_files: int, n_made: int, tmp_path: Path) -> None:
    dataset = synthetic_dataset([("bell", str(i)) for i in range(n_files)])
    measured = {example.path: FileStats(duration_s=2.0) for example in dataset}
    complete, known = with_background(dataset, measured, tmp_path, seed=1)
    made = [example for example in complete if example.label == "background"]
    assert [example for example in complete if example.label == "bell"] == list(dataset)
    assert (len(made), len({example.group for example in made})) == (n_made, n_made)
    assert not set(dataset.groups) & {example.group for example in made}
    for example in made:
        info = soundfile.info(example.path)
        assert (info.samplerate, info.frames) == (SAMPLE_RATE, LENGTH_S * SAMPLE_RATE)
        assert known[example.path].duration_s == LENGTH_S
    assert set(known) == {example.path for example in complete}


def test_the_seed_decides_and_a_named_test_gets_its_share(tmp_path: Path) -> None:
    dataset = synthetic_dataset([("bell", "a"), ("bell", "b")])
    contents = []
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        complete, _ = with_background(dataset, {}, tmp_path / name, seed, test=("b", "c"))
        assert len(complete.of_groups(["b"])) == 1 + 5
        contents.append(
            [soundfile.read(example.path)[0].tolist() for example in complete if example.label == "background"]
        )
    assert contents[0] == contents[1] != contents[2]
