"""Claims are found, refuted or undecided by the measured accuracies and their intervals."""

from streamer.study.verdicts import Verdict, verdicts
from tests.support.study_results import invented_results


def words_of(rows: list[Verdict], start: str) -> list[str]:
    return [row.word for row in rows if row.claim.startswith(start)]


def test_a_claim_is_found_refuted_or_undecided() -> None:
    found = verdicts(invented_results({("digits", "pixels_network"): (0.8, 0.9)}))
    assert words_of(found, "generic pictures: pixels beat") == ["found", "found"]
    refuted = verdicts(invented_results({("digits", "polar_network"): (1 / 3, 0.9)}))
    assert words_of(refuted, "generic pictures: pixels beat") == ["undecided", "refuted"]
    few = verdicts(invented_results({("textures", "polar_linear"): (0.6, 0.36)}))
    assert words_of(few, "periodic textures: FFT") == ["found", "undecided"]


def test_the_evidence_of_a_claim_gives_both_accuracies() -> None:
    rows = verdicts(invented_results({("motion", "flow_turn"): (0.71, 0.98)}))
    evidence = next(row.evidence for row in rows if row.claim.startswith("motion: spectra"))
    assert "71.0 %" in evidence
    assert "33.2 %" in evidence or "33.3 %" in evidence
