"""Map the labels of a model to the labels of some data that names them differently."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from streamer.arrays import Float32, Int64
from streamer.config import Settings, validated
from streamer.errors import UserError
from streamer.model.file import check_labels, read_toml, shipped_models_directory
from streamer.model.spec import Text

SUFFIX = ".labels.toml"
N_FEW = 12  # most labels of a model that a message lists
N_SHOWN = 20  # most unknown labels that a message lists
N_NEAR = 3  # similar labels offered for an unknown one, if the model has more than N_FEW


class LabelMap(Settings):
    """A map from the labels of one model to other labels, as a file holds it.

    The score of a label is the highest score of the model's labels listed for it. Labels of the model that are not
    listed are ignored: they may be more general than the listed ones, as Animal is than Dog.
    """

    model: Text  # name of the model that the map is for, as in the model's description
    labels: Annotated[dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]], Field(min_length=1)]

    @property
    def names(self) -> tuple[str, ...]:
        """The labels that the map leads to."""
        return tuple(self.labels)

    def places(self, model_labels: tuple[str, ...]) -> list[Int64]:
        """Return, for each of :attr:`names`, the places of the model's scores that count for it.

        Raises
        ------
        UserError
            If the model lacks one of the labels listed.
        """
        listed = [name for names in self.labels.values() for name in names]
        check_known(listed, model_labels, self.model, f"label map for {self.model}")
        place = {label.casefold(): i for i, label in enumerate(model_labels)}
        return [np.array([place[name.casefold()] for name in names]) for names in self.labels.values()]


def apply_places(places: list[Int64], scores: Float32) -> Float32:
    """Return the mapped scores: the highest score in each set of places."""
    return np.array([scores[listed].max() for listed in places], np.float32)


def read_label_map(name: Path | str) -> LabelMap:
    """Read a label map, given by its path or by the name of a shipped one (`models/NAME.labels.toml`).

    Raises
    ------
    UserError
        If there is no such file, or it is not valid.
    """
    path = _find(name)
    label_map = validated(LabelMap, read_toml(path, "label_map"), str(path))
    check_labels(label_map.names, f"{path}: labels")
    return label_map


def check_known(labels: Sequence[str], known: tuple[str, ...], model: str, where: str) -> None:
    """Check that a model has all labels of some data, or of a map.

    Raises
    ------
    UserError
        If it lacks some; lists them, with the labels that may have been meant.
    """
    unknown = [label for label in labels if label.casefold() not in {one.casefold() for one in known}]
    if not unknown:
        return
    shipped = [path.name.removesuffix(SUFFIX) for path in _shipped() if read_label_map(path).model == model]
    hint = f"; shipped for it: {', '.join(shipped)}" if shipped else ""
    lines = [f"  {label!r}" + ("" if len(known) <= N_FEW else f": {_closest(label, known)}") for label in unknown]
    lines[N_SHOWN:] = [f"  and {len(unknown) - N_SHOWN} more"] if len(unknown) > N_SHOWN else []
    if len(known) <= N_FEW:
        lines.append(f"its labels: {', '.join(map(repr, known))}")
    raise UserError(
        f"{where} must have labels that {model} has; rename them or write a label map for it"
        f" (--label-map{hint}). It has not:\n" + "\n".join(lines)
    )


def _closest(label: str, labels: tuple[str, ...]) -> str:
    """Return the labels most similar to one as text: those that share a word, whatever separates words, come first."""
    plain = {_plain(candidate): candidate for candidate in reversed(labels)}
    words = set(_plain(label).split())
    sharing = [text for text in plain if words & set(text.split())]
    near = difflib.get_close_matches(_plain(label), sharing, n=N_NEAR, cutoff=0.0)
    near += [text for text in difflib.get_close_matches(_plain(label), plain, n=N_NEAR) if text not in near]
    return f"its closest: {', '.join(repr(plain[text]) for text in near[:N_NEAR])}" if near else "none is like it"


def _plain(label: str) -> str:
    letters = (character if character.isalnum() else " " for character in label.casefold())
    return " ".join("".join(letters).split())


def _find(name: Path | str) -> Path:
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # too long, holding NUL, no such ~user
        path = Path(name).expanduser()
        if path.is_file():
            return path
        shipped = shipped_models_directory() / f"{name}{SUFFIX}"
        if path.name == str(name) and shipped.is_file():
            return shipped
    names = ", ".join(path.name.removesuffix(SUFFIX) for path in _shipped())
    raise UserError(f"label_map={name} must be a file or a shipped map; shipped: {names or 'none'}")


def _shipped() -> list[Path]:
    return sorted(shipped_models_directory().glob(f"*{SUFFIX}"))
