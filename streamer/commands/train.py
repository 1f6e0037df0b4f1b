"""`streamer train`: a folder of labelled files → a model file and its card."""

from __future__ import annotations

import contextlib
import json as jsonlib
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from streamer.commands import say
from streamer.errors import StreamerError, UserError
from streamer.messages import TaskName
from streamer.tasks import TASKS

if TYPE_CHECKING:
    from streamer.dataset.examples import Dataset
    from streamer.dataset.inspection import Inspection
    from streamer.training.progress import Progress
    from streamer.training.report import Account
    from streamer.training.task import TrainingTask

FALSE_ALARMS: dict[TaskName, float] = {"sound": 1.0, "motion": 1.0, "pattern": 0.01}  # per hour; a share of pictures


def train(
    task: str,
    data: Path,
    output: Path,
    *,
    groups: str = "",
    test: Sequence[str] = (),
    n_folds: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    int8: bool = False,
    window_s: float | None = None,
    false_alarms: float | None = None,
    json: bool = False,
) -> int:
    """Train a model on a folder of labelled files.

    Parameters
    ----------
    task : {"sound", "pattern", "motion"}
    data : Path
        Holds a folder of files for each label.
    output : Path
        The model file, NAME.tflite; its card goes beside it, NAME.md.
    groups : str
        Which files share an origin: see :func:`streamer.dataset.examples.find_examples`.
    test : sequence of str
        Groups to measure on only.
    n_folds : int, optional
        Parts for cross-validation.
    epochs : int, optional
        At most, in each stage.
    seed : int
    int8 : bool
        Compute in 8 bits.
    window_s : float, optional
        Seconds that the model takes at once.
    false_alarms : float, optional
        Wrong events allowed in an hour; of pictures: a share.
    json : bool
        One JSON object on standard output instead of text.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    UserError
        If the data or a wish cannot be used, or the extra `train` is not installed.
    StreamerError
        If the disk is full or training fails.
    KeyboardInterrupt
        If the user ends it before there is anything to keep.
    """
    from streamer.dataset.examples import find_examples

    _check_output(output)
    kind = cast(TaskName, task)
    dataset = find_examples(data, kind, groups)
    if test:
        dataset.of_groups(test)
    from streamer.training.folds import divide
    from streamer.training.learn import TrainingOptions, learn
    from streamer.training.progress import Interruption, Progress
    from streamer.training.report import Account
    from streamer.training.task import training_task
    from streamer.training.tensorflow import load_tensorflow

    tensorflow = load_tensorflow()
    interruption = Interruption()
    progress = Progress(check=interruption.check)
    course = training_task(kind, dataset.labels, window_s)
    inspection = _inspected(dataset, course, progress)
    division = divide(inspection.usable, test, n_folds, seed)
    progress.say(f"{division.text[0].upper()}{division.text[1:]}.")
    allowed = FALSE_ALARMS[kind] if false_alarms is None else false_alarms
    try:
        with _working_folder(output) as folder, interruption:
            requests = TrainingOptions(seed, epochs, int8, allowed)
            learned = learn(course, division, inspection.measured, folder, requests, progress)
    except KeyboardInterrupt:
        say("stopped; nothing is written")
        raise
    command = _command(task, data, output, groups, test, n_folds, epochs, seed, int8, window_s, false_alarms)
    account = Account(output.stem, inspection, learned, command, allowed, bool(groups), tensorflow)
    _write(account, course, output)
    if json:
        n_bytes = output.stat().st_size
        print(jsonlib.dumps(account.to_dict(output, _card_path(output), n_bytes), ensure_ascii=False, allow_nan=False))
    else:
        from streamer.commands.train_result import show

        show(account, output, _card_path(output))
    return 0


def _card_path(output: Path) -> Path:
    return output.with_suffix(".md")


def _check_output(output: Path) -> None:
    """Refuse, before hours of training, an output that could not be written."""
    from streamer.training.card import MARK

    if output.suffix != ".tflite" or output.is_dir():
        raise UserError(
            f"output={output} must name a file that ends in .tflite; for example {output.stem or 'my'}.tflite"
        )
    if not output.parent.is_dir():
        raise UserError(f"output={output} must lie in a folder that exists; make {output.parent} first")
    card = _card_path(output)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if card.exists() and not card.read_text(encoding="utf-8").startswith(MARK):
            raise UserError(
                f"output={output} must leave {card.name} free for its card, and there is one of another kind; choose "
                "another name, or move that file away"
            )
    with _working_folder(output):
        pass


def _inspected(dataset: Dataset, course: TrainingTask, progress: Progress) -> Inspection:
    """Read every file once, show what was found, and refuse what must be."""
    from rich.console import Console

    from streamer.dataset.inspection import inspect
    from streamer.dataset.report import inspection_table
    from streamer.kernels.cache import warm_up

    warm_up(say, (TASKS[course.task].medium,))
    window_s = course.spec.window_s if course.task == "sound" else 0.0
    n_read = 0
    with progress.stage("reading the files") as report:

        def advance() -> None:
            nonlocal n_read
            n_read += 1
            report(n_read / len(dataset), f"{n_read} of {len(dataset)}")

        inspection = inspect(dataset, advance, window_s=window_s)
    Console(stderr=True).print(inspection_table(inspection))
    inspection.check()
    return inspection


def _write(account: Account, course: TrainingTask, output: Path) -> None:
    """Write model and card; what was there before stays until the new one is whole."""
    from streamer.model.file import write_model_file
    from streamer.system import write_atomically
    from streamer.training.card import card_page

    spec = account.spec(course.spec)
    write_model_file(output, account.learned.flatbuffer, spec, account.learned.labels)
    write_atomically(_card_path(output), card_page(account, spec, output.stat().st_size).encode(), "card")


@contextlib.contextmanager
def _working_folder(output: Path) -> Iterator[Path]:
    """Make a folder beside the output that is gone afterwards, whatever happens."""
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


def _command(
    task: str,
    data: Path,
    output: Path,
    groups: str,
    test: Sequence[str],
    n_folds: int | None,
    epochs: int | None,
    seed: int,
    int8: bool,
    window_s: float | None,
    false_alarms: float | None,
) -> str:
    """Return the command that does the same again."""
    options: list[object] = ["streamer", "train", task, data, "-o", output]
    options += ["--groups", groups] if groups else []
    options += [part for group in test for part in ("--test", group)]
    requests = {"--folds": n_folds, "--epochs": epochs, "--seed": seed or None, "--window": window_s}
    requests |= {"--false-alarms": false_alarms}
    options += [part for name, value in requests.items() if value is not None for part in (name, value)]
    options += ["--int8"] if int8 else []
    return shlex.join(str(option) for option in options)
