"""`streamer train`: a folder of labelled files → a model file and its card."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamer.commands import put_json, say
from streamer.errors import StreamerError, UserError
from streamer.safe_text import safe_lines
from streamer.system import is_folder
from streamer.tasks import TASKS

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset
    from streamer.dataset.inspection import Inspection
    from streamer.evaluation.unknown import UnknownEvaluation
    from streamer.training.earlier import EarlierModel
    from streamer.training.options import TrainingOptions
    from streamer.training.progress import Progress, ReportProgress
    from streamer.training.report import TrainingReport
    from streamer.training.task import TrainingTask


def train(options: TrainingOptions, *, json: bool = False) -> int:
    """Train a model on a folder of labelled files.

    Parameters
    ----------
    options : TrainingOptions
    json : bool
        One JSON object on standard output instead of text.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    UserError
        If the data or an option cannot be used, or the extra `train` is not installed.
    StreamerError
        If the disk is full or training fails.
    KeyboardInterrupt
        If the user ends it before there is anything to keep.
    """
    from streamer.dataset.examples import find_examples

    _check_output(options)
    dataset = find_examples(options.data, options.task, options.groups)
    if options.test:
        dataset.of_groups(options.test)  # refuses an unknown group before anything is read
    from streamer.training import tasks
    from streamer.training.earlier import read_earlier
    from streamer.training.folds import split_examples
    from streamer.training.learn import learn
    from streamer.training.leave_out import check_leave_out
    from streamer.training.progress import Interruption, Progress
    from streamer.training.report import TrainingReport
    from streamer.training.tensorflow import load_tensorflow

    unknown = _unknown_files(options)
    check_leave_out(options, dataset.labels)
    tensorflow = load_tensorflow()
    interruption = Interruption()
    progress = Progress(check=interruption.check)
    earlier = None
    if options.earlier is None:
        task = tasks.training_task(options.task, dataset.labels, options.window_s)
    else:
        earlier = read_earlier(options.earlier, options.task)
        task = tasks.training_task(options.task, dataset.labels, options.window_s, earlier)
    inspection = _inspected(dataset, task, progress)
    try:
        with _working_folder(options.output) as folder, interruption:
            usable, measured = tasks.with_background(
                inspection.usable, inspection.measured, folder, options.seed, options.test
            )
            known = earlier.known_groups(usable, has_groups=bool(options.groups)) if earlier else frozenset()
            split = split_examples(usable, options, known)
            if earlier:
                progress.say(_known_text(earlier, usable, known))
            progress.say(f"{split.text[0].upper()}{split.text[1:]}.")
            learned = learn(task, split, measured, folder, options, progress, earlier)
            report = TrainingReport(options, inspection, learned, tensorflow)
            if unknown:
                report = replace(report, unknown=_on_unknown(report, task, unknown, folder, progress))
    except KeyboardInterrupt:
        say("stopped; nothing is written")
        raise
    _write(report, task, earlier)
    if json:
        n_bytes = options.output.stat().st_size
        put_json(report.to_dict(n_bytes))
    else:
        from streamer.commands.train_result import show

        show(report)
    return 0


def _known_text(earlier: EarlierModel, dataset: Dataset, known: frozenset[str]) -> str:
    if earlier.trained_on is None:
        return f"What {earlier.path} was trained on is not known: some of these examples may be among it."
    n_known = sum(example.group in known for example in dataset)
    return f"{earlier.path} was trained on {n_known} of {len(dataset)} examples, or their origin; the others are new."


def _unknown_files(options: TrainingOptions) -> list[Path]:
    """Return the recordings of none of the labels; refuse, before anything is trained, a folder without any."""
    from streamer.offline.folders import find_files

    if options.unknown is None:
        return []
    if not TASKS[options.task].is_timed:
        raise UserError(f"unknown={options.unknown} must be left out for pictures, in which no time passes")
    return find_files([options.unknown], [options.task]).files


def _on_unknown(
    report: TrainingReport, task: TrainingTask, files: Sequence[Path], folder: Path, progress: Progress
) -> UnknownEvaluation:
    """Measure the model on recordings of none of its labels, as a file and through the pipeline of live streams."""
    from streamer.config import Config
    from streamer.evaluation.unknown import evaluate_unknown
    from streamer.model.file import read_model_file, write_model_file

    path, unknown = folder / "measured.tflite", report.options.unknown
    assert unknown is not None
    write_model_file(path, report.learned.flatbuffer, report.spec(task.spec), report.learned.labels)
    with progress.stage("counting false events") as report_share:
        advance = _counted(report_share, len(files))
        return evaluate_unknown(read_model_file(path), unknown, files, Config(), advance=advance)


def _counted(report: ReportProgress, n_all: int) -> Callable[[], None]:
    """Return a function that reports one more of so many done, to be called after each."""
    numbers = itertools.count(1)

    def advance() -> None:
        n_done = next(numbers)
        report(n_done / n_all, f"{n_done} of {n_all}")

    return advance


def _begins_with(path: Path, beginning: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(beginning)) == beginning


def _check_output(options: TrainingOptions) -> None:
    """Refuse, before hours of training, an output that could not be written."""
    from streamer.training.card import MARK

    output = options.output
    if output.suffix != ".tflite" or is_folder(output):
        raise UserError(
            f"output={output} must name a file that ends in .tflite; for example {output.stem or 'my'}.tflite"
        )
    if not is_folder(output.parent):
        raise UserError(f"output={output} must lie in a folder that exists; make {output.parent} first")
    card = options.card
    with contextlib.suppress(OSError):
        if card.exists() and not _begins_with(card, MARK.encode()):
            raise UserError(
                f"output={output} must leave {card.name} free for its card, and there is one of another kind; choose "
                "another name, or move that file away"
            )
    with _working_folder(output):
        pass


def _inspected(dataset: Dataset, task: TrainingTask, progress: Progress) -> Inspection:
    """Read every file once, show what was found, and refuse a dataset that cannot be trained on."""
    from streamer.console import SafeConsole
    from streamer.dataset.inspection import inspect
    from streamer.dataset.report import inspection_table
    from streamer.kernels.load import warm_up

    warm_up(say, (TASKS[task.task].medium,))
    window_s = task.spec.window_s if TASKS[task.task].medium == "sound" else 0.0
    with progress.stage("reading the files") as report:
        inspection = inspect(dataset, _counted(report, len(dataset)), window_s=window_s)
    SafeConsole(stderr=True).print(inspection_table(inspection))
    inspection.check()
    return inspection


def _write(report: TrainingReport, task: TrainingTask, earlier: EarlierModel | None) -> None:
    """Write model and card; a file that was there before stays until the new one is whole."""
    from streamer.model.file import write_model_file
    from streamer.offline.check import with_check
    from streamer.system import write_atomically
    from streamer.training.card import card_page
    from streamer.training.earlier import TRAINED_ON, trained_on_text

    output, learned = report.options.output, report.learned
    spec = with_check(report.spec(task.spec), learned.labels, learned.flatbuffer)
    test = learned.split.test
    apart = {example.path for example in test} if test is not None else set()
    trained_on = [example for example in report.inspection.usable if example.path not in apart]
    listed = trained_on_text(trained_on, has_groups=bool(report.options.groups), earlier=earlier)
    files = {TRAINED_ON: listed} if listed else None
    write_model_file(output, learned.flatbuffer, spec, learned.labels, files)
    write_atomically(report.options.card, safe_lines(card_page(report, spec, output.stat().st_size)).encode(), "card")


@contextlib.contextmanager
def _working_folder(output: Path) -> Iterator[Path]:
    """Create a folder beside the output that is removed afterwards, whatever happens."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{output.stem}.", suffix=".training", dir=output.parent))
    except OSError as error:
        raise StreamerError(f"output={output} must lie in a folder that can be written; {error.strerror}") from None
    try:
        yield folder
    except OSError as error:  # a full disk, most often
        raise StreamerError(f"output={output} must lie where training can keep its windows; {error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
