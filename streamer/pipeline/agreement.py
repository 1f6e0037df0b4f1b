"""Which labels a measurement rules out: an event must not contradict the numbers beside it."""

from __future__ import annotations

from streamer.messages import Temporal

PULSE_HZ = 0.6, 4.0  # 36 … 240 beats a minute


def is_ruled_out(label: str, temporal: Temporal | None) -> bool:
    """Return whether the rhythms that were measured rule out a label of a motion model.

    Blood does not pulse at any rhythm outside of 36 to 240 beats a minute: a breathing chest looks like a pulse to a
    model that knows cycles per image only. Where nothing was found, nothing is ruled out.
    """
    if label != "pulse" or temporal is None or not temporal.components:
        return False
    return not any(PULSE_HZ[0] <= each.hz <= PULSE_HZ[1] for each in temporal.components)
