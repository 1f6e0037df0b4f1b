"""The container's recipe: by its text everywhere, and built and run where podman and a base image are there."""

import os
import re
import shutil
import subprocess

import pytest

from tests.support.paths import ROOT

TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")
BASE = os.environ.get("STREAMER_CONTAINER_BASE", "")


def test_it_names_no_host_and_its_process_is_no_root() -> None:
    images = re.findall(r"^(?:ARG BASE=|FROM )(\S+)", TEXT, re.MULTILINE)
    assert images == ["python:3.13-slim", "${BASE}", "${BASE}"]
    users = re.findall(r"^USER (\d+):(\d+)$", TEXT, re.MULTILINE)
    assert users
    assert all(int(number) >= 1000 for number in users[-1])
    assert "streamer health || [ $? -eq 4 ]" in TEXT


def podman(*arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=timeout_s, check=False)


@pytest.mark.skipif(not BASE or not shutil.which("podman"), reason="STREAMER_CONTAINER_BASE names no image for podman")
def test_it_builds_and_runs_without_root_and_network_on_a_filesystem_that_is_read_only() -> None:
    image, name = "streamer-test", f"streamer-test-{os.getpid()}"
    options = os.environ.get("STREAMER_CONTAINER_OPTIONS", "").split()
    built = podman("build", "--format", "docker", "--build-arg", f"BASE={BASE}", *options, "-t", image, ROOT.as_posix(),
                   timeout_s=1200.0)  # fmt: skip
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    limits = (
        "--read-only",
        "--tmpfs",
        "/tmp",
        "--network",
        "none",
        "--cap-drop",
        "all",
        "--health-interval",
        "disable",
    )
    try:
        started = podman("run", "-d", "--name", name, *limits, image, "streamer", "run", "demo", "--log")
        assert started.returncode == 0, started.stderr
        for _ in range(60):
            health = podman("exec", name, "streamer", "health")
            if health.returncode == 0:
                break
        assert health.returncode == 0, health.stdout + podman("logs", name).stderr
        assert podman("healthcheck", "run", name).returncode == 0
        assert podman("exec", name, "id", "-u").stdout.strip() == "10001"
        assert podman("stop", "-t", "20", name).returncode == 0
        assert podman("inspect", "-f", "{{.State.ExitCode}}", name).stdout.strip() == "0"
    finally:
        podman("rm", "-f", "-v", name)
