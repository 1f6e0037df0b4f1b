"""Run all checks, as CI does: format, lint, types, tests. Further arguments go to pytest."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATHS = ["streamer", "tests", "models/recipes", "docs"]
CHECKS = [
    ["ruff", "format", "--check", *PATHS],
    ["ruff", "check", *PATHS],
    ["mypy"],
    ["pytest", *sys.argv[1:]],
]


def main() -> int:
    failed = []
    for check in CHECKS:
        print("—", *check, flush=True)
        if subprocess.run([sys.executable, "-m", *check], cwd=ROOT, check=False).returncode:
            failed.append(check[0])
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
