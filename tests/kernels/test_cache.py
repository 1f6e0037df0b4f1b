"""The directory of compiled kernels: where it is, renewed when sources change, removed when unused."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamer.kernels.cache import KEPT_S, cache_directory, drop_unused, kernel_directory
from tests.support.paths import ROOT


def test_editing_any_kernel_file_changes_the_cache_directory(tmp_path: Path) -> None:
    copy = tmp_path / "streamer"
    shutil.copytree(ROOT / "streamer", copy, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from streamer.kernels.cache import kernel_directory; print(kernel_directory())"
    environment = {**os.environ, "STREAMER_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}

    def directory() -> str:
        return subprocess.run(
            [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout

    before = directory()
    assert directory() == before
    simd_file = copy / "kernels" / "simd.py"  # numba itself looks at logmel.py only
    simd_file.write_text(simd_file.read_text().replace("e * 0.693359375", "e * 0.7"))
    assert directory() != before


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"STREAMER_CACHE_DIR": "/a", "NUMBA_CACHE_DIR": "/b", "XDG_CACHE_HOME": "/c"}, "/a"),
        ({"NUMBA_CACHE_DIR": "/b", "XDG_CACHE_HOME": "/c"}, "/b"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/streamer"),
        ({"HOME": "/home/someone"}, "/home/someone/.cache/streamer"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other platforms keep caches elsewhere")
def test_the_cache_directory(environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STREAMER_CACHE_DIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache_directory()[0] == Path(expected)


def test_whether_the_cache_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tmp_path / "not" / "yet" / "there"
    monkeypatch.setenv("STREAMER_CACHE_DIR", str(wanted))
    assert cache_directory() == (wanted, True)
    assert not (tmp_path / "not").exists()  # asking creates nothing
    assert kernel_directory() is not None
    (tmp_path / "file").touch()
    monkeypatch.setenv("STREAMER_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert cache_directory() == (tmp_path / "file" / "below", False)
    assert kernel_directory() is None


def test_kernels_of_long_unused_versions_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMER_CACHE_DIR", str(tmp_path))
    own = kernel_directory()
    assert own is not None
    old_s, recent_s = time.time() - KEPT_S - 60, time.time() - KEPT_S + 60
    ages_s = {"kernels-0123456789abcdef": old_s, "kernels-fedcba9876543210": recent_s, "kernels-of-others": old_s}
    for name, used_s in ages_s.items():
        (tmp_path / name / "below").mkdir(parents=True)
        (tmp_path / name / "below" / "push.nbc").write_bytes(b"code")
        os.utime(tmp_path / name, (used_s, used_s))
    os.utime(own, (old_s, old_s))
    assert kernel_directory() == own  # a start renews it
    drop_unused()
    drop_unused()
    assert {path.name for path in tmp_path.iterdir()} == {own.name, "kernels-fedcba9876543210", "kernels-of-others"}
