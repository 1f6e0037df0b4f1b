"""Installing services, with a systemctl that only writes down how it is called."""

import os
import sys
from pathlib import Path

import pytest

from streamer.errors import StreamerError, UserError
from streamer.service import systemd
from streamer.service.needs import Needs
from streamer.service.unit import MARK, Service

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no systemd on Windows")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """File in which a systemctl of our own writes how it was called; it fails where the file `refuses` is there."""
    log = tmp_path / "calls"
    log.touch()
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\n[ ! -e {tmp_path}/refuses ] || {{ echo no bus >&2; exit 4; }}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(systemd, "SYSTEM_UNITS", tmp_path / "units")
    monkeypatch.setattr(systemd, "SETTINGS", tmp_path / "etc")
    return log


def a_service(tmp_path: Path) -> Service:
    return Service("barn", "system", tmp_path / "etc" / "barn.toml", Needs(frozenset(("microphone",)), (), ()))


def test_install_writes_both_files_and_starts_and_uninstall_removes_only_the_unit(calls: Path, tmp_path: Path) -> None:
    path = systemd.install(a_service(tmp_path), "# settings\n")
    assert path == tmp_path / "units" / "streamer-barn.service"
    assert f"-c {tmp_path}/etc/barn.toml --log" in path.read_text()
    unit = path.name
    assert calls.read_text().splitlines() == ["daemon-reload", f"enable {unit}", f"restart {unit}"]
    systemd.install(a_service(tmp_path), "")  # once more: replaced
    calls.write_text("")
    assert systemd.uninstall("barn", "system") == path
    assert calls.read_text().splitlines() == [f"disable --now {unit}", "daemon-reload"]
    assert not path.exists()
    assert (tmp_path / "etc" / "barn.toml").read_text() == "# settings\n"
    with pytest.raises(UserError, match="must be installed"):
        systemd.uninstall("barn", "system")


def test_a_unit_file_of_somebody_else_is_left_alone(calls: Path, tmp_path: Path) -> None:
    path = tmp_path / "units" / "streamer-barn.service"
    path.parent.mkdir()
    path.write_text("[Service]\nExecStart=mine\n")
    with pytest.raises(UserError, match="must be a file that streamer wrote"):
        systemd.install(a_service(tmp_path), "")
    with pytest.raises(UserError, match="must be a file that streamer wrote"):
        systemd.uninstall("barn", "system")
    assert path.read_text() == "[Service]\nExecStart=mine\n"
    assert calls.read_text() == ""


def test_the_reason_of_systemctl_is_given(calls: Path, tmp_path: Path) -> None:
    (tmp_path / "refuses").touch()
    with pytest.raises(StreamerError, match="systemctl: no bus"):
        systemd.install(a_service(tmp_path), "")
    assert "no bus" in systemd.status("barn", "user")
    assert calls.read_text().splitlines()[-1] == "--user status --no-pager --lines=5 streamer-barn.service"


def test_without_systemctl_it_is_said(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(UserError, match="service print"):
        systemd.install(a_service(tmp_path), "")


def test_settings_in_a_home_are_copied_and_others_used_where_they_are(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "home" / "barn.toml"
    given.parent.mkdir()
    given.write_text('[[streams]]\nsource = "demo"\n')
    monkeypatch.setattr(systemd, "OUT_OF_REACH", ())
    assert systemd.settings_of_system("barn", given)[::2] == (given, "")
    monkeypatch.setattr(systemd, "OUT_OF_REACH", (str(tmp_path / "home"),))
    place, config, text = systemd.settings_of_system("barn", given)
    assert (place, text) == (tmp_path / "etc" / "barn.toml", given.read_text())
    assert config.streams[0].source == "demo"
    place.parent.mkdir()
    place.write_text(text)
    assert systemd.settings_of_system("barn", given)[2] == text  # the same: no harm
    place.write_text("# edited\n")
    with pytest.raises(UserError, match="must not replace"):
        systemd.settings_of_system("barn", given)
    assert systemd.settings_of_system("barn", None)[::2] == (place, "")
    place.unlink()
    assert systemd.settings_of_system("barn", None)[2].startswith("#")


@pytest.mark.parametrize(
    ("source", "reason"),
    [("rtsp://cam:secret@10.0.0.7/live", "hold no password"), ("rtsp://cam:${file:/p}@10.0.0.7/", "name no files")],
)
def test_secrets_belong_into_the_environment_file(calls: Path, tmp_path: Path, source: str, reason: str) -> None:
    given = tmp_path / "barn.toml"
    given.write_text(f'[[streams]]\nsource = "{source}"\n')
    with pytest.raises(UserError, match=reason) as error:
        systemd.settings_of_system("barn", given)
    assert "/etc/streamer/barn.env" in str(error.value)
    assert "secret@" not in str(error.value)
    given.write_text('[[streams]]\nsource = "rtsp://cam:${PW}@10.0.0.7/live"\n')
    systemd.settings_of_system("barn", given)


@pytest.mark.parametrize(
    ("platform", "instead"), [("darwin", "launchd"), ("win32", "Task Scheduler"), ("aix", "manager")]
)
def test_elsewhere_it_is_said_what_to_use(monkeypatch: pytest.MonkeyPatch, platform: str, instead: str) -> None:
    monkeypatch.setattr("sys.platform", platform)
    with pytest.raises(UserError, match=instead):
        systemd.check_platform()


def test_the_mark_is_in_the_file(calls: Path, tmp_path: Path) -> None:
    assert systemd.install(a_service(tmp_path), "").read_text().startswith(MARK)
