"""The prefix by which a user says what is wanted of a source with sound and images: ``sound:``, ``image:``."""

from __future__ import annotations

from streamer.messages import Medium

MEDIUM_PREFIXES: dict[str, Medium] = {"sound:": "sound", "image:": "images", "images:": "images"}


def without_medium(uri: str) -> tuple[str, str]:
    """Return the prefix of a URI, empty where it has none, and the URI without it."""
    text = uri.lstrip()
    prefix = next((prefix for prefix in MEDIUM_PREFIXES if text.startswith(prefix)), "")
    return prefix, text.removeprefix(prefix) if prefix else uri
