"""Where the tests find the checkout, their golden files and the shared data."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
SHARED = Path(os.environ.get("STREAMER_SHARED", ROOT.parent / "shared"))
IMAGES = SHARED / "data" / "images"
VIDEOS = SHARED / "data" / "video"
ESC10 = SHARED / "data" / "esc10"
