"""Placeholder until engineer S's measurement is here."""

from __future__ import annotations

from streamer.features.pattern import PatternFrame
from streamer.messages import Spatial


def measure_spatial(frame: PatternFrame) -> Spatial | None:
    """Find nothing."""
    return None
