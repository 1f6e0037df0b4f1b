"""Help texts without what says nothing: types of switches, and defaults that mean "not given"."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """A command with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with plain help."""
        return _plain(super().get_params(ctx), ctx)


class PlainGroup(TyperGroup):
    """The program with plain help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with plain help."""
        return _plain(super().get_params(ctx), ctx)


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
