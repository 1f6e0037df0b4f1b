"""`streamer study`: measure whether spectrograms can be used for image classification; tables, plots and a page."""

from __future__ import annotations

import importlib
import json as jsonlib
import os
import shutil
from pathlib import Path

from streamer.commands import put_json, result_console
from streamer.errors import UserError
from streamer.installation import install_command


def study(output: Path, *, seed: int = 0, quick: bool = False, json: bool = False) -> int:
    """Run the study and write ``study.md``, ``study/*.png`` and ``study/results.json`` into a folder.

    Parameters
    ----------
    output : Path
        The folder, created if it does not exist.
    seed : int
        Of synthetic clips, splits and networks.
    quick : bool
        Use small sizes: a check that the study runs, without meaningful results.
    json : bool
        Print one JSON object instead of tables.

    Returns
    -------
    int
        Exit code 0, whatever the results.

    Raises
    ------
    UserError
        If the folder cannot be created, or the extra `train` is not installed.
    StreamerError
        If a file cannot be written.
    """
    from streamer.study.run import ONE_THREAD, run

    os.environ.update(ONE_THREAD)  # before numpy, TensorFlow and OpenMP start threads, here and in workers
    _check_installed()
    figures = output / "study"
    try:
        figures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output={output} must be a folder to write to ({error.strerror}); choose another") from None
    from streamer.model.file import shipped_models_directory
    from streamer.study.kinds import FULL, QUICK
    from streamer.study.plots import draw
    from streamer.study.tables import markdown, render, study_dict
    from streamer.system import write_atomically
    from streamer.training.card import replace_measured
    from streamer.training.progress import Progress

    results = run(QUICK if quick else FULL, seed, output, Progress().stage)
    text = jsonlib.dumps(study_dict(results), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(figures / "results.json", text.encode(), "output")
    draw(results, figures)
    page, shipped = output / "study.md", shipped_models_directory() / "study.md"
    if not (page.exists() and page.samefile(shipped)):
        shutil.copyfile(shipped, page)
    replace_measured(page, markdown(results))
    if json:
        put_json(study_dict(results), indent=1)
        return 0
    console = result_console(160)
    console.print(render(results))
    console.print(f"\n{page}, {figures}/*.png, {figures / 'results.json'}", style="dim", soft_wrap=True)
    return 0


def _check_installed() -> None:
    from streamer.training.tensorflow import load_tensorflow

    load_tensorflow()
    for name in ("sklearn", "matplotlib"):
        try:
            importlib.import_module(name)
        except ImportError:
            raise UserError(f"study must have {name}; install it: {install_command('train')}") from None
