"""Data flows one way: a module imports only from rooms at or before its own place in the flow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "streamer"
FLOW = [
    ["__init__", "errors", "arrays", "messages", "system"],
    ["tasks"],
    ["config"],
    ["rings"],
    ["sources"],
    ["kernels"],
    ["features"],
    ["periodicity"],
    ["model"],
    ["events"],
    ["pipeline"],
    ["build"],
    ["offline"],
    ["sinks"],
    ["recording"],
    ["monitor"],
    ["runtime"],
    ["dashboard"],
    ["dataset"],
    ["evaluation"],
    ["bench", "training"],
    ["study"],
    ["commands"],
    ["cli"],
    ["__main__"],
]
PLACE = {room: place for place, rooms in enumerate(FLOW) for room in rooms}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("streamer.")}
    return rooms & set(PLACE)


def test_every_module_has_its_place() -> None:
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")}
    assert rooms <= set(PLACE)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_flow(path: Path) -> None:
    own = PLACE[room_of(path)]
    assert [room for room in imported_rooms(path) if PLACE[room] > own] == []


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        ("import streamer.cli", ["numba", "cv2", "sounddevice", "numpy", "pydantic", "soundfile"]),
        ("import streamer.commands.run", ["cv2", "sounddevice", "tensorflow", "scipy"]),
        ("import streamer.commands.record", ["cv2", "sounddevice", "soundfile", "soxr", "tensorflow"]),
        (
            "import streamer.recording.sound, streamer.monitor.recording",
            ["cv2", "sounddevice", "streamer.features.pattern"],
        ),
        ("import streamer.recording.images, streamer.monitor.images", ["sounddevice", "soundfile", "soxr"]),
        ("import streamer.runtime.track", ["cv2", "streamer.features.pattern"]),
        ("import streamer.runtime.image_track", ["sounddevice", "soundfile", "soxr", "streamer.kernels.logmel"]),
        ("import models.recipes.ambient.recipe", ["tensorflow"]),
        ("import models.recipes.pattern.recipe", ["tensorflow"]),
        ("import models.recipes.motion.recipe", ["tensorflow"]),
    ],
)
def test_what_is_not_needed_is_not_imported(command: str, absent: list[str]) -> None:
    code = f"{command}; import sys; print([name for name in {absent} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
