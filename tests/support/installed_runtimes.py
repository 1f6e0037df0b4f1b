"""TFLite runtimes to test with: all that are installed, or the one that STREAMER_TEST_RUNTIME names."""

from __future__ import annotations

import os
from typing import get_args

from streamer.config import RuntimeName
from streamer.errors import UserError
from streamer.model.runtime import find_runtime


def _installed() -> list[RuntimeName]:
    found: list[RuntimeName] = []
    for name in get_args(RuntimeName):
        try:
            found += [name] if find_runtime(name).name == name else []  # auto is one of the others
        except UserError:
            continue
    return found


# A named runtime that is missing fails the tests instead of skipping them.
RUNTIMES: list[str] = (
    [os.environ["STREAMER_TEST_RUNTIME"]] if "STREAMER_TEST_RUNTIME" in os.environ else [*_installed()]
)
