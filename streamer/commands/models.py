"""`streamer models`: list the shipped models, or show the cards of some."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from streamer.commands import result_console
from streamer.console import SafeConsole
from streamer.errors import StreamerError, UserError
from streamer.model.file import ModelFile, find_model, read_model_file, shipped_models_directory
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
    if sidecar and len(names) != 1:
        raise UserError(f"sidecar={sidecar} must describe one model; name that model, and no other")
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


def _list_shipped() -> int:
    table = Table("model", "for", "labels", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for path in sorted(shipped_models_directory().glob("*.tflite")):
        model = read_model_file(path)
        table.add_row(model.spec.name, model.spec.task, Text(", ".join(model.labels)))
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

    labels = ", ".join(model.labels[:24]) + (" …" if len(model.labels) > 24 else "")
    add("about", spec.description)
    add("for", spec.task)
    add("labels", f"{len(model.labels)}: {labels}")
    add("takes", spec.front_end.summary())
    if spec.task == "sound":
        add("window", f"{spec.window_s:.3f} s every {spec.stride_s:.3f} s")
    else:
        add("window", f"{_images(spec.window.n_frames)} every {_images(spec.window.stride)}")
    add("size", file_size(model.path.stat().st_size))
    events = spec.events
    add("events", f"begin at {events.on:g}, end below {events.off:g}; {events.confirm} of {events.confirm_of} windows")
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
