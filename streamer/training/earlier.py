"""EarlierModel: the model that `streamer train --from` goes on from, and what it was trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from streamer.bounded import read_bounded
from streamer.dataset.examples import Dataset, Example
from streamer.errors import StreamerError, UserError
from streamer.messages import TaskName
from streamer.model import metadata_zip
from streamer.model.file import MODEL_LIMIT, find_model, read_model_file
from streamer.model.spec import ModelSpec

TRAINED_ON = "trained_on.txt"  # in a model's zip: a digest a line
_LIST_LIMIT = 64 << 20
_DIGITS = 16  # of a digest: two of a million files agree once in ten million sets


@dataclass(frozen=True, slots=True)
class EarlierModel:
    """A model to go on from."""

    path: Path
    spec: ModelSpec
    labels: tuple[str, ...]
    flatbuffer: bytes = field(repr=False)
    trained_on: frozenset[str] | None = field(repr=False)  # digests of files and origins; None where nobody knows

    def check_labels(self, labels: Iterable[str], background: Iterable[str]) -> None:
        """Refuse examples that lack one of its labels: training without any would forget it.

        Raises
        ------
        UserError
            Names the first of them.
        """
        known = {*labels, *background}
        if missing := [label for label in self.labels if label not in known]:
            raise UserError(
                f"from={self.path} must have examples of each of its labels, or it would forget {missing[0]!r}; put "
                "those that it was trained on beside the new ones: they are recognised, and never measured on"
            )

    def known_groups(self, dataset: Dataset, *, has_groups: bool) -> frozenset[str]:
        """Return the groups of a dataset of which it was trained on a file, or on the origin.

        Raises
        ------
        StreamerError
            If a file cannot be read.
        """
        if self.trained_on is None:
            return frozenset()
        return frozenset(
            example.group for example in dataset if not self.trained_on.isdisjoint(_digests(example, has_groups))
        )


def read_earlier(name: Path, task: TaskName) -> EarlierModel:
    """Read a model to go on from.

    Raises
    ------
    UserError
        If there is no such model, or it is of another task.
    """
    path = find_model(str(name))
    model = read_model_file(path)
    if task != "sound":
        raise UserError(f"from={name} must be left out for {task}; only models of sound can be gone on from")
    if model.spec.task != task:
        raise UserError(f"from={name} must be a model of {task}; it is one of {model.spec.task}")
    return EarlierModel(path, model.spec, model.labels, model.flatbuffer, _trained_on(path))


def trained_on_text(examples: Iterable[Example], *, has_groups: bool, earlier: EarlierModel | None) -> bytes:
    """Return what a model's file says of what it was trained on; empty where that is not all known.

    Parameters
    ----------
    examples : iterable of Example
        Trained or validated on.
    has_groups : bool
        Whether the groups are origins that the user named; else each file is its own.
    earlier : EarlierModel, optional
        The model that training went on from, with all that it was trained on.
    """
    if earlier is not None and earlier.trained_on is None:
        return b""
    digests = set(earlier.trained_on or ()) if earlier is not None else set()
    for example in examples:
        digests.update(_digests(example, has_groups))
    return "".join(f"{digest}\n" for digest in sorted(digests)).encode()


def _digests(example: Example, has_groups: bool) -> set[str]:
    """Return the digest of a file's bytes, and that of its origin where it has a name."""
    try:
        with example.path.open("rb") as file:
            digests = {hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]}
    except OSError as error:
        raise StreamerError(f"file={example.path} must be readable; {error.strerror}") from None
    if has_groups:
        origin = example.group.encode("utf-8", "surrogatepass")
        digests.add(f"o{hashlib.sha256(origin).hexdigest()[:_DIGITS]}")
    return digests


def _trained_on(path: Path) -> frozenset[str] | None:
    _, files = metadata_zip.split(read_bounded(path, MODEL_LIMIT, "model"), f"model={path}")
    if TRAINED_ON not in files:
        return None
    return frozenset(files[TRAINED_ON].read(_LIST_LIMIT).decode("ascii", "replace").split())
