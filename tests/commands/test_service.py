"""`streamer service` by its options."""

import sys
from pathlib import Path

import pytest

from streamer.commands import service
from streamer.errors import UserError
from tests.support.bands import streamer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "barn.toml"
    path.write_text('[[streams]]\nsource = "http://10.0.0.7/video"\n')
    return path


def test_print_shows_what_install_would_write(config: Path) -> None:
    done = streamer("service", "print", "--system", "--name", "barn", "-c", config)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "ExecStart=" in done.stdout
    assert "-c /etc/streamer/barn.toml --log" in done.stdout  # a copy: the folder of temporary files is its own
    assert "RuntimeDirectory=streamer/barn" in lines
    assert "PrivateDevices=yes" in lines
    done = streamer("service", "print", "--user", "-c", config)
    assert f"-c {config} --log" in done.stdout
    assert f"WorkingDirectory={Path.cwd()}" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("print", "--system", "--name", "../x"), "must be letters, digits"),
        (("print", "--system", "--account", "no-such-user"), "must be a user of this machine"),
        (("print", "--user", "--account", "root"), "must be left out with --user"),
        (("print", "--system", "-c", "/no/such.toml"), "must be an existing file"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], reason: str) -> None:
    done = streamer("service", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_service_needs_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "file_in_force", lambda path: None)
    with pytest.raises(UserError, match="must be given with --user"):
        service.print_unit("streamer", "user", None, "")


def test_a_service_of_the_system_is_installed_by_root_alone(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(UserError, match="sudo"):
        service.install("barn", "system", config, "")
    with pytest.raises(UserError, match="sudo"):
        service.uninstall("barn", "system")
