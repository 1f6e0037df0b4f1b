"""Data flows one way: rooms import only rooms before them, files never in a circle, and each name means one thing."""

import ast
import collections
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "streamer"
RECIPES = ROOT / "models" / "recipes"
FLOW = [
    [
        "__init__",
        "safe_text",
        "console",
        "address",
        "errors",
        "bounded",
        "placeholders",
        "wall_clock",
        "arrays",
        "text",
        "rhythm_unit",
        "messages",
        "system",
        "worker",
        "installation",
        "plugins",
    ],
    ["tasks"],
    ["config"],
    ["rings"],
    ["kernels"],
    ["sources"],
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
    ["service"],
    ["dashboard"],
    ["dataset"],
    ["evaluation"],
    ["bench", "training"],
    ["study"],
    ["api", "commands"],
    ["cli"],
    ["__main__"],
]
PLACE = {room: place for place, rooms in enumerate(FLOW) for room in rooms}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in [*PACKAGE.rglob("*.py"), *RECIPES.rglob("*.py")]}


def imports_of(path: Path) -> set[str]:
    """Modules of the project that a file imports anywhere: at its top, in a function, or for types alone."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in MODULES else node.module)
    return names & set(MODULES)


IMPORTS = {name: imports_of(path) - {name} for name, path in MODULES.items()}
IMPORTS["streamer"] = set()  # the public API: its names are loaded when they are first used


def room_of(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def test_every_module_has_its_place() -> None:
    rooms = {room_of(name) for name in MODULES if name.startswith("streamer")}
    assert rooms <= set(PLACE)


@pytest.mark.parametrize("name", sorted(name for name in MODULES if name.startswith("streamer")))
def test_imports_follow_the_flow(name: str) -> None:
    own = PLACE[room_of(name)]
    rooms = {room_of(other) for other in IMPORTS[name] if other.startswith("streamer")}
    assert [room for room in rooms if PLACE[room] > own] == []


def test_the_package_does_not_import_the_recipes() -> None:
    users = {name for name, used in IMPORTS.items() if any(other.startswith("models.") for other in used)}
    assert [name for name in users if name.startswith("streamer")] == []


def circles() -> list[list[str]]:
    """Strongly connected components of more than one file (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in sorted(IMPORTS[name]):
            if other not in order:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], order[other])
        if lowest[name] == order[name]:
            circle = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for name in sorted(IMPORTS):
        if name not in order:
            visit(name)
    return found


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles() == []


def test_a_class_name_means_one_class() -> None:
    homes = collections.defaultdict(set)
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(name)
    assert {name: sorted(places) for name, places in homes.items() if len(places) > 1} == {}


def test_tests_mirror_the_package() -> None:
    """`tests/ROOM/test_NAME.py` is the test of `streamer/ROOM/NAME.py`, or of the whole room where NAME is its name."""
    tests = ROOT / "tests"
    strays = []
    for path in sorted(tests.rglob("test_*.py")):
        room = path.relative_to(tests).parent
        if room.parts[:1] in (("live",), ("fuzz",), ("recipes",), ("examples",), ("docs",)) or not room.parts:
            continue
        name = path.stem.removeprefix("test_")
        source = PACKAGE / room / f"{name}.py"
        if not (source.exists() or name == room.name):
            strays.append(str(path.relative_to(tests)))
    assert strays == []


def test_the_architecture_page_names_files_and_rooms_that_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    paths = set(re.findall(r"`([a-z_/]+(?:\.py|/))`", page))
    names = {path.name for path in MODULES.values()}
    lost = [p for p in paths if not ((PACKAGE / p).exists() or (ROOT / p).exists() or ("/" not in p and p in names))]
    assert lost == []
    rooms = {room_of(name) for name in MODULES if name.startswith("streamer.")}
    assert [room for room in rooms if f"`{room}/`" not in page and f"`{room}.py`" not in page] == ["__main__"]


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (
            "import streamer",
            ["numpy", "numba", "cv2", "pydantic", "typer", "rich", "importlib.metadata", "streamer.errors"],
        ),
        (
            "import streamer.cli",
            ["numba", "cv2", "sounddevice", "numpy", "pydantic", "soundfile", "importlib.metadata"],
        ),
        ("import streamer.sources", ["numba", "cv2", "sounddevice", "soundfile", "soxr", "av"]),
        ("import streamer.sources.sound.file_source", ["cv2", "sounddevice", "soundfile", "soxr", "av"]),
        (
            "import streamer.commands.run",
            ["cv2", "sounddevice", "tensorflow", "scipy", "av", "numba", "ssl", "sqlite3", "streamer.dashboard.live"],
        ),
        ("import streamer.commands.record", ["cv2", "sounddevice", "soundfile", "soxr", "tensorflow"]),
        (
            "import streamer.recording.sound, streamer.monitor.recording",
            ["cv2", "sounddevice", "streamer.features.pattern"],
        ),
        ("import streamer.recording.images, streamer.monitor.images", ["sounddevice", "soundfile", "soxr"]),
        ("import streamer.pipeline.sound, streamer.runtime.track", ["cv2", "streamer.features.pattern"]),
        (
            "import streamer.pipeline.images, streamer.runtime.track",
            ["sounddevice", "soundfile", "soxr", "streamer.kernels.logmel"],
        ),
        ("import streamer.sinks.video_clips", ["sounddevice", "soundfile", "soxr"]),
        ("import streamer.dashboard.live", ["numba", "cv2", "sounddevice", "soundfile", "soxr"]),
        ("import models.recipes.ambient.recipe", ["tensorflow"]),
        ("import models.recipes.pattern.recipe", ["tensorflow"]),
        ("import models.recipes.motion.recipe", ["tensorflow"]),
    ],
)
def test_what_is_not_needed_is_not_imported(command: str, absent: list[str]) -> None:
    code = f"{command}; import sys; print([name for name in {absent} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
