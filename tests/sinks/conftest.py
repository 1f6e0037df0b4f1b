from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disks import mounted_disk


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 kB."""
    with mounted_disk(tmp_path / "disk", "40k") as folder:
        yield folder
