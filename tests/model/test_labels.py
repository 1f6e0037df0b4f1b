"""Label lists that can be shown and told apart."""

import pytest

from streamer.errors import UserError
from streamer.model.file import check_labels, parse_labels


def test_lines_are_labels_whatever_ends_them() -> None:
    assert parse_labels(b"dog\r\nclock tick\r\n\n", "x") == ("dog", "clock tick")
    assert parse_labels("Vögel".encode(), "x") == ("Vögel",)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", r"label 0='' must be 1 to 200 printable"),
        (b"dog\n\ncat\n", r"label 1='' must be"),
        (b"dog\ncat\ndog\n", r"label 2='dog' must be unique"),
        (b"dog\n\xff\xfe\n", "UTF-8"),
        (b"dog\n\x1b[2Jcat\n", r"label 1='\\x1b\[2Jcat' must be"),
        (b"d" * 201, "label 0"),
        (b"\0" * 10, "label 0"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, told: str) -> None:
    with pytest.raises(UserError, match=rf"^list\.txt: .*{told}"):
        parse_labels(data, "list.txt")


def test_a_label_given_with_blanks_around_is_refused() -> None:
    with pytest.raises(UserError, match="' dog'"):
        check_labels((" dog",), "x")
