"""The unit under a real systemd: installed, closed off, started anew when it hangs, left alone after a mistake."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.manager import HANGS
from tests.support.paths import ROOT

RIG = ROOT / "tests" / "support" / "systemd.sh"


def why_absent() -> str:
    if "STREAMER_SYSTEMD" not in os.environ:
        return "STREAMER_SYSTEMD is not set: it takes minutes"
    if sys.platform != "linux" or os.geteuid() != 0 or not Path("/lib/systemd/systemd").exists():
        return "it needs root and systemd"
    return ""


pytestmark = pytest.mark.skipif(bool(why_absent()), reason=why_absent())

COMMON = f"""
export PYTHONPATH={ROOT} PYTHONDONTWRITEBYTECODE=1 HOME=/root
cd /root
streamer() {{ {sys.executable} -m streamer "$@"; }}
mkdir -p /etc/systemd/system/streamer.service.d
cat > /etc/systemd/system/streamer.service.d/test.conf <<C
[Service]
Environment=PYTHONPATH={ROOT} PYTHONDONTWRITEBYTECODE=1
StandardError=append:/out/errors
C
cat > /root/barn.toml <<C
[source]
hang_s = 2.0
[[streams]]
source = "demo"
[output]
jsonl = "lines.jsonl"
C
property() {{ systemctl show -P "$1" streamer.service; }}
"""


def run(folder: Path, script: str) -> dict[str, str]:
    """Run a script beside systemd; return what it printed as `name: value`."""
    (folder / "script.sh").write_text(COMMON + script)
    done = subprocess.run([RIG, folder / "script.sh", folder], capture_output=True, text=True, check=False)
    log = (folder / "log").read_text() if (folder / "log").exists() else done.stderr
    print(log)
    return dict(re.findall(r"^(\w+): (.*)$", log, re.MULTILINE))


def test_it_is_installed_and_closed_off_and_uninstalled(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
streamer service install -c /root/barn.toml; echo "installed: $?"
streamer health; echo "health: $?"
echo "state: $(property ActiveState)"
P=$(property MainPID)
echo "user: $(stat -c %U /proc/$P)"
echo "capabilities: $(sed -n 's/CapBnd:\\t//p' /proc/$P/status)"
echo "seccomp: $(sed -n 's/Seccomp:\\t//p' /proc/$P/status)"
echo "network: $(nsenter -t $P -n ip -o link | wc -l)"
echo "kernels: $(ls -d /var/cache/private/streamer/kernels-* | wc -l)"
until [ -s /var/lib/streamer/streamer/lines.jsonl ]; do sleep 0.2; done
systemctl stop streamer; echo "result: $(property Result)"
streamer health; echo "gone: $?"
streamer service uninstall; echo "uninstalled: $?"
ls /etc/systemd/system/streamer.service; echo "unit: $?"
[ -s /var/lib/streamer/streamer/lines.jsonl ]; echo "kept: $?"
""",
    )
    expected = {
        "installed": "0",
        "settings": "/etc/streamer/streamer.toml",
        "health": "0",
        "state": "active",
        "user": "streamer",
        "capabilities": "0000000000000000",
        "seccomp": "2",
        "network": "1",  # the loop of its own, and nothing else
        "kernels": "1",
        "result": "success",
        "gone": "3",
        "uninstalled": "0",
        "unit": "2",
        "kept": "0",
    }
    assert {name: found.get(name) for name in expected} == expected


def test_one_that_hangs_is_started_anew_and_a_mistake_is_not(tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text(f"{HANGS}\nfrom streamer.__main__ import main\nmain()\n")
    found = run(
        tmp_path,
        f"""
streamer service install -c /root/barn.toml; echo "installed: $?"
cp /out/hangs.py /usr/local/lib
cat > /etc/systemd/system/streamer.service.d/hangs.conf <<C
[Service]
WatchdogSec=3
ExecStart=
ExecStart={sys.executable} -P /usr/local/lib/hangs.py run -c /etc/streamer/streamer.toml --log
C
systemctl daemon-reload; systemctl restart streamer
until streamer health > /dev/null; [ $? = 5 ]; do sleep 0.2; done; echo "stalled: 5"
until [ "$(property NRestarts)" -gt 0 ]; do sleep 0.2; done; echo "restarts: 1"
rm /etc/systemd/system/streamer.service.d/hangs.conf; systemctl daemon-reload
echo "no_such_key = 1" > /etc/streamer/streamer.toml
systemctl restart streamer
until [ "$(property ActiveState)" = failed ]; do sleep 0.2; done
echo "status: $(property ExecMainStatus)"
sleep 7  # more than RestartSec
echo "state: $(property ActiveState)"
""",
    )
    assert found["stalled"] == "5"
    assert found["restarts"] == "1"
    assert (found["status"], found["state"]) == ("2", "failed")
    errors = (tmp_path / "errors").read_text()
    assert "Fatal Python error: Aborted" in errors
    assert "classify_or_hang" in errors  # where the thread hung
    assert "no_such_key is not a setting" in errors
