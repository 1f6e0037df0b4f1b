"""`streamer doctor`: check the installation, and name for each problem the command that solves it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from streamer import __version__
from streamer.config import Config, file_in_force, load_config, user_config_path
from streamer.console import SafeConsole
from streamer.errors import StreamerError
from streamer.installation import DISTRIBUTION, PURPOSES, extras, install_command, missing_packages, pip
from streamer.placeholders import exposed
from streamer.plugins import PlugIns
from streamer.system import machine_bytes, temperature_c

HOT_C = 80.0  # a Raspberry Pi reduces its speed from here on
LOW_DISK_BYTES = 500e6
PACKAGES = ("numpy", "numba", "llvmlite", "sounddevice", "soundfile", "av", "soxr", "opencv-python-headless", "rich",
            "typer", "pydantic")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check."""

    name: str
    value: str
    is_well: bool = True
    remedy: str = ""  # command or step that solves the problem


def diagnose() -> int:
    """Print the findings of all checks.

    A missing microphone or camera is reported but is no problem: files, standard input and the demo work without.

    Returns
    -------
    int
        Exit code: 0, or 1 if something keeps streamer from working.
    """
    console = SafeConsole()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    n_faults = 0
    for check in CHECKS:
        for finding in _findings(check):
            n_faults += not finding.is_well
            mark = Text("ok", "green") if finding.is_well else Text("!!", "bold red")
            table.add_row(mark, finding.name, Text(finding.value))
            if finding.remedy:
                table.add_row("", "", Text(f"→ {finding.remedy}", "bold" if not finding.is_well else ""))
    console.print(table)
    console.print(f"\n{n_faults} problem{'s' if n_faults != 1 else ''} found" if n_faults else "\nall is well")
    return 1 if n_faults else 0


def _findings(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield the findings of one check; an error in it becomes a finding."""
    try:
        yield from check()
    except StreamerError as error:
        reason, _, remedy = str(error).partition(";")
        yield Finding(check.__name__.strip("_"), reason, False, remedy.strip())
    except Exception as error:
        yield Finding(check.__name__.strip("_"), f"{type(error).__name__}: {error}", False, "report this as a bug")


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info < (3, 14) and sys.maxsize > 2**32
    remedy = "" if fits else "install a 64-bit Python 3.11, 3.12 or 3.13 and make the environment with it"
    yield Finding("streamer", f"{__version__} in {Path(__file__).parents[1]}")
    yield Finding("Python", f"{version} {platform.machine()} {platform.system()} in {sys.prefix}", fits, remedy)


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "not installed", False, f"{pip()} install {name}")


def _extras() -> Iterator[Finding]:
    for extra, packages in extras().items():
        missing = missing_packages(packages)
        purpose = PURPOSES.get(extra, "")
        if missing:
            value = f"not installed ({', '.join(missing)}): {purpose}"
            yield Finding(f"extra {extra}", value, True, install_command(extra))
        else:
            yield Finding(f"extra {extra}", f"installed: {purpose}")


def _config() -> Iterator[Finding]:
    path = file_in_force(None)
    if path is None:
        own = user_config_path()
        would = f"{own} would be read" if own else "no home folder is known where a user's own would be looked for"
        yield Finding("settings", f"all at their defaults; {would}")
        return
    try:
        config = load_config(path)
    except StreamerError as error:
        yield Finding(
            "settings", str(error), False, f"correct {path}, or remove it; streamer config prints a right one"
        )
        return
    yield Finding("settings", f"{path}, where -c names no other")
    if warning := exposed(path, (stream.source for stream in config.streams)):
        reason, _, remedy = warning.partition("; ")
        yield Finding("settings", reason, False, remedy)


def _plug_ins() -> Iterator[Finding]:
    from streamer.features import base as front_ends
    from streamer.sinks import registry as sinks
    from streamer.sources import registry as sources

    built_in = {"streamer.sinks": set(sinks.SINKS), "streamer.front_ends": set(front_ends.FRONT_ENDS)}
    groups: tuple[PlugIns[Any], ...] = (sources.PLUG_INS, sinks.PLUG_INS, front_ends.PLUG_INS)
    for plug_ins in groups:
        for name in plug_ins.names:
            place = f"{plug_ins.group} of the package {plug_ins.package(name)}"
            if name in built_in.get(plug_ins.group, ()):
                remedy = "uninstall that package, or ask its author for another name"
                yield Finding(f"plug-in {name}", f"{place} is not used: a built-in one has this name", False, remedy)
                continue
            try:
                plug_ins.get(name)
                yield Finding(f"plug-in {name}", place)
            except StreamerError as error:
                reason, _, remedy = str(error).rpartition("; ")
                yield Finding(f"plug-in {name}", reason, False, remedy)


def _runtimes() -> Iterator[Finding]:
    from streamer.model.runtime import find_runtime

    chosen = find_runtime()
    yield Finding("TFLite runtime", f"{chosen} (auto)")


def _models() -> Iterator[Finding]:
    from streamer.model.file import read_model_file, shipped_models_directory
    from streamer.model.sandbox import load_classifier

    paths = sorted(shipped_models_directory().glob("*.tflite"))
    if not paths:
        remedy = f"{pip()} install --force-reinstall --no-deps {DISTRIBUTION}"
        yield Finding("models", f"none in {shipped_models_directory()}", False, remedy)
    for path in paths:
        model = load_classifier(read_model_file(path)).model
        yield Finding("model", f"{model.spec.name}: {len(model.labels)} labels, loads")


def _portaudio() -> Iterator[Finding]:
    from streamer.sources.sound.devices import list_microphones

    microphones = list_microphones()
    yield Finding("PortAudio", f"finds {len(microphones)} microphone{'s' if len(microphones) != 1 else ''}")
    for microphone in microphones:
        yield Finding("microphone", f"{microphone.uri}  {microphone.name}")
    if not microphones:
        yield Finding("microphone", "none", True, "plug one in; until then: streamer demo, or files, or raw PCM by -")


def _kernel_sound() -> Iterator[Finding]:
    from streamer.sources.sound.devices import kernel_sound_cards

    if sys.platform != "linux":
        return
    cards = kernel_sound_cards()
    yield Finding("kernel", "; ".join(cards) if cards else "lists no sound card")
    readable = any(os.access(path, os.R_OK | os.W_OK) for path in Path("/dev/snd").glob("pcm*c"))
    if any(Path("/dev/snd").glob("pcm*c")) and not readable:
        remedy = "sudo usermod -aG audio $USER, then log in again"
        yield Finding("/dev/snd", "capture devices are there but not for this user", False, remedy)


def _opencv() -> Iterator[Finding]:
    from streamer.sources.images.opencv import load_opencv

    cv2 = load_opencv()
    registry = cv2.videoio_registry
    back_ends = {
        registry.getBackendName(each) for each in (*registry.getCameraBackends(), *registry.getStreamBackends())
    }
    has_ffmpeg = "FFMPEG" in back_ends
    remedy = "" if has_ffmpeg else f"{pip()} install --force-reinstall opencv-python-headless"
    yield Finding("OpenCV", f"{cv2.__version__} with {', '.join(sorted(back_ends))}", has_ffmpeg, remedy)


def _cameras() -> Iterator[Finding]:
    from streamer.sources.images.devices import CSI_REMEDY, UNREADABLE_REMEDY, list_cameras

    cameras = list_cameras()
    for camera in cameras:
        name = f"{camera.uri}  {camera.name} ({camera.path})"
        if camera.is_csi:
            yield Finding("camera", f"{name}: {CSI_REMEDY.partition('; ')[0]}", True, CSI_REMEDY.partition("; ")[2])
        elif camera.is_readable:
            yield Finding("camera", name)
        else:
            reason, _, remedy = UNREADABLE_REMEDY.partition(": ")
            yield Finding("camera", f"{name} is {reason}", False, remedy)
    if not cameras:
        text = "none" if sys.platform == "linux" else "this system does not list them"
        yield Finding("camera", text, True, "plug one in; until then: streamer demo camera, or videos and pictures")


def _cache() -> Iterator[Finding]:
    from streamer.kernels.cache import cache_directory

    directory, is_writable = cache_directory()
    remedy = "" if is_writable else f"mkdir -p {directory} as this user, or set STREAMER_CACHE_DIR to a writable folder"
    text = str(directory) if is_writable else f"{directory} cannot be written: kernels compile anew at every start"
    yield Finding("cache", text, is_writable, remedy)


def _processor() -> Iterator[Finding]:
    yield Finding("processor", f"{os.cpu_count()} cores")
    governors = {p.read_text().strip() for p in Path("/sys/devices/system/cpu").glob("cpu*/cpufreq/scaling_governor")}
    if governors:
        slow = "powersave" in governors and not Path("/sys/devices/system/cpu/intel_pstate").exists()
        remedy = "echo ondemand | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor" if slow else ""
        yield Finding("governor", ", ".join(sorted(governors)), not slow, remedy)
    if (hot_c := temperature_c()) is not None:
        remedy = "" if hot_c < HOT_C else "give it a heat sink or a fan: it slows itself down"
        yield Finding("temperature", f"{hot_c:.0f} °C", hot_c < HOT_C, remedy)


def _memory() -> Iterator[Finding]:
    from streamer.runtime.buffers import total_bytes

    path = file_in_force(None)
    try:
        settings = (load_config(path) if path else Config()).memory
    except StreamerError:  # told by the check of the settings
        settings = Config().memory
    usable, total = machine_bytes(), total_bytes(settings)
    remedy = "" if total <= usable / 2 else "lower memory.buffers_mb in the settings: the models need memory, too"
    text = f"{usable / 1e9:.1f} GB, of which buffers take at most {total / 1e6:.0f} MB (memory.buffers_mb)"
    yield Finding("memory", text, not remedy, remedy)


def _disk() -> Iterator[Finding]:
    free_bytes = shutil.disk_usage(Path.cwd()).free
    has_room = free_bytes > LOW_DISK_BYTES
    yield Finding("disk", f"{free_bytes / 1e9:.1f} GB free here", has_room, "" if has_room else "make room for clips")


CHECKS = (
    _python, _packages, _config, _extras, _plug_ins, _runtimes, _models, _portaudio, _kernel_sound, _opencv, _cameras,
    _cache, _processor, _memory, _disk,
)  # fmt: skip
