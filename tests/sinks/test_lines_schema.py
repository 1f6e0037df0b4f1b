"""The types of JSON lines against the lines themselves, and the schema that travels against the types."""

import json

import pytest
from pydantic import ValidationError

from streamer.sinks.jsonlines import to_json
from streamer.sinks.lines_schema import lines_schema, read_line, shipped_schema
from tests.support.messages import HEALTH, IMAGE_MESSAGES, MESSAGES
from tests.support.paths import GOLDEN

LINES = [line for name in ("lines", "lines_images") for line in (GOLDEN / f"{name}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_every_golden_line_is_of_one_type(line: str) -> None:
    values = json.loads(line)
    read = read_line(line).model_dump(mode="json", exclude_unset=True)
    assert read == values


@pytest.mark.parametrize("line", [LINES[0], LINES[2]])
def test_a_line_with_another_key_or_without_one_is_of_no_type(line: str) -> None:
    values = json.loads(line)
    with pytest.raises(ValidationError):
        read_line(json.dumps(values | {"colour": "red"}))
    with pytest.raises(ValidationError):
        read_line(json.dumps({key: value for key, value in values.items() if key != "stream"}))


def test_lines_of_all_messages_have_a_type() -> None:
    types = {type(read_line(to_json(message))).__name__ for message in (*MESSAGES, *IMAGE_MESSAGES, HEALTH)}
    assert len(types) >= 12


def test_the_shipped_schema_is_that_of_the_types() -> None:
    """After a change: python -m streamer.sinks.lines_schema > streamer/sinks/lines.schema.json."""
    assert shipped_schema() == lines_schema()
