"""Unit files: closed but for what is needed, and as systemd itself reads and rates them."""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from streamer.config import Config, StreamSettings, validated
from streamer.service import unit
from streamer.service.needs import needs_of
from streamer.service.unit import Scope, Service, quoted, unit_name, unit_text

SECURITY = 3.0  # highest exposure that systemd may state, of 10


def service(
    *sources: str, scope: Scope = "system", account: str = "", config: str = "/etc/streamer/barn.toml", **output: str
) -> Service:
    streams = tuple(StreamSettings(source=source) for source in sources)
    settings = validated(Config, {"streams": streams, "output": output}, "test")
    return Service("barn", scope, Path(config), needs_of(settings, Path("/srv")), account, Path("/srv/50% barn"))


def directives(service: Service) -> dict[str, list[str]]:
    found = defaultdict(list)
    for line in unit_text(service).splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def test_the_network_is_there_only_for_a_stream_that_needs_it() -> None:
    closed = directives(service("mic"))
    assert closed["PrivateNetwork"] == ["yes"]
    assert closed["RestrictAddressFamilies"] == ["AF_UNIX"]
    opened = directives(service("rtsp://10.0.0.7/live"))
    assert not opened["PrivateNetwork"]
    assert opened["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6 AF_NETLINK"]
    assert "network-online.target" in opened["Wants"]


@pytest.mark.parametrize(
    ("sources", "devices", "groups"),
    [
        (("mic",), ["char-116 rw"], ["audio"]),
        (("camera",), ["char-81 rw", "char-media rw", "char-dma_heap rw"], ["video"]),
        (("mic", "camera"), ["char-116 rw", "char-81 rw", "char-media rw", "char-dma_heap rw"], ["audio video"]),
        (("demo", "rtsp://10.0.0.7/live"), [], []),
    ],
)
def test_only_the_devices_that_are_needed(sources: tuple[str, ...], devices: list[str], groups: list[str]) -> None:
    found = directives(service(*sources))
    assert found["DeviceAllow"] == devices
    assert found["SupplementaryGroups"] == groups
    assert found["DevicePolicy"] == (["closed"] if devices else [])
    assert found["PrivateDevices"] == ([] if devices else ["yes"])


def test_it_runs_as_a_user_made_for_it_or_as_the_one_named_and_keeps_its_files_in_the_places_for_them() -> None:
    found = directives(service("mic"))
    assert (found["DynamicUser"], found["User"]) == (["yes"], [])
    assert found["StateDirectory"] == found["RuntimeDirectory"] == ["streamer/barn"]
    assert found["WorkingDirectory"] == ["%S/streamer/barn"]
    assert found["CacheDirectory"] == ["streamer"]
    assert "STREAMER_CACHE_DIR=%C/streamer" in found["Environment"]
    named = directives(service("mic", account="pi"))
    assert (named["DynamicUser"], named["User"]) == ([], ["pi"])


def test_folders_to_write_are_opened_and_homes_only_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "HOMES", ("/nowhere",))
    found = directives(service("mic", clips="/srv/clips"))
    assert found["ReadWritePaths"] == ["/srv/clips"]
    assert found["ProtectHome"] == ["yes"]
    monkeypatch.setattr(unit, "HOMES", ("/home",))
    monkeypatch.setattr("sys.prefix", "/home/pi/my venv")
    monkeypatch.setattr("sys.base_prefix", "/home/pi/my venv/python")
    monkeypatch.setattr(unit, "__file__", "/home/pi/my venv/lib/streamer/service/unit.py")
    found = directives(service("mic", clips="/home/pi/clips"))
    assert found["ProtectHome"] == ["tmpfs"]
    assert found["BindReadOnlyPaths"] == ['"/home/pi/my venv"']
    assert found["BindPaths"] == ["/home/pi/clips"]


def test_words_of_a_command_stand_for_themselves() -> None:
    assert quoted("/srv/a.toml") == "/srv/a.toml"
    assert quoted('/srv/50% "my" $HOME\\a b.toml') == '"/srv/50%% \\"my\\" $$HOME\\\\a b.toml"'
    found = directives(service("mic", config="/srv/my barn.toml"))["ExecStart"][0]
    assert found == f'{sys.executable} -P -m streamer run -c "/srv/my barn.toml" --log'


def test_a_user_service_begins_in_the_folder_where_it_was_installed() -> None:
    found = directives(service("mic", scope="user"))
    assert found["WorkingDirectory"] == ["/srv/50%% barn"]
    assert not found["DynamicUser"]
    assert found["WantedBy"] == ["default.target"]


def test_names() -> None:
    assert (unit_name("streamer"), unit_name("barn")) == ("streamer.service", "streamer-barn.service")


ANALYZE = shutil.which("systemd-analyze") or ""


@pytest.mark.skipif(not ANALYZE, reason="not installed: systemd-analyze")
@pytest.mark.parametrize("sources", [("mic",), ("camera", "mic"), ("demo",), ("rtsp://10.0.0.7/live", "mic", "camera")])
@pytest.mark.parametrize("account", ["", "daemon"])
def test_systemd_reads_it_without_a_complaint_and_rates_it_safe(
    tmp_path: Path, sources: tuple[str, ...], account: str
) -> None:
    text = unit_text(service(*sources, account=account, clips="/srv/clips"))
    path = tmp_path / unit_name("barn")
    path.write_text(text)
    checked = subprocess.run([ANALYZE, "verify", path], capture_output=True, text=True, check=False)
    assert [line for line in checked.stderr.splitlines() if path.name in line] == []
    rated = subprocess.run(
        [ANALYZE, "security", "--offline=yes", "--no-pager", path], capture_output=True, text=True, check=False
    )
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", rated.stdout)
    assert float(exposure) <= SECURITY
