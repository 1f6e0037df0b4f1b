"""Which examples a model is trained on, which decide when to stop, and which only measure how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from streamer.dataset.examples import Dataset
from streamer.dataset.split import folds as split_into_folds
from streamer.dataset.split import hold_out
from streamer.errors import UserError
from streamer.training.options import TrainingOptions

MANY_GROUPS = 20  # of the smallest label, from which a part held out says enough: ± 10 points per label at 20 examples
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.15
N_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """One training: the parts that it is trained on, and the part held out from it."""

    training: tuple[int, ...]
    held_out: int


@dataclass(frozen=True, slots=True)
class Split:
    """Examples split by whole groups."""

    parts: tuple[Dataset, ...]  # all examples but those of the test
    folds: tuple[Fold, ...]  # several: cross-validation, every part being held out once
    test: Dataset | None  # measured when everything else is done
    known: frozenset[str] = frozenset()  # groups that the model which training goes on from was trained on

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that there are examples of."""
        return self.parts[0].labels

    @property
    def is_crossed(self) -> bool:
        """Whether every part is held out once, so that the final model may be trained on all."""
        return len(self.folds) > 1

    def reduced(self, folds: Sequence[Fold]) -> Split:
        """Return the split with only some folds: those whose training came to its end."""
        return replace(self, folds=tuple(folds))

    @property
    def text(self) -> str:
        """What the figures are measured on, for people."""
        if self.test is not None:
            groups = self.test.groups
            named = f"groups {', '.join(groups)}" if len(groups) <= 8 else f"{len(groups)} groups"
            return f"measured on {len(self.test)} examples held out for testing only ({named})"
        if not self.is_crossed:
            n = len(self.parts[self.folds[0].held_out])
            return f"measured on {n} examples held out, by which training was also stopped and calibrated"
        return (
            f"measured by cross-validation in {len(self.folds)} parts of whole groups: each example by a model that "
            "learnt from the other parts; the model in the file learnt from all"
        )

    @property
    def validation_text(self) -> str:
        """Which examples calibration and thresholds come from, for people."""
        if self.is_crossed:
            return f"out-of-fold scores of {sum(map(len, self.parts))} examples ({len(self.folds)} folds)"
        return f"{len(self.parts[self.folds[0].held_out])} examples held out for validation"


def split_examples(dataset: Dataset, options: TrainingOptions, known: frozenset[str] = frozenset()) -> Split:
    """Split a dataset by whole groups.

    Parameters
    ----------
    dataset : Dataset
    options : TrainingOptions
        ``test`` names groups to measure on; without any, a share is held out where there are many groups, else
        cross-validation measures. ``n_folds`` is the number of parts for cross-validation; without it, as many as the
        smallest label has groups, at most five, or one part held out for validation where there are many groups.
    known : frozenset of str
        Groups that an earlier model was trained on, from which training goes on: they are never measured on, and
        trained on only, where there are enough others of each label.

    Raises
    ------
    UserError
        If a named group does not exist, nothing of a label is left without the test, or a label has too few groups; if
        nothing, or not the test, is new to the earlier model.
    """
    if known:
        return _split_with_known(dataset, options, known)
    test, n_folds, seed = options.test, options.n_folds, options.seed
    rest, held_out = dataset, None
    if test:
        rest, held_out = dataset.without_groups(test), dataset.of_groups(test)
        if missing := sorted(set(dataset.labels).difference(rest.labels)):
            raise UserError(f"test={' '.join(test)} must leave examples of every label; none of {missing[0]!r} is left")
    elif n_folds is None and _n_groups_of_smallest_label(dataset) >= MANY_GROUPS:
        rest, held_out = hold_out(dataset, TEST_SHARE, seed)
    n_groups = _n_groups_of_smallest_label(rest)
    if n_folds is None and n_groups >= MANY_GROUPS:
        return Split(hold_out(rest, VALIDATION_SHARE, seed + 1), (Fold((0,), 1),), held_out)
    n_parts = n_folds if n_folds is not None else max(2, min(N_FOLDS, n_groups))
    parts = tuple(part for _, part in split_into_folds(rest, n_parts, seed))
    folds = tuple(Fold(tuple(j for j in range(n_parts) if j != i), i) for i in range(n_parts))
    return Split(parts, folds, held_out)


def _split_with_known(dataset: Dataset, options: TrainingOptions, known: frozenset[str]) -> Split:
    """Split the examples that are new to an earlier model, and add the others to what is trained on.

    Where a label has too few new ones, the others help to validate; what is measured on is new in any case.
    """
    if used := sorted(known.intersection(options.test)):
        raise UserError(
            f"test={used[0]} must be new to the model of --from; that was trained on it: name another group"
        )
    new, old = dataset.without_groups(known), dataset.of_groups(known)
    if not len(new):
        raise UserError(
            f"data={dataset.folder} must hold examples new to the model of --from; it was trained on all of them"
        )
    n_needed = max(2, options.n_folds or 2)
    rest = new.without_groups(options.test) if options.test else new
    if set(rest.labels) == set(dataset.labels) and _n_groups_of_smallest_label(rest) >= n_needed:
        split = split_examples(new, options)
        folds = tuple(replace(fold, training=(*fold.training, len(split.parts))) for fold in split.folds)
        return replace(split, parts=(*split.parts, old), folds=folds, known=known)
    n_folds = options.n_folds or max(2, min(N_FOLDS, _n_groups_of_smallest_label(dataset)))
    return replace(split_examples(dataset, replace(options, n_folds=n_folds)), known=known)


def _n_groups_of_smallest_label(dataset: Dataset) -> int:
    groups: dict[str, set[str]] = {}
    for example in dataset:
        groups.setdefault(example.label, set()).add(example.group)
    return min(map(len, groups.values()))
