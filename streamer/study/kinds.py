"""The four kinds of data of the study: a question about the clips of a source, and the sources of clips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streamer.arrays import Int64, UInt8
from streamer.study.pictures import TEXTURES, images_folder, load_digits, load_photographs, make_texture
from streamer.study.videos import MOTIONS, N_IMAGES, SHAPES, make_video

DIGITS = tuple(str(digit) for digit in range(10))
SOURCES = ("digits", "textures", "videos")


@dataclass(frozen=True, slots=True)
class DataKind:
    """A question about the clips of a source."""

    key: str
    title: str
    source: str  # one of SOURCES
    labels: tuple[str, ...]

    @property
    def is_still(self) -> bool:
        """Whether a clip is one picture."""
        return self.source != "videos"


KINDS = (
    DataKind("digits", "generic pictures: which digit", "digits", DIGITS),
    DataKind("textures", "periodic textures: which pattern", "textures", TEXTURES),
    DataKind("motion", "videos that differ in motion alone: which motion", "videos", MOTIONS),
    DataKind("appearance", "videos that differ in appearance alone: which shape", "videos", SHAPES),
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a study."""

    per_label: tuple[int, ...]  # numbers of training examples of each label: the points of a learning curve
    pool: int  # clips of each label that training examples are chosen from
    test: int  # clips of each label to test on
    draws: int  # random choices of the examples for each point
    effort: float = 1.0  # factor on the usual number of training steps


FULL = Sizes(per_label=(5, 10, 20, 50, 100, 200), pool=300, test=100, draws=3)
QUICK = Sizes(per_label=(5, 20), pool=24, test=16, draws=1, effort=0.5)


@dataclass(frozen=True, slots=True, eq=False)
class ClipSource:
    """Clips with their labels: those to train on first, then those to test on, then photographs."""

    name: str
    seed: int
    sizes: Sizes
    origin: str  # where the clips come from, in words
    labels: dict[str, Int64]  # key of a kind → labels of all clips, shape (n_clips,)
    n_train: int
    n_test: int
    pictures: UInt8 | None = None  # of the source digits, in the order of the clips
    photographs: tuple[UInt8, ...] = ()

    def __len__(self) -> int:
        return self.n_train + self.n_test + len(self.photographs)

    def clips(self, start: int, stop: int) -> Iterator[UInt8]:
        """Yield clips, shape (n_images, height, width); clip i depends on the seed and on i only."""
        for i in range(start, stop):
            rng = np.random.default_rng([self.seed, i])
            if i >= self.n_train + self.n_test:
                yield self.photographs[i - self.n_train - self.n_test][None]
            elif self.pictures is not None:
                yield self.pictures[i][None]
            elif self.name == "textures":
                yield make_texture(TEXTURES[self.labels["textures"][i]], rng)[None]
            else:
                yield make_video(MOTIONS[self.labels["motion"][i]], SHAPES[self.labels["appearance"][i]], rng)


def open_source(name: str, sizes: Sizes, seed: int) -> ClipSource:
    """Return one of SOURCES."""
    if name == "digits":
        return _digits(sizes, seed)
    if name == "textures":
        n_train, n_test = (len(TEXTURES) * n for n in (sizes.pool, sizes.test))
        photographs, names = load_photographs(images_folder())
        labels = np.concatenate(
            [np.arange(n_train + n_test) % len(TEXTURES), np.array([TEXTURES.index(n) for n in names], np.int64)]
        )
        origin = f"synthetic; {len(names)} photographs to test on only"
        return ClipSource(name, seed, sizes, origin, {name: labels}, n_train, n_test, photographs=tuple(photographs))
    n_train, n_test = (len(MOTIONS) * n for n in (sizes.pool, sizes.test))
    i = np.arange(n_train + n_test)
    # Each motion with each shape equally often: neither label gives a hint of the other.
    both = {"motion": i % len(MOTIONS), "appearance": (i // len(MOTIONS) + i) % len(SHAPES)}
    return ClipSource(name, seed, sizes, f"synthetic, {N_IMAGES} images each", both, n_train, n_test)


def _digits(sizes: Sizes, seed: int) -> ClipSource:
    """Split the digits at random; those to test on are the same for every seed."""
    pictures, labels, origin = load_digits(images_folder())
    fixed, seeded = np.random.default_rng(0), np.random.default_rng(seed)
    train: list[Int64] = []
    test: list[Int64] = []
    for digit in range(10):
        places = fixed.permutation(np.flatnonzero(labels == digit))
        n_test = min(sizes.test, len(places) // 3)
        test.append(places[:n_test])
        train.append(seeded.permutation(places[n_test:])[: sizes.pool])
    order = np.concatenate([*train, *test])
    n_test = sum(map(len, test))
    return ClipSource(
        "digits", seed, sizes, origin, {"digits": labels[order]}, len(order) - n_test, n_test, pictures[order]
    )
