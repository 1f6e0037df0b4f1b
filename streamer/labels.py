"""Label lists: one name for each score of a model, in its order."""

from __future__ import annotations

from streamer.errors import UserError

LABEL_LIMIT = 200  # characters of one label


def parse_labels(data: bytes, where: str) -> tuple[str, ...]:
    """Read a label list: UTF-8 text, one label per line.

    Raises
    ------
    UserError
        If it is no such text, or :func:`check_labels` refuses it.
    """
    try:
        lines = data.decode().rstrip().split("\n")
    except UnicodeDecodeError:
        raise UserError(f"{where}: must be UTF-8 text, one label per line") from None
    labels = tuple(line.strip() for line in lines)
    check_labels(labels, where)
    return labels


def check_labels(labels: tuple[str, ...], where: str) -> None:
    """Check that labels can be shown on a terminal and told apart.

    Raises
    ------
    UserError
        Naming the first that is empty, long, not printable or not unique.
    """
    seen = set()
    for i, label in enumerate(labels):
        if not 0 < len(label) <= LABEL_LIMIT or not label.isprintable() or label != label.strip():
            raise UserError(
                f"{where}: label {i}={label[:LABEL_LIMIT]!r} must be 1 to {LABEL_LIMIT} printable characters"
            )
        if label in seen:
            raise UserError(f"{where}: label {i}={label!r} must be unique; name the two apart")
        seen.add(label)
