"""`streamer devices`: list microphones and cameras with the SOURCE to use for each."""

from __future__ import annotations

import dataclasses
import sys

from rich.table import Table

from streamer.commands import put_json, say
from streamer.console import SafeConsole
from streamer.errors import StreamerError
from streamer.sources.images.devices import CSI_REMEDY, UNREADABLE_REMEDY, Camera, list_cameras
from streamer.sources.sound.devices import Microphone, list_microphones


def show_devices(*, json: bool = False) -> int:
    """Print all microphones and cameras.

    An error that keeps microphones from being listed, as a missing PortAudio, goes to stderr; cameras are still listed.

    Parameters
    ----------
    json : bool
        Print a JSON line for each device instead of tables.

    Returns
    -------
    int
        Exit code: 0, or 1 when there is neither microphone nor camera.
    """
    microphones: tuple[Microphone, ...] = ()
    try:
        microphones = list_microphones()
    except StreamerError as error:
        say(f"microphones: {error}")
    cameras = list_cameras()
    if json:
        for kind, found in (("microphone", microphones), ("camera", cameras)):
            for device in found:
                put_json({"type": kind, **dataclasses.asdict(device)})
    else:
        console = SafeConsole()
        _show_microphones(console, microphones)
        console.print()
        _show_cameras(console, cameras)
    return 0 if microphones or cameras else 1


def _show_microphones(console: SafeConsole, microphones: tuple[Microphone, ...]) -> None:
    if not microphones:
        console.print("no microphone found; plug one in, or see what is wrong: streamer doctor")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("source", "name", "through", "channels", "rate"):
        table.add_column(heading, justify="right" if heading in ("channels", "rate") else "left", overflow="fold")
    for microphone in microphones:
        table.add_row(
            microphone.uri,
            microphone.name + (" (default)" if microphone.is_default else ""),
            microphone.host_api,
            str(microphone.n_channels),
            f"{microphone.sample_rate:g} Hz",
        )
    console.print(table)
    console.print("\nThe system's default microphone is the source mic; try: streamer run mic", markup=False)


def _show_cameras(console: SafeConsole, cameras: tuple[Camera, ...]) -> None:
    if not cameras:
        addition = "" if sys.platform == "linux" else "; this system does not list them, try: streamer run camera"
        console.print(f"no camera found{addition}")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("source", "name", "device"):
        table.add_column(heading, overflow="fold")
    for camera in cameras:
        table.add_row(camera.uri, camera.name, camera.path)
    console.print(table)
    for camera in cameras:
        if camera.is_csi:
            console.print(f"\n{camera.path}: {CSI_REMEDY}", markup=False)
        elif not camera.is_readable:
            console.print(f"\n{camera.path}: {UNREADABLE_REMEDY}", markup=False)
    console.print("\nThe first camera is the source camera; try: streamer run camera", markup=False)
