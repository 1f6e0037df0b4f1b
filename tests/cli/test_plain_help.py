"""Passwords in addresses never come out of the command line, whatever is wrong with the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.addresses import ADDRESSES, SECRET
from tests.support.bands import run_here

EACH = pytest.mark.parametrize("address", ADDRESSES.values(), ids=list(ADDRESSES))


def assert_secret(done: subprocess.CompletedProcess[str]) -> None:
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@EACH
def test_an_address_in_an_error_of_any_command_shows_no_secret(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["run", address, "-m", "ambient"],  # which is for sound
        ["run", f"--source={address}", "-m", "ambient"],
        ["run", "demo", "-m", address],
        ["run", "demo", "--config", address],
        ["run", "demo", "--sink", f"jsonl:{address}", "--json", "--log"],
        ["run", "demo", "--sink", address],
        ["record", "dog", "-o", "data", "--by", "key", "-s", address],
        ["record", address, "-o", "data", "-s", "demo"],
        ["classify", address],
        ["models", address],
        ["devices", address],
        ["evaluate", address],
        [address],
    ):
        done = run_here(*arguments)
        assert done.returncode in (1, 2), arguments
        assert_secret(done)
        assert SECRET not in str([path.name for path in tmp_path.rglob("*")]) or "data" in arguments


@EACH
def test_an_address_in_a_config_with_a_mistake_shows_no_secret(address: str, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    quoted = json.dumps(address)
    for text in (
        f"[streams]\nsource = {quoted}\n",
        f"streams = {quoted}\n",
        f"[[streams]]\nsource = [{quoted}]\n",
        f"[[streams]]\nsource = {quoted}\nnme = 1\n",
        f"[[streams]]\nsource = {quoted}\nmodel = 'ambient'\n",
        f"[source]\nchannel = {quoted}\n",
        f"[[streams]\nsource = {quoted}\n",
        f"[events]\nallow = {{ x = {quoted} }}\n",
    ):
        config.write_text(text)
        done = run_here("run", "-c", config)
        assert done.returncode == 2
        assert_secret(done)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what is replaced")
@pytest.mark.parametrize("option", ["", "--source=", "--sink=jsonl:"])
def test_the_list_of_processes_shows_no_secret(option: str) -> None:
    address = option + ADDRESSES["Hikvision"]
    code = (
        "import sys; import streamer.cli; streamer.cli.app = lambda: print(open('/proc/self/cmdline').read());"
        "from streamer.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, "run", address, "--log"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout
    assert "admin" not in done.stdout
    arguments = done.stdout.split("\0")
    assert arguments[3] == "run"
    assert arguments[4].startswith(f"{option}rtsp://192.168.1.64:554/Streaming/Channels/101")
    assert arguments[5] == "--log"


def test_a_secret_may_come_from_the_environment_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BARN", "p@ss/#1")
    secret = tmp_path / "barn"
    secret.write_text(SECRET + "\n")
    os.chmod(secret, 0o600)  # noqa: PTH101
    for address in ("rtsp://admin:${BARN}@10.0.0.1/live", f"rtsp://admin:${{file:{secret}}}@10.0.0.1/live"):
        done = run_here("run", address, "-m", "ambient")
        assert "source=rtsp://10.0.0.1/live, which delivers images" in done.stderr
        assert_secret(done)
