"""What `streamer doctor` says of plug-ins, settings and memory."""

from pathlib import Path

import pytest

from streamer.features import base as front_ends
from streamer.sinks import registry as sinks
from tests.support.bands import run_here
from tests.support.plugins import install, look_again


def test_plug_ins_are_listed_and_broken_ones_are_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.syspath_prepend(tmp_path)
    module = "from streamer.sinks.registry import SinkKind\nNULL = SinkKind('', lambda argument, settings: None)"
    install(tmp_path, "null-sink", "streamer.sinks", {"null": "NULL", "log": "NULL"}, module)
    install(tmp_path, "cracked", "streamer.front_ends", {"crack": "CRACK"}, "import no_such_module_here")
    for plug_ins in (sinks.PLUG_INS, front_ends.PLUG_INS):
        look_again(monkeypatch, plug_ins)
    done = run_here("doctor")
    assert done.returncode == 1
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "ok plug-in null streamer.sinks of the package null-sink" in lines
    taken = "!! plug-in log streamer.sinks of the package null-sink is not used: a built-in one has this name"
    assert taken in lines
    broken = next(line for line in lines if line.startswith("!! plug-in crack"))
    assert "must load; ModuleNotFoundError: No module named 'no_such_module_here'" in broken
    assert "→ update or uninstall that package" in lines


def test_settings_with_a_password_that_all_may_read_are_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    config = tmp_path / "streamer" / "config.toml"
    config.parent.mkdir()
    config.write_text('[[streams]]\nsource = "rtsp://admin:hunter2@10.0.0.1/live"\n')
    config.chmod(0o644)
    done = run_here("doctor")
    assert done.returncode == 1
    assert f"→ chmod 600 {config}" in " ".join(done.stdout.split())
    assert "hunter2" not in done.stdout


@pytest.mark.parametrize(("buffers_mb", "mark"), [(0.0, "ok"), (300.0, "!!")])
def test_the_memory_of_buffers_is_shown_and_too_much_of_it_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buffers_mb: float, mark: str
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for module in ("streamer.commands.doctor", "streamer.runtime.buffers"):
        monkeypatch.setattr(f"{module}.machine_bytes", lambda: 512 * 10**6)
    (tmp_path / "streamer").mkdir()
    (tmp_path / "streamer" / "config.toml").write_text(f"[memory]\nbuffers_mb = {buffers_mb}")
    lines = [" ".join(line.split()) for line in run_here("doctor").stdout.splitlines()]
    most = f"{buffers_mb or 64.0:.0f}"
    assert f"{mark} memory 0.5 GB, of which buffers take at most {most} MB (memory.buffers_mb)" in lines
