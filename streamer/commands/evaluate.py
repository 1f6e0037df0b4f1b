"""`streamer evaluate`: measure models on labelled files, or on annotated recordings."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import RenderableType
from rich.progress import Progress
from rich.text import Text

from streamer.build import kernels_for, resolve_config
from streamer.commands import put, result_console, say
from streamer.commands.file_result import show_passed_over
from streamer.config import file_in_force
from streamer.console import SafeConsole
from streamer.dataset.examples import find_examples
from streamer.errors import UserError
from streamer.evaluation import report
from streamer.evaluation.annotations import find_annotations
from streamer.evaluation.clips import ClipEvaluation, evaluate_dataset
from streamer.evaluation.json_report import clip_values, evaluation_json, event_values, unknown_values
from streamer.evaluation.operating import OperatingPoint, operating_curve
from streamer.evaluation.recordings import EventEvaluation, evaluate_recordings
from streamer.evaluation.scorer import EvaluatedModel, read_models
from streamer.evaluation.unknown import UnknownEvaluation, evaluate_unknown, find_unknown
from streamer.kernels.load import warm_up
from streamer.messages import TaskName
from streamer.offline.folders import PassedOver, find_files
from streamer.sinks.folder import make_folder
from streamer.system import is_folder, is_there
from streamer.tasks import TASKS

_Figures: TypeAlias = ClipEvaluation | EventEvaluation
_Measured: TypeAlias = "list[ClipEvaluation] | list[EventEvaluation]"

CAUTION = "Figures on files that a model was trained on say little of how it does on new ones."


def models_and_data(paths: Sequence[str], unknown: Path | None) -> tuple[Sequence[str], Path | None]:
    """Divide what a command line names into models and the data to measure them on.

    The last path is the data; beside recordings of none of the labels it may be left out.

    Raises
    ------
    UserError
        If it is missing.
    """
    last = Path(paths[-1])
    is_model = len(paths) == 1 or (not is_folder(last) and (last.suffix == ".tflite" or not is_there(last)))
    if unknown and is_model:
        return paths, None
    if len(paths) == 1:
        raise UserError(
            f"DATA_DIR must follow MODEL={paths[0]}; name a folder that holds a folder of files for each label"
        )
    return paths[:-1], last


def evaluate(
    models: Sequence[str],
    data: Path | None,
    config_path: Path | None,
    overrides: dict[str, Any],
    *,
    label_maps: Sequence[str] = (),
    groups: str = "",
    test: Sequence[str] = (),
    annotations: Path | None = None,
    unknown: Path | None = None,
    collar_s: float = 0.2,
    segment_s: float = 1.0,
    json: bool = False,
    plot: Path | None = None,
    n_jobs: int = 0,
) -> int:
    """Measure models on the same files and print their figures.

    Parameters
    ----------
    models : sequence of str
        Shipped models' names or paths, all for the same task.
    data : Path or None
        A folder that holds a folder of files for each label, or annotated recordings; or one such recording. None:
        only ``unknown``.
    config_path : Path or None
    overrides : dict
        Settings as :func:`streamer.build.resolve_config` takes them.
    label_maps : sequence of str
        Paths, or names of shipped maps; each is for the model that it names.
    groups : str
        Which labelled files share an origin, see :func:`streamer.dataset.examples.find_examples`.
    test : sequence of str
        Groups to measure on; empty: all.
    annotations : Path, optional
        See :func:`streamer.evaluation.annotations.find_annotations`.
    unknown : Path, optional
        A folder of recordings of none of the labels, see :func:`streamer.evaluation.unknown.evaluate_unknown`.
    collar_s, segment_s : float
        See :func:`streamer.evaluation.detection.evaluate_events`.
    json : bool
        Print one JSON object instead of tables.
    plot : Path, optional
        Folder for the plots, created if it is missing.
    n_jobs : int
        Number of files at the same time; 0: one per core.

    Returns
    -------
    int
        Exit code: 0, or 1 if a file could not be used.

    Raises
    ------
    UserError
        For every mistake in models, maps, data or annotations, and if the extra `train` is needed but not installed.
    StreamerError
        If a plot cannot be written.
    """
    config = resolve_config(file_in_force(config_path), {"model.path": tuple(models), **overrides})
    evaluated = read_models(config.model.path, config.model.sidecar, label_maps)
    task = evaluated[0].task
    if plot:
        from streamer.evaluation.plots import new_figure

        new_figure(1.0, 1.0)  # raises without matplotlib: now rather than after hours of measuring
        make_folder(plot, "plot")
    listed = [find_unknown(unknown, one.model) for one in evaluated] if unknown else []
    warm_up(say, (TASKS[task].medium,), kernels_for(each.model for each in evaluated))
    if data is None and (needing := groups or "".join(test[:1]) or annotations):
        raise UserError(f"{needing} must be about labelled or annotated files; name their folder, too")
    measured: _Measured = []
    about: dict[str, Any] = {"kind": "unknown"}
    if data and (annotations or _holds_recordings(data, task)):
        if groups or test:
            raise UserError(f"groups={groups or test[0]} must be of labelled files; {data} holds annotated recordings")
        folder = data if is_folder(data) else data.parent
        found = find_files([data], [task])
        show_passed_over([each for each in found.passed_over if each.may_be_missed], as_json=False)
        recordings = find_annotations(found.files, folder, annotations or folder)
        about = {"kind": "events", "collar_s": collar_s, "segment_s": segment_s}
        with _progress(len(evaluated) * len(recordings)) as advance:
            measured = [
                evaluate_recordings(one.model, recordings, config, one.label_map, n_jobs, advance,
                                    collar_s=collar_s, segment_s=segment_s)
                for one in evaluated
            ]  # fmt: skip
    elif data:
        dataset = find_examples(data, task, groups, n_labels=1)
        reason = f"hidden, in no label's folder, or no {TASKS[task].example}"
        show_passed_over([PassedOver(path, reason) for path in dataset.ignored], as_json=False)
        if test:
            dataset = dataset.of_groups(test)
        about = {"kind": "clips", "labels": list(dataset.labels), "groups": list(test)}
        with _progress(len(evaluated) * len(dataset)) as advance:
            measured = [
                evaluate_dataset(one.model, dataset, config, one.label_map, n_jobs, advance) for one in evaluated
            ]
    strange: list[UnknownEvaluation] = []
    if unknown:
        about["unknown"] = str(unknown)
        with _progress(sum(map(len, listed))) as advance:
            strange = [
                evaluate_unknown(one.model, unknown, files, config, one.label_map, n_jobs, advance)
                for one, files in zip(evaluated, listed, strict=True)
            ]
    outcomes = list(itertools.starmap(_Outcome, itertools.zip_longest(evaluated, measured, strange)))
    if plot:
        _draw(outcomes, plot)
    if json:
        print(evaluation_json(data, about, [(one.model, _values(one)) for one in outcomes]))
    else:
        _print(outcomes)
    return _report_unreadable([file for one in outcomes for file in one.unreadable])


class _Outcome:
    """What was measured of one model: on data with labels, on recordings of none of its labels, and between both."""

    def __init__(self, model: EvaluatedModel, measured: _Figures | None, unknown: UnknownEvaluation | None) -> None:
        self.model, self.unknown = model, unknown
        self.clips = measured if isinstance(measured, ClipEvaluation) else None
        self.events = measured if isinstance(measured, EventEvaluation) else None
        self.curve: tuple[OperatingPoint, ...] = ()
        if unknown and self.clips and self.clips.tracks:
            self.curve = operating_curve(self.clips.tracks, unknown.tracks)

    @property
    def unreadable(self) -> list[tuple[Path, str]]:
        """Files that could not be used, and why."""
        return [file for one in (self.clips, self.events, self.unknown) if one for file in one.unreadable]


def _draw(outcomes: Sequence[_Outcome], folder: Path) -> None:
    from streamer.evaluation.plots import draw_clips, draw_curves, draw_events

    for one in outcomes:
        if one.clips:
            draw_clips(one.clips.evaluation, one.model.name, folder)
        if one.events:
            draw_events(one.events.by_label, one.model.name, folder)
    if any(one.curve for one in outcomes):
        draw_curves({one.model.name: one.curve for one in outcomes}, folder)


def _values(one: _Outcome) -> dict[str, Any]:
    return {
        **(clip_values(one.clips) if one.clips else {}),
        **(event_values(one.events) if one.events else {}),
        **(unknown_values(one.unknown, one.curve) if one.unknown else {}),
    }


def _print(outcomes: Sequence[_Outcome]) -> None:
    """Print a page for each model, tables that compare them, and a caution about training data."""
    console = result_console()
    for one in outcomes:
        parts: list[RenderableType] = []
        if one.clips:
            parts.append(report.clip_page(one.model, one.clips, console.width))
        if one.events:
            parts.append(report.event_page(one.model, one.events, console.width))
        if one.unknown:
            parts += [Text()] if parts else [Text(one.model.name, "bold")]
            parts.append(report.unknown_page(one.unknown, one.curve, console.width))
        console.print(*parts, Text(), sep="\n")
    if len(outcomes) > 1:
        clips = [(one.model, one.clips) for one in outcomes if one.clips]
        events = [(one.model, one.events) for one in outcomes if one.events]
        unknown = [(one.model, one.unknown) for one in outcomes if one.unknown]
        tables = [
            *([report.clip_comparison(clips)] if clips else []),
            *([report.event_comparison(events)] if events else []),
            *([report.unknown_comparison(unknown)] if unknown else []),
        ]
        for table in tables:
            console.print(table, Text(), sep="\n")
    if any(one.model.model.spec.card.training_data for one in outcomes):
        console.print(Text(CAUTION, "dim"))


def _report_unreadable(unreadable: Sequence[tuple[Path, str]]) -> int:
    """Print the files that could not be used, each once; return the exit code."""
    reasons = dict(unreadable)
    for path, error in reasons.items():
        put(f"{path}: {error}", sys.stderr)
    if reasons:
        say(f"{len(reasons)} of the files could not be used and are in no figure")
    return 1 if reasons else 0


def _holds_recordings(data: Path, task: TaskName) -> bool:
    """Return whether ``data`` is a recording, or a folder of recordings rather than of labels."""
    if not is_folder(data):
        return is_there(data)
    inside = [path for path in data.iterdir() if not path.name.startswith(".")]
    if any(path.is_dir() for path in inside):
        return False
    return any(path.suffix.lower() in TASKS[task].file_suffixes for path in inside)


@contextmanager
def _progress(n_files: int) -> Iterator[Callable[[], None]]:
    console = SafeConsole(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("evaluate", total=n_files)
        yield lambda: progress.advance(bar)
