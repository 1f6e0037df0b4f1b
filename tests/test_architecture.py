"""Data flows one way: a module imports only from rooms at or before its own place in the flow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "streamer"
FLOW = [
    ["__init__", "errors", "messages", "snapshot", "quiet"],
    ["config"],
    ["ring_counters", "ring", "image_ring"],
    ["sources"],
    ["kernels"],
    ["features"],
    ["periodicity"],
    ["atomic_file", "appended_zip", "labels", "toml_text", "model_spec", "model_file"],
    ["tflite", "probe", "classifier"],
    ["events", "file_label"],
    ["pipeline"],
    ["assembly"],
    ["offline"],
    ["cutter", "clips", "film", "machine", "takes", "monitor"],
    ["sinks"],
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
            "import streamer.takes.sound, streamer.monitor.sound_takes",
            ["cv2", "sounddevice", "streamer.features.pattern"],
        ),
        ("import streamer.takes.sight, streamer.monitor.sight_takes", ["sounddevice", "soundfile", "soxr"]),
        ("import streamer.runtime.sound_track", ["cv2", "streamer.features.pattern"]),
        ("import streamer.runtime.sight_track", ["sounddevice", "soundfile", "soxr", "streamer.kernels.logmel"]),
        ("import streamer.training.ambient.__main__", ["tensorflow"]),
        ("import streamer.training.pattern.__main__", ["tensorflow"]),
        ("import streamer.training.motion.__main__", ["tensorflow"]),
    ],
)
def test_what_is_not_needed_is_not_imported(command: str, absent: list[str]) -> None:
    code = f"{command}; import sys; print([name for name in {absent} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
