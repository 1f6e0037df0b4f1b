"""Synthetic background examples, for a dataset of one label that nothing else is there to tell apart from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from streamer.dataset.examples import Dataset, Example
from streamer.dataset.file_stats import FileStats
from streamer.tasks.sound import BACKGROUND
from streamer.training.sound.sampling import WindowSampler

SAMPLE_RATE = 16_000
LENGTH_S = 10.0  # of each
N_LIMITS = (20, 200)  # as many as the label has files, within these
HELD_OUT = 4  # one in so many belongs to the test, where groups are named for it


def with_background(
    dataset: Dataset, measured: Mapping[Path, FileStats], folder: Path, seed: int, test: Sequence[str] = ()
) -> tuple[Dataset, dict[Path, FileStats]]:
    """Write near-silence, noises and synthetic sounds into a folder, and add them as examples of ``background``.

    Parameters
    ----------
    dataset : Dataset
        Examples of one label.
    measured : mapping from Path to FileStats
        Of each of them.
    folder : Path
        For the files; the caller removes it.
    seed : int
    test : sequence of str
        Groups held out for testing: a quarter of the new examples belongs to the first of them.

    Returns
    -------
    Dataset, dict
        With the new examples, each a group of its own, and the measurements of all.
    """
    import soundfile

    rng = np.random.default_rng(seed)
    sampler = WindowSampler({}, (BACKGROUND,), round(LENGTH_S * SAMPLE_RATE), SAMPLE_RATE)
    (folder / BACKGROUND).mkdir()
    examples, known = list(dataset), dict(measured)
    for i in range(min(max(len(dataset), N_LIMITS[0]), N_LIMITS[1])):
        samples = sampler.sample_background(rng).samples
        path = folder / BACKGROUND / f"{i}.wav"
        soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")
        group = test[0] if test and i % HELD_OUT == 0 else f"{BACKGROUND} {i}"
        examples.append(Example(path, BACKGROUND, group))
        known[path] = FileStats(duration_s=LENGTH_S, n_samples=samples.size)
    return dataset.with_examples(examples), known
