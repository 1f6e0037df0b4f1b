"""The four kinds of data: what is asked of which clips, and how the clips of a source come about one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamer.arrays import UInt8
from streamer.study.pictures import TEXTURES, images_folder, load_digits, load_photographs, make_texture
from streamer.study.videos import MOTIONS, N_IMAGES, SHAPES, make_film

DIGITS = tuple(str(digit) for digit in range(10))


@dataclass(frozen=True, slots=True)
class Kind:
    """A question to clips of a source."""

    key: str
    title: str
    source: str  # digits, textures or films
    labels: tuple[str, ...]

    @property
    def still(self) -> bool:
        """Whether a clip is one picture."""
        return self.source != "films"


KINDS = (
    Kind("digits", "generic pictures: which digit", "digits", DIGITS),
    Kind("textures", "periodic textures: which pattern", "textures", TEXTURES),
    Kind("motion", "films that differ in motion alone: which motion", "films", MOTIONS),
    Kind("appearance", "films that differ in appearance alone: which shape", "films", SHAPES),
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything; the clips to learn from come first, then those to be tested on."""

    per_label: tuple[int, ...]  # training examples, the points of a learning curve
    pool: int  # clips of each label that examples are drawn from
    test: int  # clips of each label
    draws: int  # times that examples are drawn for a point
    effort: float = 1.0  # of the usual number of training steps


FULL = Sizes(per_label=(5, 10, 20, 50, 100, 200), pool=300, test=100, draws=3)
QUICK = Sizes(per_label=(5, 20), pool=24, test=16, draws=1, effort=0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Clips with their labels, made or read when asked for."""

    name: str
    seed: int
    sizes: Sizes
    origin: str  # where they come from, in words
    labels: dict[str, NDArray[np.int64]]  # key of a kind → shape (n,); of all clips, photographs last
    n_train: int
    n_test: int
    pictures: UInt8 | None = None  # digits, in this order
    photographs: tuple[UInt8, ...] = ()

    def __len__(self) -> int:
        return self.n_train + self.n_test + len(self.photographs)

    def clips(self, start: int, stop: int) -> Iterator[UInt8]:
        """Yield clips, shape (n_images, height, width); clip i depends on the seed and on i alone."""
        for i in range(start, stop):
            rng = np.random.default_rng([self.seed, i])
            if i >= self.n_train + self.n_test:
                yield self.photographs[i - self.n_train - self.n_test][None]
            elif self.pictures is not None:
                yield self.pictures[i][None]
            elif self.name == "textures":
                yield make_texture(TEXTURES[self.labels["textures"][i]], rng)[None]
            else:
                yield make_film(MOTIONS[self.labels["motion"][i]], SHAPES[self.labels["appearance"][i]], rng)


def open_source(name: str, sizes: Sizes, seed: int) -> Source:
    """Return a source: ``digits``, ``textures`` or ``films``."""
    if name == "digits":
        return _digits(sizes, seed)
    if name == "textures":
        n_train, n_test = (len(TEXTURES) * n for n in (sizes.pool, sizes.test))
        photographs, names = load_photographs(images_folder())
        labels = np.concatenate(
            [np.arange(n_train + n_test) % len(TEXTURES), np.array([TEXTURES.index(n) for n in names], np.int64)]
        )
        origin = f"made in code; {len(names)} photographs to be tested on only"
        return Source(name, seed, sizes, origin, {name: labels}, n_train, n_test, photographs=tuple(photographs))
    n_train, n_test = (len(MOTIONS) * n for n in (sizes.pool, sizes.test))
    i = np.arange(n_train + n_test)
    # Each motion with each shape equally often: the one says nothing about the other.
    both = {"motion": i % len(MOTIONS), "appearance": (i // len(MOTIONS) + i) % len(SHAPES)}
    return Source(name, seed, sizes, f"made in code, {N_IMAGES} images each", both, n_train, n_test)


def _digits(sizes: Sizes, seed: int) -> Source:
    """Part the digits at random; the test's are the same for every seed."""
    pictures, labels, origin = load_digits(images_folder())
    fixed, drawn = np.random.default_rng(0), np.random.default_rng(seed)
    train: list[NDArray[np.int64]] = []
    test: list[NDArray[np.int64]] = []
    for digit in range(10):
        places = fixed.permutation(np.flatnonzero(labels == digit))
        n_test = min(sizes.test, len(places) // 3)
        test.append(places[:n_test])
        train.append(drawn.permutation(places[n_test:])[: sizes.pool])
    order = np.concatenate([*train, *test])
    n_test = sum(map(len, test))
    return Source(
        "digits", seed, sizes, origin, {"digits": labels[order]}, len(order) - n_test, n_test, pictures[order]
    )
