"""Split a dataset between whole groups, with every label on both sides.

scikit-learn's StratifiedGroupKFold spreads labels about as evenly, but silently lets a label with few groups fall on
one side, makes parts of equal size only, and would make a split need the extra `train`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamer.arrays import Int64, Rng
from streamer.dataset.examples import Dataset
from streamer.dataset.groups import listed
from streamer.errors import UserError

N_TRIALS = 30  # orders of the groups to try; the one with the best shares is taken
MAX_VISITS = 10_000  # groups tried in all orders together: with many groups any order gives good shares


def hold_out(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Split off a share of each label's examples.

    Parameters
    ----------
    dataset : Dataset
        What to split.
    share : float
        Share of each label's examples to hold out, between 0 and 1; met as nearly as whole groups allow, with at
        least one group of each label.
    seed : int
        The same seed gives the same split of the same groups.

    Returns
    -------
    rest, held_out : Dataset
        No group lies in both, every label in each.

    Raises
    ------
    UserError
        If a label has fewer than two groups, or no such split was found.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share={share} must lie between 0 and 1")
    _check_groups(dataset, 2)
    return _part(dataset, share, 1, np.random.default_rng(seed))


def folds(dataset: Dataset, n_folds: int, seed: int) -> list[tuple[Dataset, Dataset]]:
    """Split a dataset into parts of about equal size, each of which is held out once.

    Parameters
    ----------
    dataset : Dataset
        What to split.
    n_folds : int
        Number of parts, at least 2.
    seed : int
        The same seed gives the same split of the same groups.

    Returns
    -------
    list of (rest, held_out)
        ``n_folds`` pairs as from :func:`hold_out`; every example is held out in exactly one.

    Raises
    ------
    UserError
        If a label has fewer than ``n_folds`` groups, or no such split was found.
    """
    if n_folds < 2:
        raise UserError(f"folds={n_folds} must be at least 2; one part is held out, the others are trained on")
    _check_groups(dataset, n_folds)
    rng = np.random.default_rng(seed)
    rest, parts = dataset, []
    for n_left in range(n_folds - 1, 0, -1):
        rest, part = _part(rest, 1.0 / (n_left + 1), n_left, rng)
        parts.append(part)
    parts.append(rest)
    return [(dataset.without_groups(part.groups), part) for part in parts]


def _check_groups(dataset: Dataset, n_needed: int) -> None:
    groups_of: dict[str, set[str]] = {label: set() for label in dataset.labels}
    for example in dataset:
        groups_of[example.label].add(example.group)
    for label, groups in groups_of.items():
        if len(groups) < n_needed:
            raise UserError(
                f"label={label} must come from at least {n_needed} groups, so that none is on both sides of a split; "
                f"it comes from {len(groups)} ({listed(sorted(groups))}): add recordings of other origins"
            )


def _part(dataset: Dataset, share: float, n_left: int, rng: Rng) -> tuple[Dataset, Dataset]:
    """Split off a share that leaves at least ``n_left`` groups of each label."""
    table = _Table.of(dataset)
    best: tuple[float, list[int]] | None = None
    for n_tried in range(N_TRIALS):
        if best and n_tried * len(table.groups) > MAX_VISITS:
            break
        found = table.take(share, n_left, rng.permutation(len(table.groups)))
        best = min(best, found) if best and found else best or found
    if best:
        names = [table.groups[place] for place in best[1]]
        return dataset.without_groups(names), dataset.of_groups(names)
    raise UserError(
        f"groups of {dataset.folder} must allow a split with every label on both sides; no way was found: labels share "
        f"too few groups ({len(table.groups)} in all): name groups that are smaller, or add recordings of other origins"
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Number of examples of each label in each group."""

    groups: tuple[str, ...]
    counts: Int64  # shape (n_groups, n_labels)

    @classmethod
    def of(cls, dataset: Dataset) -> _Table:
        groups, labels = dataset.groups, dataset.labels
        place_of = {group: i for i, group in enumerate(groups)}
        column_of = {label: i for i, label in enumerate(labels)}
        counts = np.zeros((len(groups), len(labels)), np.int64)
        for example in dataset:
            counts[place_of[example.group], column_of[example.label]] += 1
        return cls(groups, counts)

    def take(self, share: float, n_left: int, order: Int64) -> tuple[float, list[int]] | None:
        """Choose groups greedily in an order; return the error of the shares, and the groups' places.

        A group is taken if it brings the numbers of examples nearer to the wanted ones, by the sum over labels of the
        squared relative errors. Then each label without a taken group gets the group that increases the error least;
        None if no such group can be spared.
        """
        wanted = share * self.counts.sum(axis=0)
        taken: list[int] = []
        have = np.zeros(wanted.shape)
        spare = np.count_nonzero(self.counts, axis=0) - n_left  # groups of each label that may still be taken

        def gain(place: int) -> float:
            with_it = have + self.counts[place]
            return float(np.sum(((have - wanted) ** 2 - (with_it - wanted) ** 2) / wanted**2))

        def can_spare(place: int) -> bool:
            return bool((spare[self.counts[place] > 0] > 0).all())

        def add(place: int) -> None:
            nonlocal have, spare
            taken.append(place)
            have = have + self.counts[place]
            spare = spare - (self.counts[place] > 0)

        for place in order.tolist():
            if can_spare(place) and gain(place) > 0.0:
                add(place)
        for label in range(have.size):
            if have[label] == 0.0:
                left = [place for place in order.tolist() if self.counts[place, label] and can_spare(place)]
                if not left:
                    return None
                add(max(left, key=gain))
        return float(np.sum((have / wanted - 1.0) ** 2)), taken
