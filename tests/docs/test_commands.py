"""Every command in README and pages is run as it stands; where it cannot be, the command line at least parses it."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer

from streamer.cli import app
from streamer.sinks.history import EventHistory
from tests.support import sound_files
from tests.support.messages import EVENT, IMAGE_MESSAGES
from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Why a command of streamer is not run here, by what stands in it; the first that fits.
NOT_RUN = {
    r"^streamer (run|record)\b.*(mic|camera|rtsp)": "needs a microphone or camera",
    r"^streamer run( -c my.toml| --jsonl results.jsonl| --json| --log --clips clips| -)?$": "needs a microphone",
    r"^streamer run -m": "needs a microphone, and a model",
    r"^streamer record (doorbell|rain) ": "needs a microphone",
    r"^streamer record (brick|wave) ": "needs a camera",
    r"^streamer review clips -m": "needs a terminal; tests/commands run it on one",
    r"^streamer (train|evaluate|study|bench)\b": "takes minutes, and extras; tests/live run them",
    r"^streamer demo( camera)?$": "goes on until q is pressed; run with --seconds below",
    r"^streamer health": "looks at what runs on this machine; tests/live run it",
    r"^streamer service (un)?install": "changes this machine",
    r"fork\.mp4": "needs a video of high speed",
    r"yamnet": "needs a model of others",
    r"^streamer models my.tflite --check": "needs a model of one's own",
}
# Commands of other programs: installed by CI, or not on every system.
OTHERS = r"^(python3 -m venv|pip install|sudo apt install|sudo \.venv/bin/streamer|podman|arecord|libcamerify|mkdocs)\b"


def commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                command = re.sub(r"\s+#.*", "", line).strip()
                if command:
                    yield page.name, command


USAGE_ERROR = typer.BadParameter.__mro__[1]  # of click, which typer may bring as its own
COMMANDS = list(commands())
OF_STREAMER = sorted(
    {
        part
        for _, line in COMMANDS
        if not line.startswith("podman")
        for part in re.findall(r"(?:^|/|\s)(streamer [^|&]+)", line)
    }
)


def reason(command: str) -> str:
    """Return why a command is not run; empty where it is."""
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, command)), "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the commands name."""
    folder = tmp_path_factory.mktemp("commands")
    sound = np.zeros(2 * 16000, np.float32)
    sound[8000:16000] = 0.3 * np.sin(np.arange(8000) * 0.3)
    (folder / "recordings").mkdir()
    for path in ("recordings/a.wav", "recording.wav", "SITE_20240131_053000.wav"):
        soundfile.write(folder / path, sound, 16000)
    (folder / "clips" / "dog").mkdir(parents=True)
    for name in ("dog-1.wav", "dog-2.wav"):
        soundfile.write(folder / "clips" / "dog" / name, sound, 16000)
    (folder / "my.toml").write_text("[events]\non = 0.7\n")
    (folder / "pictures").mkdir()
    stripes = (np.indices((64, 64)).sum(0) // 4 % 2 * 200).astype(np.uint8)
    sound_files.encoded("aac", "mp4", images=True)(folder / "video.mp4")
    history = EventHistory(folder / "events.db", every_s=0.0)
    for message in (EVENT, *IMAGE_MESSAGES):
        history.write(message)
    history.close()
    import cv2

    cv2.imwrite(str(folder / "pictures" / "a.png"), stripes)
    return folder


def test_there_are_commands_on_every_page_of_use() -> None:
    assert {"README.md", "index.md", "training.md", "json-lines.md"} <= {page for page, _ in COMMANDS}
    assert len(OF_STREAMER) > 30


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_every_command_is_of_streamer_or_a_known_other(page: str, command: str) -> None:
    assert re.match(OTHERS, command) or re.match(r"(\.venv/bin/)?streamer ", command), f"{page}: {command}"


def parse(command: str) -> None:
    """Let the command line parse a command, without carrying it out."""
    name, *arguments = shlex.split(command)[1:]
    found = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    found.make_context(name, arguments)


@pytest.mark.parametrize("command", OF_STREAMER)
def test_options_are_those_of_the_command_line(command: str) -> None:
    parse(command)


@pytest.mark.parametrize("command", ["streamer run --colour red", "streamer train sound", "streamer dmo"])
def test_a_stale_command_is_found(command: str) -> None:
    with pytest.raises((USAGE_ERROR, KeyError)):
        parse(command)


@pytest.mark.parametrize("command", [command for command in OF_STREAMER if not reason(command)])
def test_a_command_runs_as_it_stands(command: str, folder: Path) -> None:
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m {command}",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
    )
    assert "Traceback" not in done.stderr
    # `devices` and `doctor` look at this machine, which may lack a microphone; what they say is no error of theirs.
    assert done.returncode in ((0, 1) if re.match(r"streamer (devices|doctor)", command) else (0,)), done.stderr
