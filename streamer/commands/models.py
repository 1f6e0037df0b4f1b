"""`streamer models`: list the shipped models, show the cards of some, or check that they get the right features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from streamer.build import kernels_for
from streamer.commands import put, result_console, say
from streamer.console import SafeConsole
from streamer.errors import ExitCode, StreamerError, UserError
from streamer.kernels.load import warm_up
from streamer.model.file import ModelFile, find_model, read_model_file, shipped_models_directory
from streamer.model.toml_text import toml_text
from streamer.tasks import TASKS
from streamer.text import file_size


def show_models(names: Sequence[str], sidecar: str = "") -> int:
    """Print a card for each model named; without any, a table of the shipped models.

    Returns
    -------
    int
        Exit code: 2 if a model cannot be read; the others are shown all the same.

    Raises
    ------
    UserError
        If a sidecar is named for no model or for several.
    """
    _check_sidecar(names, sidecar)
    if not names:
        return _list_shipped()
    console = SafeConsole()
    code = 0
    for name in names:
        try:
            model = read_model_file(find_model(name), sidecar or None)
        except StreamerError as error:
            console.print(Text(f"{error}\n", "red"), soft_wrap=True)
            code = error.exit_code
            continue
        console.print(_card(model))
    return code


def check_models(names: Sequence[str], sidecar: str = "") -> int:
    """Run models on the made input of their check, the shipped ones if none is named; say which are fed wrongly.

    Of a model without a check, the one that would be right for it as it is fed now is printed.

    Returns
    -------
    int
        Exit code: 0 if all give the scores that they must, 1 if one does not, 2 if one has no check or cannot be read.

    Raises
    ------
    UserError
        If a sidecar is named for no model or for several.
    """
    _check_sidecar(names, sidecar)
    code = ExitCode.OK
    for name in names or [path.stem for path in _shipped()]:
        try:
            code = max(code, _check(read_model_file(find_model(name), sidecar or None)))
        except StreamerError as error:
            say(str(error))
            code = max(code, error.exit_code)
    return code


def _check(model: ModelFile) -> ExitCode:
    """Check one model; print what it gives."""
    from streamer.offline.check import check_model, differing, measured_check

    spec, check = model.spec, model.spec.check
    warm_up(say, (TASKS[spec.task].medium,), kernels_for([model]))
    if check is None:
        for line in toml_text({"check": measured_check(model).model_dump()}).strip().splitlines():
            put(line)
        say(
            f"model={spec.name} must have a check to be checked; if these scores are those of the program that the "
            "model comes from, append this to its sidecar"
        )
        return ExitCode.MISTAKE
    scores = check_model(model, check)
    wrong = differing(scores, check)
    what = f"{check.seconds:g} s of {check.signal}, {len(scores)} labels, within {check.tolerance:g}"
    if not wrong:
        put(f"{spec.name}: ok ({what})")
        return ExitCode.OK
    put(f"{spec.name}: fed the wrong features: {len(wrong)} of its scores differ ({what})")
    for each in wrong:
        put(f"    {each.label}: {each.found:.4f}, and must be {each.expected:.4f}")
    put(
        f"    it is fed with: {spec.front_end.summary()}; mean {spec.normalisation.mean:g}, "
        f"std {spec.normalisation.std:g}, activation {spec.activation}"
    )
    return ExitCode.FAILURE


def _check_sidecar(names: Sequence[str], sidecar: str) -> None:
    if sidecar and len(names) != 1:
        raise UserError(f"sidecar={sidecar} must describe one model; name that model, and no other")


def _shipped() -> list[Path]:
    return sorted(shipped_models_directory().glob("*.tflite"))


def _list_shipped() -> int:
    table = Table("model", "for", "labels", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for path in _shipped():
        model = read_model_file(path)
        table.add_row(model.spec.name, model.spec.task, Text(_some(model.labels, 14)))
    console = result_console()
    console.print(table)
    console.print("\nstreamer models NAME shows the card of one", style="dim")
    return 0


def _card(model: ModelFile) -> Table:
    spec = model.spec
    table = Table(title=Text(f"{spec.name}  {model.path}", "bold"), title_justify="left", box=None, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")

    def add(name: str, value: object) -> None:
        if value:
            table.add_row(name, Text(str(value)))

    add("about", spec.description)
    add("for", spec.task)
    add("labels", f"{len(model.labels)}: {_some(model.labels, 60)}")
    add("takes", spec.front_end.summary())
    if spec.task == "sound":
        add("window", f"{spec.window_s:.3f} s every {spec.stride_s:.3f} s")
    else:
        add("window", f"{_images(spec.window.n_frames)} every {_images(spec.window.stride)}")
    add("size", file_size(model.path.stat().st_size))
    events = spec.events
    own = [label.on for label in events.labels.values() if label.on is not None]
    each = f"{min(own):g} … {max(own):g}, each label at its own" if own else f"{events.on:g}, end below {events.off:g}"
    add("events", f"begin at {each}; {events.confirm} of {events.confirm_of} windows")
    add("data", spec.card.training_data)
    add("licence", spec.card.licence)
    add("attribution", spec.card.attribution)
    add("accuracy", "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in spec.card.accuracy.items()))
    add("limits", spec.card.limits)
    add("made by", spec.card.made_by)
    table.add_row("", "")
    return table


def _images(n_images: int) -> str:
    return f"{n_images} image{'s' if n_images != 1 else ''}"


def _some(labels: Sequence[str], most: int) -> str:
    """Name the first of many labels, and how many more there are."""
    named = ", ".join(labels[:most])
    return named if len(labels) <= most else f"{named} and {len(labels) - most} more"
