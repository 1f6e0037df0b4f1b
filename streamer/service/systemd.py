"""Services of systemd: their files written, and the manager told."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

from streamer.address import hides_something
from streamer.config import Config, default_text, load_config
from streamer.errors import StreamerError, UserError
from streamer.service.unit import HOMES, MARK, Scope, Service, environment_file, unit_name, unit_text
from streamer.system import write_atomically

SETTINGS = Path("/etc/streamer")  # of the services of the system
OUT_OF_REACH = (*HOMES, "/tmp", "/var/tmp")  # of a service of the system
SYSTEM_UNITS = Path("/etc/systemd/system")

INSTEAD = {
    "darwin": "on macOS let launchd run `streamer run --log`: a plist with KeepAlive in ~/Library/LaunchAgents",
    "win32": "on Windows let the Task Scheduler run `streamer run --log` at log-on, restarted when it fails",
}


def check_platform() -> None:
    """Refuse where there is no systemd.

    Raises
    ------
    UserError
        Says what to use instead.
    """
    if sys.platform != "linux":
        other = INSTEAD.get(sys.platform, "let the service manager of this system run `streamer run --log`")
        raise UserError(f"service={sys.platform} must be a system with systemd; {other}")


def unit_folder(scope: Scope) -> Path:
    """Return the folder of unit files."""
    return SYSTEM_UNITS if scope == "system" else platformdirs.user_config_path() / "systemd" / "user"


def settings_of_system(name: str, given: Path | None) -> tuple[Path, Config, str]:
    """Return where the settings of a service of the system lie, their values, and their text if it must be put there.

    Settings in somebody's home are copied to ``/etc/streamer``: the service runs under another account, which may
    not look there. Without any, those in ``/etc/streamer`` are used, or the defaults are put there to be edited.

    Raises
    ------
    UserError
        If there are others of that name already, or they hold a password.
    """
    place = SETTINGS / f"{name}.toml"
    if given is None:
        return (place, load_config(place), "") if place.exists() else (place, Config(), default_text())
    given = given.expanduser().absolute()
    config = load_config(given)
    _check_secrets(given, config, environment_file(name))
    if not any(given.resolve().is_relative_to(folder) for folder in OUT_OF_REACH):
        return given, config, ""
    text = given.read_text(encoding="utf-8")
    if place.exists() and place.read_text(encoding="utf-8") != text:
        raise UserError(f"config={given} must not replace {place}, which differs; edit or remove that, or use --name")
    return place, config, text


def _check_secrets(path: Path, config: Config, environment: Path) -> None:
    """Refuse secrets that every user could read, and those that the service could not."""
    sources = [stream.source for stream in config.streams]
    if any(hides_something(source) and "${" not in source for source in sources):
        reason = "hold no password, for every user may read the settings of a service"
    elif any("${file:" in source for source in sources):
        reason = "name no files with secrets, which the service may not read"
    else:
        return
    raise UserError(f"config={path} must {reason}; write ${{NAME}} in its place, and NAME=… into {environment}")


def install(service: Service, settings: str) -> Path:
    """Write the unit file, and the settings where there is text for them; enable and start the service.

    Raises
    ------
    StreamerError
        If a file cannot be written, or the manager refuses.
    """
    unit = unit_name(service.name)
    path = unit_folder(service.scope) / unit
    _check_ours(path)
    try:
        if settings:
            service.config.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StreamerError(f"service={path} must be writable; {error.strerror}") from None
    if settings:
        write_atomically(service.config, settings.encode(), "config")
    write_atomically(path, unit_text(service).encode(), "service")
    _systemctl(service.scope, "daemon-reload")
    _systemctl(service.scope, "enable", unit)
    _systemctl(service.scope, "restart", unit)
    return path


def uninstall(name: str, scope: Scope) -> Path:
    """Stop and disable a service and remove its unit file; settings, clips and recordings stay.

    Raises
    ------
    UserError
        If there is no such service, or the file is not one of streamer's.
    """
    unit = unit_name(name)
    path = unit_folder(scope) / unit
    if not path.exists():
        raise UserError(f"service={unit} must be installed; there is no {path}")
    _check_ours(path)
    _systemctl(scope, "disable", "--now", unit)
    path.unlink()
    _systemctl(scope, "daemon-reload")
    return path


def status(name: str, scope: Scope) -> str:
    """Return what the manager says of a service."""
    return _systemctl(scope, "status", "--no-pager", "--lines=5", unit_name(name), check=False)


def _check_ours(path: Path) -> None:
    """Refuse to touch a unit file that somebody else wrote."""
    with contextlib.suppress(FileNotFoundError):
        if not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            raise UserError(f"service={path} must be a file that streamer wrote; move it away, or use --name")


def _systemctl(scope: Scope, *arguments: str, check: bool = True) -> str:
    """Call systemctl and return what it printed.

    Raises
    ------
    StreamerError
        With its reason where it fails, unless ``check`` is False.
    """
    program = shutil.which("systemctl")
    if program is None:
        raise UserError("service=systemctl must be there; print the unit with streamer service print, for elsewhere")
    command = [program, *(["--user"] if scope == "user" else []), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, env=os.environ | {"LC_ALL": "C.UTF-8"}
    )
    if check and done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise StreamerError(f"service={' '.join(arguments)} must succeed; systemctl: {reason[0]}")
    return done.stdout + done.stderr
