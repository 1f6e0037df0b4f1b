"""`streamer devices`: what can be listened to, with the SOURCE to use."""

from __future__ import annotations

import dataclasses
import json as jsonlib

from rich.console import Console
from rich.table import Table

from streamer.sources.devices import list_microphones


def show_devices(*, json: bool = False) -> int:
    """List the microphones; exit code 1 when there is none.

    Raises
    ------
    UserError
        If PortAudio is not installed.
    """
    microphones = list_microphones()
    if json:
        for microphone in microphones:
            print(jsonlib.dumps({"type": "microphone", **dataclasses.asdict(microphone)}, ensure_ascii=False))
        return 0 if microphones else 1
    if not microphones:
        print("no microphone found; plug one in, or see what is wrong by: streamer doctor")
        return 1
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
    console = Console()
    console.print(table)
    console.print("\nThe system's default microphone is the source mic; try: streamer run mic", markup=False)
    return 0
