"""Run all checks, as CI does: format, lint, types, tests. Further arguments go to pytest.

The tests run on up to four processors, but for those that need the machine for themselves (marked ``alone``: all in
``tests/live``), which come afterwards, one by one.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATHS = ["streamer", "tests", "models/recipes", "docs"]
CHECKS = [
    ["ruff", "format", "--check", *PATHS],
    ["ruff", "check", *PATHS],
    ["mypy"],
]
TESTS = [  # the files of a part share what they prepared, so each stays with one process
    ["pytest", "-m", "not alone", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"],  # each takes up to 2 GB
    ["pytest", "-m", "alone"],
]
NO_TESTS = 5  # pytest's exit status where none was chosen


def main() -> int:
    """Run all checks, whatever fails; return 1 if one has."""
    failed = [check[0] for check in CHECKS if run(check)]
    chosen = sys.argv[1:]
    statuses = [run([*tests, *chosen]) for tests in TESTS]
    if chosen and set(statuses) == {0, NO_TESTS}:  # all that were chosen are in one part
        statuses = [0]
    if any(statuses):
        failed.append("pytest")
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def run(command: list[str]) -> int:
    print("—", *command, flush=True)
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
