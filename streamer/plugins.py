"""Plug-ins: what other installed packages add to streamer, without a change to it.

A package names an object under one of the entry-point groups ``streamer.sources``, ``streamer.sinks`` and
``streamer.front_ends``, so in its ``pyproject.toml``::

    [project.entry-points."streamer.sinks"]
    csv = "streamer_csv:CSV"

What the object must be, the registry of the group says: `sources/registry.py`, `sinks/registry.py` and
`features/base.py`; worked examples lie under `examples/plugins/`. Plug-ins are looked for only when nothing built in
has the name, so none can replace a built-in one, and one that fails to load keeps no other from loading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from streamer.errors import StreamerError, UserError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PlugInT = TypeVar("PlugInT")

REMEDY = "update or uninstall that package"


class PlugIns(Generic[PlugInT]):
    """The plug-ins of one entry-point group; each is imported when it is asked for.

    Parameters
    ----------
    group : str
        Name of the group.
    kind : type
        Class that the objects named by the entry points must have.
    check : callable, optional
        Given the name and the object, returns what the object must be and is not; "" where all is well.
    """

    def __init__(
        self, group: str, kind: type[PlugInT], check: Callable[[str, PlugInT], str] = lambda name, plug_in: ""
    ) -> None:
        self.group = group
        self._kind = kind
        self._check = check
        self._loaded: dict[str, PlugInT | UserError] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all that are installed, in alphabetical order, whether they work or not."""
        return tuple(self._entries)

    def package(self, name: str) -> str:
        """Return the name of the package that brings a plug-in."""
        return " and ".join(entry.dist.name if entry.dist else entry.value for entry in self._entries[name])

    def get(self, name: str) -> PlugInT | None:
        """Return a plug-in; None where none of this name is installed.

        Raises
        ------
        UserError
            If it cannot be loaded, is not what it should be, or two packages claim the name.
        """
        if name not in self._entries:
            return None
        if name not in self._loaded:
            try:
                self._loaded[name] = self._load(name)
            except UserError as error:
                self._loaded[name] = error
        loaded = self._loaded[name]
        if isinstance(loaded, UserError):
            raise loaded
        return loaded

    def working(self) -> dict[str, PlugInT]:
        """Return all plug-ins that can be loaded, by name; of each other one, log a line when it is met first."""
        found = {}
        for name in self.names:
            is_new = name not in self._loaded
            try:
                plug_in = self.get(name)
            except UserError as error:
                if is_new:
                    warn(str(error))
                continue
            if plug_in is not None:
                found[name] = plug_in
        return found

    @contextmanager
    def blamed(self, name: str) -> Iterator[None]:
        """Turn an unexpected error inside the block into one that names the plug-in and its package."""
        try:
            yield
        except StreamerError:
            raise
        except Exception as error:
            raise StreamerError(f"{self._title(name)} failed: {_reason(error)}; {REMEDY}") from error

    @cached_property
    def _entries(self) -> dict[str, list[EntryPoint]]:
        from importlib.metadata import entry_points  # late: `--help` does without it

        found: dict[str, list[EntryPoint]] = {}
        for entry in sorted(entry_points(group=self.group), key=lambda entry: entry.name):
            found.setdefault(entry.name, []).append(entry)
        return found

    def _load(self, name: str) -> PlugInT:
        entries = self._entries[name]
        if len(entries) > 1:
            raise UserError(f"plug-in={name} must come from one package; uninstall one of {self.package(name)}")
        try:
            loaded = entries[0].load()
        except Exception as error:  # a stranger's module may raise anything
            raise UserError(f"{self._title(name)} must load; {_reason(error)}; {REMEDY}") from error
        if not isinstance(loaded, self._kind):
            raise UserError(f"{self._title(name)} must be a {self._kind.__name__}; {REMEDY}")
        if rule := self._check(name, loaded):
            raise UserError(f"{self._title(name)} must {rule}; {REMEDY}")
        return loaded

    def _title(self, name: str) -> str:
        return f"plug-in={name} of the package {self.package(name)} ({self.group})"


def warn(text: str) -> None:
    """Log a warning of streamer; without any logging set up, Python prints it to standard error."""
    import logging

    logging.getLogger("streamer").warning("streamer: %s", text)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")
