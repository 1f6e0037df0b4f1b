"""`streamer service`: a run under systemd."""

from __future__ import annotations

import os
import re
from pathlib import Path

from streamer.commands import put, say
from streamer.commands.health import show_health
from streamer.config import file_in_force, load_config
from streamer.errors import UserError
from streamer.service import systemd
from streamer.service.needs import needs_of
from streamer.service.unit import Scope, Service, environment_file, unit_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def print_unit(name: str, scope: Scope | None, config: Path | None, account: str) -> int:
    """Print the unit file that `install` would write; return 0."""
    systemd.check_platform()
    service, _ = _service(name, scope, config, account)
    for line in unit_text(service).splitlines():
        put(line)
    return 0


def install(name: str, scope: Scope | None, config: Path | None, account: str) -> int:
    """Write, enable and start the service; return 0."""
    systemd.check_platform()
    service, settings = _service(name, scope, config, account)
    _check_rights(service.scope)
    path = systemd.install(service, settings)
    put(f"{path.name} is enabled and started: {path}")
    put(f"settings: {service.config}")
    if service.scope == "system":
        put(f"variables and passwords, if there are any: {environment_file(service.name)}")
        put(f"clips and other relative paths: /var/lib/streamer/{service.name}")
    elif os.environ.get("USER") and not Path(f"/var/lib/systemd/linger/{os.environ['USER']}").exists():
        put("it runs while you are logged in; to have it run always: loginctl enable-linger")
    put(f"how it fares: streamer health {service.name}")
    return 0


def uninstall(name: str, scope: Scope | None) -> int:
    """Stop the service and remove its unit file; return 0."""
    systemd.check_platform()
    scope = _scope(scope)
    _check_rights(scope)
    path = systemd.uninstall(_checked(name), scope)
    put(f"stopped and removed: {path}")
    if scope == "system":
        say(f"kept: {systemd.SETTINGS}/{name}.toml, /var/lib/streamer/{name}")
    return 0


def show_status(name: str, scope: Scope | None) -> int:
    """Print what the manager and the service say of it; return the exit code of `streamer health`."""
    systemd.check_platform()
    scope = _scope(scope)
    for line in systemd.status(_checked(name), scope).splitlines():
        put(line)
    return show_health(name)


def _service(name: str, scope: Scope | None, config: Path | None, account: str) -> tuple[Service, str]:
    """Return the service that is asked for, and the text of settings to put into their place first."""
    scope = _scope(scope)
    if scope == "system":
        _check_account(account)
        place, settings, text = systemd.settings_of_system(_checked(name), config)
        return Service(name, scope, place, needs_of(settings), account), text
    if account:
        raise UserError(f"account={account} must be left out with --user: the service runs as you")
    found = file_in_force(config)
    if found is None:
        raise UserError("config= must be given with --user; name a settings file by -c, as streamer config prints")
    place, folder = found.expanduser().absolute(), Path.cwd()
    return Service(_checked(name), scope, place, needs_of(load_config(place), folder), folder=folder), ""


def _scope(scope: Scope | None) -> Scope:
    return scope or ("system" if os.geteuid() == 0 else "user")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UserError(f"name={name!r} must be letters, digits, - and _; such as barn")
    return name


def _check_account(account: str) -> None:
    import pwd

    if account:
        try:
            pwd.getpwnam(account)
        except KeyError:
            raise UserError(f"account={account} must be a user of this machine; create it, or leave it out") from None


def _check_rights(scope: Scope) -> None:
    if scope == "system" and os.geteuid() != 0:
        raise UserError("service=--system must be installed by root; put sudo before the command, or use --user")
