"""Short forms of names for the headings of narrow columns, still told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence


def abbreviate(names: Sequence[str], width: int) -> list[str]:
    """Shorten names to at most ``width`` characters, each different from the others where that can be.

    Names of several words become the beginnings of their words (``sea_waves`` → ``seawav``), single words their
    beginning (``helicopter`` → ``helico``). Where two come out alike, letters from the name's end, and at last
    numbers, tell them apart.

    Parameters
    ----------
    names : sequence of str
    width : int
        At least 1.
    """
    short: list[str] = []
    for name in names:
        short.append(next(form for form in _forms(name, width, len(names)) if form not in short))
    return short


def _forms(name: str, width: int, n_names: int) -> list[str]:
    """Short forms of a name, best first, more than there are names."""
    words = [word for word in re.split(r"[\W_]+", name) if word] or [name]
    text = name if len(name) <= width else _share_out(words, width)
    endings = [text[: width - 1] + letter for letter in reversed(name) if letter.isalnum()] if width > 1 else []
    numbers = range(2, n_names + 2)
    # Where a column is too narrow for so many numbers, wider than asked is better than two columns of one name.
    return [text, *endings, *(_numbered(text, n, width) for n in numbers), *(f"{text}{n}" for n in numbers)]


def _share_out(words: list[str], width: int) -> str:
    """Begin as many words as there is room for, each with its share of the width."""
    words = words[:width]
    lengths = [0] * len(words)
    for _ in range(width):
        # One letter at a time to the word that has fewest, of those that have more to give; the first wins.
        open_places = [i for i, word in enumerate(words) if lengths[i] < len(word)]
        if not open_places:
            break
        lengths[min(open_places, key=lambda i: lengths[i])] += 1
    return "".join(word[:length] for word, length in zip(words, lengths, strict=True))


def _numbered(text: str, number: int, width: int) -> str:
    digits = str(number)
    return text[: max(0, width - len(digits))] + digits
