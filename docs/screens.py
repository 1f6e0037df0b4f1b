"""Export pictures of the dashboard from real runs on the synthetic scenes: `python docs/screens.py`."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from streamer.build import build_pipeline, models_for, resolve_config
from streamer.config import Config
from streamer.dashboard.layout import Dashboard
from streamer.kernels.load import warm_up
from streamer.monitor.images import ImageMonitor
from streamer.monitor.snapshot import Snapshot
from streamer.monitor.sound import SoundMonitor
from streamer.runtime import Stream
from streamer.runtime.readers import ImageReader, SoundReader
from streamer.runtime.track import AnyTrack, Track
from streamer.sources import open_source

FOLDER = Path(__file__).parent / "images"
WIDTH, HEIGHT = 84, 26
# The picture loads no font from elsewhere, and names those that computers have.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code", "DejaVu Sans Mono"
)


def main() -> None:
    """Run both scenes and write `sound.svg` and `camera.svg`."""
    FOLDER.mkdir(exist_ok=True)
    config = resolve_config(None, {})
    warm_up(print, ("sound", "images"))
    for uri, name, seconds in (("demo", "sound", 17.0), ("demo:camera", "camera", 9.6)):
        path = FOLDER / f"{name}.svg"
        write_picture(snapshot_after(uri, config, seconds), path)
        print(f"{path.name}  {path.stat().st_size} bytes")


def snapshot_after(uri: str, config: Config, seconds: float) -> Snapshot:
    """Return what the screen shows after a scene has run so long, in real time."""
    stream = Stream(track_of(uri, config), config.source, [], snapshot_s=0.1)
    stream.start()
    while stream.snapshot().health.position_s < seconds:
        time.sleep(0.05)
    snapshot = stream.snapshot()
    stream.stop()
    stream.join(10.0)
    return snapshot


def track_of(uri: str, config: Config) -> AnyTrack:
    """Return a scene with the shipped models for it."""
    source = open_source(uri, config.source, config.images)
    models = models_for(source.medium, (), uri)
    if source.medium == "sound":
        sound = build_pipeline(uri, models, config, "sound")
        return Track(source, SoundReader(config.source), sound, SoundMonitor(sound, source, draws=True))
    images = build_pipeline(uri, models, config, "images")
    return Track(source, ImageReader(config.images), images, ImageMonitor(images, source, draws=True))


def write_picture(snapshot: Snapshot, path: Path) -> None:
    """Draw a screen and write it as SVG."""
    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, height=HEIGHT, force_terminal=True, color_system="truecolor"
    )
    console.print(Dashboard([snapshot], time.time()), end="")
    picture = console.export_svg(title=f"streamer {snapshot.source}", theme=DIMMED_MONOKAI, code_format=FORMAT)
    path.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
