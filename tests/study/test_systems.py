"""Every system has a front end and a family."""

from streamer.study.front_ends import FRONT_ENDS
from streamer.study.systems import BACKBONE, SYSTEMS


def test_every_system_has_a_key_a_family_and_a_known_front_end() -> None:
    assert len({system.key for system in SYSTEMS}) == len(SYSTEMS)
    assert {system.front_end for system in SYSTEMS} <= {*FRONT_ENDS, BACKBONE}
    assert {system.family for system in SYSTEMS} >= {"direct", "sequence", "flow", "periodic", "pixels"}
