"""How many cases a fuzzing test tries: a few hundred in CI, more by hand.

``STREAMER_FUZZ=100 python -m pytest tests/fuzz tests/sources/images/test_mjpeg.py`` tries a hundred times as many; with
``--hypothesis-seed=0`` the same ones each time.
"""

import os


def n_cases(usual: int) -> int:
    """Return the number of cases to try."""
    return round(usual * float(os.environ.get("STREAMER_FUZZ", "1")))
