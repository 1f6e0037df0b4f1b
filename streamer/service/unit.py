"""Text of a unit file for systemd: the run, closed off from all that it does not need."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streamer.service.needs import Needs

MARK = "# Written by `streamer service install`, which replaces it, and removed by `streamer service uninstall`."
WATCHDOG_S = 30  # of the whole process; what a single stream may take is source.hang_s
ALSA, VIDEO4LINUX = 116, 81  # major numbers, fixed in Linux: by name a device is unknown until one is plugged in
HOMES = ("/home", "/root", "/run/user")

Scope = Literal["system", "user"]


@dataclass(frozen=True, slots=True)
class Service:
    """One service to be."""

    name: str  # `streamer`, or the part after `streamer-`
    scope: Scope
    config: Path
    needs: Needs
    account: str = ""  # of the system's users; empty: one made for the time that the service runs
    folder: Path = Path("/")  # of a user's service: where its relative paths begin


def unit_name(name: str) -> str:
    """Return the name of a service's unit file."""
    return "streamer.service" if name == "streamer" else f"streamer-{name}.service"


def unit_text(service: Service) -> str:
    """Return the unit file."""
    needs_network = "network" in service.needs.access
    network = ["Wants=network-online.target", "After=network-online.target"] if needs_network else []
    parts = {
        "Unit": [
            f"Description=streamer {service.name}: sound and images classified live",
            *(network if service.scope == "system" else []),
            "After=sound.target" if service.scope == "system" else "After=pipewire.service pulseaudio.service",
            "# It is started again without end: what is broken may be mended in a month.",
            "StartLimitIntervalSec=0",
        ],
        "Service": [*_run(service), *_closed(service, needs_network), *_limits()],
        "Install": [f"WantedBy={'multi-user' if service.scope == 'system' else 'default'}.target"],
    }
    return "\n".join([MARK, *(line for title, lines in parts.items() for line in ("", f"[{title}]", *lines))]) + "\n"


def _run(service: Service) -> list[str]:
    lines = [
        "Type=notify",
        f"ExecStart={' '.join(map(quoted, (*_python(), '-m', 'streamer', 'run', '-c', service.config, '--log')))}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        "RestartSec=5",
        "# A mistake in the settings stays one.",
        "RestartPreventExitStatus=2",
        "TimeoutStartSec=5min",
        "TimeoutStopSec=60",
        f"WatchdogSec={WATCHDOG_S}",
        "# After a missed watchdog the journal shows where each thread hung.",
        "Environment=PYTHONFAULTHANDLER=1 PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1",
        f"RuntimeDirectory=streamer/{service.name}",
    ]
    if service.scope == "user":
        return [*lines, f"WorkingDirectory={_escaped(service.folder)}"]
    state = f"streamer/{service.name}"
    return [
        *lines,
        f"EnvironmentFile=-{environment_file(service.name)}",
        *([f"User={service.account}"] if service.account else ["DynamicUser=yes"]),
        "# Relative paths of the settings, and ~, begin in /var/lib.",
        f"StateDirectory={state}",
        f"WorkingDirectory=%S/{state}",
        f"Environment=HOME=%S/{state}",
        "CacheDirectory=streamer",
        "Environment=STREAMER_CACHE_DIR=%C/streamer",
    ]


def _python() -> tuple[str, str]:
    return sys.executable, "-P"  # -P: import nothing from the working directory


def environment_file(name: str) -> Path:
    """Return the file in which an administrator sets variables, such as passwords, for a service of the system."""
    return Path(f"/etc/streamer/{name}.env")


def _closed(service: Service, needs_network: bool) -> list[str]:
    """Return what closes the service off."""
    families = "AF_UNIX AF_INET AF_INET6 AF_NETLINK" if needs_network else "AF_UNIX"
    common = [
        "NoNewPrivileges=yes",
        f"RestrictAddressFamilies={families}",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "LockPersonality=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged",
        "SystemCallErrorNumber=EPERM",
        "# MemoryDenyWriteExecute is not set: the kernels are compiled in memory.",
        "UMask=0027" if service.scope == "system" else "UMask=0077",
    ]
    if service.scope == "user":
        return common
    return [
        *common,
        *_devices(service.needs),
        *([] if needs_network else ["PrivateNetwork=yes", "IPAddressDeny=any"]),
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "PrivateTmp=yes",
        "PrivateUsers=yes",
        "ProtectSystem=strict",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "ProtectProc=invisible",
        "RemoveIPC=yes",
        *_files(service),
    ]


def _devices(needs: Needs) -> list[str]:
    majors = {"audio": ALSA} if "microphone" in needs.access else {}
    majors |= {"video": VIDEO4LINUX} if "camera" in needs.access else {}
    if not majors:
        return ["PrivateDevices=yes"]
    allowed = [f"DeviceAllow=char-{major} rw" for major in majors.values()]
    if "camera" in needs.access:  # what libcamera uses of a Raspberry Pi
        allowed += ["DeviceAllow=char-media rw", "DeviceAllow=char-dma_heap rw"]
    return ["DevicePolicy=closed", *allowed, f"SupplementaryGroups={' '.join(majors)}"]


def _files(service: Service) -> list[str]:
    """Return what opens files: those in homes, which are hidden else, and folders outside of the service's own."""
    own = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_prefix).resolve(), Path(__file__).parents[2]]
    reads = [path for path in (*own, *service.needs.reads) if _is_at_home(path)]
    reads = [path for path in dict.fromkeys(reads) if not any(other in path.parents for other in reads)]
    lines = ["ProtectHome=tmpfs" if reads or any(map(_is_at_home, service.needs.writes)) else "ProtectHome=yes"]
    lines += [f"BindReadOnlyPaths={quoted(path)}" for path in reads]
    for path in service.needs.writes:
        lines.append(f"{'BindPaths' if _is_at_home(path) else 'ReadWritePaths'}={quoted(path)}")
    return lines


def _is_at_home(path: Path) -> bool:
    return any(path.is_relative_to(home) for home in HOMES)


def _limits() -> list[str]:
    return [
        "# Of the machine's memory: it must not take the rest down with it.",
        "MemoryHigh=60%",
        "MemoryMax=75%",
        "TasksMax=256",
        "LimitCORE=0",
    ]


def quoted(argument: object) -> str:
    """Return a word of a unit file, in which blanks, quotes, ``$`` and ``%`` stand for themselves."""
    text = _escaped(argument).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{text}"' if any(mark in text for mark in " \t'\"\\;") else text


def _escaped(argument: object) -> str:
    return str(argument).replace("%", "%%")
