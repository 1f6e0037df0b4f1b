"""`streamer classify`: classify files as fast as possible, on all cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from streamer.build import default_models, read_models, resolve_config
from streamer.commands import say
from streamer.commands.file_result import show
from streamer.config import file_in_force
from streamer.errors import UserError
from streamer.kernels.cache import warm_up
from streamer.offline.files import DEFAULT_TASK, file_kind, find_files, medium_of_kind
from streamer.offline.pool import Pool
from streamer.tasks import TASKS


def classify(
    paths: Sequence[Path], config_path: Path | None, overrides: dict[str, Any], *, n_jobs: int = 0, json: bool = False
) -> int:
    """Classify files and folders; a bad file is reported and the rest go on.

    Returns
    -------
    int
        Exit code: 0, or 1 if a file could not be classified.

    Raises
    ------
    UserError
        If there is nothing to classify, or model or settings cannot be used.
    """
    if overrides.get("output.scores") and not json:
        raise UserError("output=--scores must have JSON lines to put the scores into; add --json")
    config = resolve_config(file_in_force(config_path), overrides)
    named = read_models(config)
    if len(named) > 1:
        raise UserError(
            f"model={', '.join(config.model.path)} must be one for files; streamer evaluate compares several"
        )
    task = named[0].spec.task if named else None
    files = find_files(paths, task)
    kinds = sorted({file_kind(path, task) for path in files})
    models = {kind: (named or default_models([TASKS[DEFAULT_TASK[kind]]]))[0] for kind in kinds}
    warm_up(say, tuple({medium_of_kind(kind) for kind in kinds}))
    pool = Pool(models, config, task, min(n_jobs or os.cpu_count() or 1, len(files)))
    console = Console(stderr=True)
    n_failed = 0
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("classify", total=len(files))
        for result in pool.classify(files):
            progress.advance(bar)
            n_failed += result.error is not None
            show(result, as_json=json, scores=config.output.scores)
    return 1 if n_failed else 0
