"""The cache of compiled kernels: kept between runs, repaired, renewed when sources change, removed when unused."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamer.kernels.cache import KEPT_S, cache_directory, drop_unused, kernel_directory
from tests.support.paths import ROOT

# As a user's program does it: warm up, compute, say what was reported and which code ran.
PROGRAM = """
import numpy as np
from streamer.features.logmel import LogMel
from streamer.features.logmel_settings import STANDARD
from streamer.kernels.cache import warm_up
warm_up(lambda line: print("report:", line))
warm_up(lambda line: print("again:", line))
from streamer.kernels.logmel import push
x = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
print("frames:", LogMel(STANDARD).push(x).tobytes().hex())
print("hits:", sum(push.stats.cache_hits.values()))
"""


def start(cache: Path, prelude: str = "") -> subprocess.Popen[str]:
    environment = {**os.environ, "STREAMER_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", prelude + PROGRAM], stdout=subprocess.PIPE, text=True, env=environment
    )


def finish(process: subprocess.Popen[str]) -> dict[str, str]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return dict(line.split(": ", 1) for line in output.splitlines())


def test_first_run_compiles_later_runs_load_and_damage_is_repaired(tmp_path: Path) -> None:
    first = finish(start(tmp_path))
    assert first["report"].startswith("compiling kernels (first run only")
    assert "again" not in first
    second = finish(start(tmp_path))
    assert "report" not in second
    assert (first["hits"], second["hits"]) == ("0", "1")
    for file in tmp_path.rglob("*.nb[ci]"):
        file.write_bytes(file.read_bytes()[:100])
    third, fourth = finish(start(tmp_path)), finish(start(tmp_path))
    assert (third["hits"], fourth["hits"]) == ("0", "1")
    assert first["frames"] == second["frames"] == third["frames"] == fourth["frames"]


def test_two_processes_may_compile_at_once(tmp_path: Path) -> None:
    both = [start(tmp_path), start(tmp_path)]
    first, second = (finish(process) for process in both)
    third = finish(start(tmp_path))
    assert first["frames"] == second["frames"] == third["frames"]
    assert third["hits"] == "1"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes there")
def test_kernels_work_without_a_writable_cache(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("not a directory")
    output = finish(start(occupied))
    assert output["report"].startswith("compiling kernels (at every start")
    assert output["hits"] == "0"
    assert occupied.read_text() == "not a directory"
    full_disk = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
    output = finish(start(tmp_path / "full", prelude=full_disk))
    assert output["hits"] == "0"


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


def test_a_start_removes_the_kernels_of_old_versions(tmp_path: Path) -> None:
    left = tmp_path / "kernels-0123456789abcdef"
    left.mkdir()
    os.utime(left, (0, 0))
    finish(start(tmp_path))
    assert not left.exists()


LOADED = """
import sys
from streamer.kernels.cache import warm_up
warm_up(lambda line: None, media=("{kind}",))
loaded = [name.rpartition(".")[2] for name in sys.modules if name.startswith("streamer.kernels.")]
print(sorted({{"logmel", "image_fft", "polar"}} & set(loaded)))
"""


@pytest.mark.parametrize(("kind", "loaded"), [("sound", "['logmel']"), ("images", "['image_fft', 'polar']")])
def test_a_stream_loads_only_its_own_kernels(kind: str, loaded: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(kind=kind)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == loaded
