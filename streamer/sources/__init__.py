"""Where sound and images come from: `open_source` turns a URI into an object that fills a ring."""

from __future__ import annotations

from streamer.sources.base import CanReturn, ImageSource, SoundSource, Source, SourceStatus
from streamer.sources.registry import SOURCE_FORMS, medium_of, open_source, shown_source

__all__ = [
    "SOURCE_FORMS", "CanReturn", "ImageSource", "SoundSource", "Source", "SourceStatus", "medium_of", "open_source",
    "shown_source",
]  # fmt: skip
