"""Divide a panel into the lines and columns that every kind of panel has."""

from __future__ import annotations

from dataclasses import dataclass

_SPLIT_WIDTH = 58  # cells from which labels and events stand side by side
_RULE_HEIGHT = 14  # lines from which a rule separates the health from the rest


@dataclass(frozen=True)
class PanelPlan:
    """Lines and columns of a panel of this size: frame, two halves of labels and events, health.

    Parameters
    ----------
    width, height : int
        Size in cells, frame included.
    n_problems : int
        Lines for problems, above the health.
    """

    width: int
    height: int
    n_problems: int = 0

    @property
    def inner(self) -> int:
        """Cells between the two sides of the frame, less one space at either side."""
        return self.width - 4

    @property
    def is_split(self) -> bool:
        """Whether labels and events stand side by side."""
        return self.width >= _SPLIT_WIDTH

    @property
    def left(self) -> int:
        """Cells of the labels."""
        return self.inner * 11 // 20 if self.is_split else self.inner

    @property
    def right(self) -> int:
        """Cells of the events."""
        return self.inner - self.left - 3 if self.is_split else self.inner

    @property
    def joints(self) -> list[int]:
        """Columns of the panel in which a bar stands between labels and events."""
        return [self.left + 3] if self.is_split else []

    @property
    def n_rules(self) -> int:
        """Number of lines of the rule above the health: 0 or 1."""
        return int(self.height >= _RULE_HEIGHT)

    @property
    def n_health(self) -> int:
        """Number of lines of the health."""
        if self.height < 8:
            return 0
        if self.width >= 136 or self.height < 16:
            return 1
        return 2 if self.width >= 64 or self.height < 22 else 3

    @property
    def n_lines(self) -> int:
        """Number of lines for everything else, between the upper edge of the frame and the health."""
        return self.height - 2 - self.n_problems - self.n_health - self.n_rules
