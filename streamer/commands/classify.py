"""`streamer classify`: classify files as fast as possible, on all cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import Progress

from streamer.build import read_models, resolve_config
from streamer.commands import say
from streamer.commands.file_result import show, show_passed_over
from streamer.commands.measured_plots import MeasuredPlots
from streamer.commands.rhythm_table import RhythmTable
from streamer.config import file_in_force
from streamer.console import SafeConsole
from streamer.errors import ExitCode, UserError
from streamer.offline.batch import Batch
from streamer.offline.chains import chained
from streamer.offline.files import file_kinds, models_for_kinds
from streamer.offline.folders import find_files
from streamer.sources.tracks import probe


def classify(
    paths: Sequence[Path],
    config_path: Path | None,
    overrides: dict[str, Any],
    *,
    n_jobs: int = 0,
    json: bool = False,
    as_sound: bool = False,
    csv: bool = False,
    plot: Path | None = None,
) -> int:
    """Classify files and folders; a bad file is reported and the rest go on.

    With ``csv`` what is printed is a table of the rhythms; with ``plot`` figures of what was measured of images are
    written into that folder.

    Returns
    -------
    int
        Exit code: 0, or 1 if a file could not be classified, or something was passed over that may be one to classify.

    Raises
    ------
    UserError
        If there is nothing to classify, or model or settings cannot be used.
    """
    if overrides.get("output.scores") and not json:
        raise UserError("output=--scores must have JSON lines to put the scores into; add --json")
    if csv and json:
        raise UserError("output=--csv --json must be one of these; leave the other out")
    config = resolve_config(file_in_force(config_path), overrides)
    named = read_models(config.model.path, config.model.sidecar)
    tasks = [model.spec.task for model in named]
    found = find_files(paths, tasks, as_sound=as_sound)
    files = found.files
    chains = chained(files)
    if config.source.start and len(chains) > 1:
        raise UserError(
            f"start={config.source.start} must be given with one file or recording, not with {len(files)} files; "
            "leave it out, or name the files by their times"
        )
    probe(files)
    kinds = sorted({kind for path in files for kind in file_kinds(path, tasks, as_sound=as_sound)})
    models = models_for_kinds(kinds, named)
    if (csv or plot) and not set(kinds) & {"picture", "video"}:
        option = "csv" if csv else "plot"
        raise UserError(f"{option}= must have pictures or videos, whose rhythms are measured; none of these is one")
    plots = MeasuredPlots(plot) if plot else None
    table = RhythmTable(sys.stdout) if csv else None
    keep = config.output.scores
    batch = Batch(models, config, tuple(tasks), as_sound, say, keep_scores=keep, keep_seen=plots is not None)
    console = SafeConsole(stderr=True)
    n_failed = 0
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("classify", total=len(chains))
        for results in batch.classify(chains, n_jobs or os.cpu_count() or 1):
            progress.advance(bar)
            n_failed += any(result.error is not None for result in results)
            if table:
                table.write(results[0])
            else:
                show(results, as_json=json, scores=config.output.scores, name_models=len(named) > 1)
            for path in plots.draw(results[0]) if plots else ():
                say(f"wrote {path}")
    if not csv:
        show_passed_over(found.passed_over, as_json=json)
    return ExitCode.FAILURE if n_failed or found.may_miss else ExitCode.OK
