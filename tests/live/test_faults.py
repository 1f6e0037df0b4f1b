"""Each fault of a device is detected in 5 s, over 10 s after its end, and what it cost is counted as it was."""

from pathlib import Path

import pytest

from tests.support.faults import FAULTS, MAX_DETECTED_S, MAX_RESUMED_S, Fault
from tests.support.rigs import need


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_detected_survived_and_counted(fault: Fault, tmp_path_factory: pytest.TempPathFactory) -> None:
    need(fault.absent())
    folder: Path = tmp_path_factory.mktemp("rig")  # a short path, since it is that of a socket
    outcome = fault.cause(folder)
    print(outcome)
    assert (outcome.detected_s or 0.0) <= MAX_DETECTED_S
    assert (outcome.resumed_s or 0.0) <= MAX_RESUMED_S
    assert outcome.counted_s == pytest.approx(outcome.lost_s, abs=outcome.tolerance_s or 1e-6)
