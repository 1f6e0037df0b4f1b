"""Recordings of the world become score tracks, and evidence of what a model does with them."""

import numpy as np
import pytest

pytest.importorskip("scipy")

from streamer.config import EventSettings
from streamer.evaluation.tracks import NO_LABEL
from streamer.training.world import WorldRecording, score_world, world_evidence

LABELS = ("bell", "door", "background")
EVENTS = EventSettings(on=0.5, off=0.4, confirm=2, confirm_of=3, deny=("background",))


def _recording(bell: float, door: float, alike: tuple[str, ...] = (), origin: str = "street") -> WorldRecording:
    return WorldRecording(np.tile(np.array([bell, door, 0.1], np.float16), (5, 1)), 1.0, alike, origin)


def test_every_recording_has_a_track() -> None:
    empty = WorldRecording(np.zeros((0, 3), np.float16), 1.0, (), "street")
    tracks = score_world([_recording(0.25, 0.5, ("bell",)), empty], lambda activations: 2 * activations)
    (one,) = tracks
    assert one.track.scores.dtype == np.float32
    assert one.track.scores[0].tolist() == pytest.approx([0.5, 1.0, 0.2], abs=1e-3)
    assert (one.track.label, one.track.stride_s, one.alike, one.origin) == (NO_LABEL, 1.0, ("bell",), "street")


def test_an_event_of_a_label_that_the_recording_is_like_is_not_false() -> None:
    recordings = [_recording(0.9, 0.9, ("bell",)), _recording(0.9, 0.1, origin="wood"), _recording(0.1, 0.1)]
    evidence = world_evidence(score_world(recordings, lambda scores: scores), LABELS, EVENTS)
    assert evidence.false.n == 2  # a door in the first, a bell in the second
    assert evidence.false.hours == pytest.approx(3 * 4.0 / 3600)
    assert evidence.origins == (("street", 2), ("wood", 1))
    assert evidence.origins_text == "street (2), wood (1)"
