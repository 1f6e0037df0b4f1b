"""Which examples a model learns from, which tell when to stop, and which only say how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamer.dataset.examples import Dataset
from streamer.dataset.split import folds, hold_out
from streamer.errors import UserError

MANY_GROUPS = 20  # of the smallest label, from which a part held out says enough: ± 10 points per label at 20 examples
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.15
N_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Round:
    """One training: the parts that it learns from and the one that it does not."""

    training: tuple[int, ...]
    held_out: int


@dataclass(frozen=True, slots=True)
class Division:
    """Examples divided by whole groups."""

    parts: tuple[Dataset, ...]  # all but those of the test
    rounds: tuple[Round, ...]  # several: cross-validation, every part being held out once
    test: Dataset | None  # looked at when everything else is done

    @property
    def labels(self) -> tuple[str, ...]:
        """What there are examples of."""
        return self.parts[0].labels

    @property
    def is_crossed(self) -> bool:
        """Whether every part is held out once, so that the final model may learn from all."""
        return len(self.rounds) > 1

    def reduced(self, rounds: Sequence[Round]) -> Division:
        """Return what is left of the division where only some rounds came to an end."""
        return replace(self, rounds=tuple(rounds))

    @property
    def text(self) -> str:
        """Say on what the figures are measured."""
        if self.test is not None:
            groups = self.test.groups
            named = f"groups {', '.join(groups)}" if len(groups) <= 8 else f"{len(groups)} groups"
            return f"measured on {len(self.test)} examples held out for testing only ({named})"
        if not self.is_crossed:
            n = len(self.parts[self.rounds[0].held_out])
            return f"measured on {n} examples held out, by which training was also stopped and calibrated"
        return (
            f"measured by cross-validation in {len(self.rounds)} parts of whole groups: each example by a model that "
            "learnt from the other parts; the model in the file learnt from all"
        )

    @property
    def validation_text(self) -> str:
        """Say which examples calibration and thresholds come from."""
        if self.is_crossed:
            return f"out-of-fold scores of {sum(map(len, self.parts))} examples ({len(self.rounds)} folds)"
        return f"{len(self.parts[self.rounds[0].held_out])} examples held out for validation"


def divide(dataset: Dataset, test: Sequence[str], n_folds: int | None, seed: int) -> Division:
    """Divide a dataset into whole groups.

    Parameters
    ----------
    dataset : Dataset
    test : sequence of str
        Groups to measure on; none: a share where there are many groups, else cross-validation measures.
    n_folds : int, optional
        Parts for cross-validation; None: as many as the smallest label has groups, at most five, or one part held out
        for validation where there are many groups.

    Raises
    ------
    UserError
        If a named group does not exist, nothing of a label is left without the test, or a label has too few groups.
    """
    rest, held = dataset, None
    if test:
        rest, held = dataset.without_groups(test), dataset.of_groups(test)
        if missing := sorted(set(dataset.labels).difference(rest.labels)):
            raise UserError(f"test={' '.join(test)} must leave examples of every label; none of {missing[0]!r} is left")
    elif n_folds is None and _fewest_groups(dataset) >= MANY_GROUPS:
        rest, held = hold_out(dataset, TEST_SHARE, seed)
    if n_folds is None and _fewest_groups(rest) >= MANY_GROUPS:
        return Division(hold_out(rest, VALIDATION_SHARE, seed + 1), (Round((0,), 1),), held)
    n_parts = n_folds if n_folds is not None else max(2, min(N_FOLDS, _fewest_groups(rest)))
    parts = tuple(part for _, part in folds(rest, n_parts, seed))
    rounds = tuple(Round(tuple(j for j in range(n_parts) if j != i), i) for i in range(n_parts))
    return Division(parts, rounds, held)


def _fewest_groups(dataset: Dataset) -> int:
    groups: dict[str, set[str]] = {}
    for example in dataset:
        groups.setdefault(example.label, set()).add(example.group)
    return min(map(len, groups.values()))
