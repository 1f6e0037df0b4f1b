"""The models to be measured side by side: what each goes by, and what its labels speak for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamer.errors import UserError
from streamer.evaluation.label_map import LabelMap, read_label_map
from streamer.messages import TaskName
from streamer.model.file import ModelFile, find_model, read_model_file


@dataclass(frozen=True, slots=True)
class Examined:
    """A model under examination."""

    name: str  # unlike that of any other beside it
    model: ModelFile
    label_map: LabelMap | None

    @property
    def task(self) -> TaskName:
        """What the model is for."""
        return self.model.spec.task


def examined(names: Sequence[str], sidecar: str = "", label_maps: Sequence[str] = ()) -> list[Examined]:
    """Read models, all for the same task, and their maps.

    Parameters
    ----------
    names : sequence of str
        Shipped models' names or paths.
    sidecar : str
        Describes the only model, where it is a foreign one.
    label_maps : sequence of str
        Paths, or names of shipped ones; each for the model that it names.

    Raises
    ------
    UserError
        If a model or a map cannot be used, or they do not fit each other.
    """
    if sidecar and len(names) > 1:
        raise UserError(f"sidecar={sidecar} must be for one model; put NAME.toml beside each foreign one")
    models = [read_model_file(find_model(name), sidecar or None) for name in names]
    for model in models[1:]:
        if model.spec.task != models[0].spec.task:
            raise UserError(
                f"models must be for the same kind of data; {models[0].spec.name} is for {models[0].spec.task},"
                f" {model.spec.name} for {model.spec.task}: evaluate them one by one"
            )
    called = [model.spec.name for model in models]
    maps: dict[str, LabelMap] = {}
    for given in label_maps:
        label_map = read_label_map(given)
        if label_map.model not in called:
            raise UserError(
                f"label_map={given} must be for a model to be evaluated ({', '.join(called)}); it is for"
                f" {label_map.model}"
            )
        maps[label_map.model] = label_map
    return [
        Examined(name if called.count(name) == 1 else str(model.path), model, maps.get(name))
        for name, model in zip(called, models, strict=True)
    ]
