"""Help texts without what says nothing (types of switches, defaults that mean "not given"); errors without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from streamer.address import without_secrets
from streamer.safe_text import safe_lines

MOST = 1e10  # of any option: seconds, hertz, files


class PlainCommand(TyperCommand):
    """A command with plain help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments; an error shows no secrets."""
        with _without_secrets():
            rest = super().parse_args(ctx, args)
            for parameter in self.get_params(ctx):
                _check_number(ctx.params.get(parameter.name), parameter, ctx)
            return rest

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with plain help."""
        return _plain(super().get_params(ctx), ctx)


class PlainGroup(TyperGroup):
    """The program with plain help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments; an error shows no secrets."""
        with _without_secrets():
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named first; an error shows no secrets."""
        with _without_secrets():
            return super().resolve_command(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with plain help."""
        return _plain(super().get_params(ctx), ctx)


def _check_number(value: object, parameter: Any, ctx: Any) -> None:
    """Refuse inf, nan and numbers beyond all use, which no range of an option excludes."""
    if isinstance(value, int | float) and not abs(value) <= MOST:
        raise typer.BadParameter(f"{value:g} is not a number from {-MOST:g} to {MOST:g}.", ctx=ctx, param=parameter)


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Take secrets out of the messages of errors in arguments, which quote them."""
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):
            error.message = safe_lines(without_secrets(message))  # type: ignore[attr-defined]
        raise


def _plain(parameters: list[Any], ctx: Any) -> list[Any]:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif not parameter.required and parameter.default in (0, "", None):
            parameter.show_default = False
        shown = getattr(parameter, "display_type_rich", None)  # none in older versions of typer
        if parameter.param_type_name == "argument" and shown and "|" not in (shown(ctx) or ""):
            parameter.display_type_rich = lambda ctx: None  # the name says it
    return parameters
