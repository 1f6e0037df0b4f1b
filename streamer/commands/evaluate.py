"""`streamer evaluate`: measure models on labelled files, or on annotated recordings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import Progress
from rich.text import Text

from streamer.build import kernels_for, resolve_config
from streamer.commands import put, result_console, say
from streamer.config import file_in_force
from streamer.console import SafeConsole
from streamer.dataset.examples import find_examples
from streamer.errors import UserError
from streamer.evaluation import report
from streamer.evaluation.annotations import find_annotations
from streamer.evaluation.clips import ClipEvaluation, evaluate_dataset
from streamer.evaluation.json_report import clip_values, evaluation_json, event_values
from streamer.evaluation.recordings import EventEvaluation, evaluate_recordings
from streamer.evaluation.scorer import EvaluatedModel, read_models
from streamer.kernels.cache import warm_up
from streamer.messages import TaskName
from streamer.offline.files import find_files
from streamer.sinks.folder import make_folder
from streamer.system import is_folder, is_there
from streamer.tasks import TASKS

CAUTION = "Figures on files that a model was trained on say little of how it does on new ones."


def evaluate(
    models: Sequence[str],
    data: Path,
    config_path: Path | None,
    overrides: dict[str, Any],
    *,
    label_maps: Sequence[str] = (),
    groups: str = "",
    test: Sequence[str] = (),
    annotations: Path | None = None,
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
    data : Path
        A folder that holds a folder of files for each label, or annotated recordings; or one such recording.
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
    warm_up(say, (TASKS[task].medium,), kernels_for(each.model for each in evaluated))
    if annotations or _holds_recordings(data, task):
        if groups or test:
            raise UserError(f"groups={groups or test[0]} must be of labelled files; {data} holds annotated recordings")
        folder = data if is_folder(data) else data.parent
        recordings = find_annotations(find_files([data], [task]), folder, annotations or folder)
        with _progress(len(evaluated) * len(recordings)) as advance:
            events = [
                (one, evaluate_recordings(one.model, recordings, config, one.label_map, n_jobs, advance,
                                          collar_s=collar_s, segment_s=segment_s))
                for one in evaluated
            ]  # fmt: skip
        return _report_events(data, events, collar_s, segment_s, json=json, plot=plot)
    dataset = find_examples(data, task, groups, n_labels=1)
    if test:
        dataset = dataset.of_groups(test)
    with _progress(len(evaluated) * len(dataset)) as advance:
        clips = [
            (one, evaluate_dataset(one.model, dataset, config, one.label_map, n_jobs, advance)) for one in evaluated
        ]
    return _report_clips(data, clips, dataset.labels, test, json=json, plot=plot)


def _report_clips(
    data: Path,
    outcomes: Sequence[tuple[EvaluatedModel, ClipEvaluation]],
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    json: bool,
    plot: Path | None,
) -> int:
    if plot:
        from streamer.evaluation.plots import draw_clips

        for one, outcome in outcomes:
            draw_clips(outcome.evaluation, one.name, plot)
    if json:
        about = {"kind": "clips", "labels": list(labels), "groups": list(groups)}
        print(evaluation_json(data, about, [(one, clip_values(outcome)) for one, outcome in outcomes]))
    else:
        console = result_console()
        pages = [report.clip_page(one, outcome, console.width) for one, outcome in outcomes]
        _print(console, pages, report.clip_comparison(outcomes), [one for one, _ in outcomes])
    return _report_unreadable([file for _, outcome in outcomes for file in outcome.unreadable])


def _report_events(
    data: Path,
    outcomes: Sequence[tuple[EvaluatedModel, EventEvaluation]],
    collar_s: float,
    segment_s: float,
    *,
    json: bool,
    plot: Path | None,
) -> int:
    if plot:
        from streamer.evaluation.plots import draw_events

        for one, outcome in outcomes:
            draw_events(outcome.by_label, one.name, plot)
    if json:
        about = {"kind": "events", "collar_s": collar_s, "segment_s": segment_s}
        print(evaluation_json(data, about, [(one, event_values(outcome)) for one, outcome in outcomes]))
    else:
        console = result_console()
        pages = [report.event_page(one, outcome, console.width) for one, outcome in outcomes]
        _print(console, pages, report.event_comparison(outcomes), [one for one, _ in outcomes])
    return _report_unreadable([file for _, outcome in outcomes for file in outcome.unreadable])


def _print(
    console: Console, pages: Sequence[RenderableType], comparison: RenderableType, evaluated: Sequence[EvaluatedModel]
) -> None:
    """Print a page for each model, a table that compares them, and a caution about training data."""
    for page in pages:
        console.print(page, Text(), sep="\n")
    if len(pages) > 1:
        console.print(comparison, Text(), sep="\n")
    if any(one.model.spec.card.training_data for one in evaluated):
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
