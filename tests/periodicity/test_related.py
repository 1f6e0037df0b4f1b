"""What others explain is no rhythm of its own: multiples, folded harmonics of edges, remains beside a strong line."""

from dataclasses import replace

import numpy as np

from streamer.messages import TemporalComponent
from streamer.periodicity.related import without_coded_remains, without_related, without_sidebands

HEAT = np.ones((2, 2), np.float32)
EDGES = (6 + 0j, 3 + 0j, 2 + 0j, 1.5 + 0j)


def component(hz: float, amplitude: float, harmonics: tuple[complex, ...] = ()) -> TemporalComponent:
    return TemporalComponent(hz, 1e-4, 10.0, 4, HEAT, amplitude=amplitude, harmonics=harmonics, start_s=0.0, end_s=10.0)


def kept(*components: TemporalComponent) -> list[float]:
    return [each.hz for each in without_related(components, 0.1, 30.0)]


def test_a_folded_harmonic_of_a_rhythm_with_edges_is_none_of_its_own() -> None:
    pulses = component(7.3, 10.0, EDGES)
    folded = component(30 - 3 * 7.3 + 0.05, 2.0)  # 8.15
    assert kept(pulses, folded) == [7.3]
    assert kept(component(7.3, 10.0, (6 + 0j,)), folded) == [7.3, folded.hz]  # a sinusoid has none
    assert kept(pulses, replace(folded, amplitude=9.0)) == [7.3, folded.hz]  # stronger than an edge would make it
    assert kept(pulses, component(3.03, 2.0), component(11.0, 2.0))[1:] == [3.03, 11.0]  # nothing folds there
    elsewhere = replace(folded, heat=np.zeros((2, 2), np.float32))
    assert kept(pulses, elsewhere) == [7.3, elsewhere.hz]


def test_what_is_weak_beside_a_strong_line_is_left_of_it() -> None:
    strong = component(5.0, 5.0)
    assert kept(strong, component(5.6, 0.5)) == [5.0]
    assert kept(strong, component(6.6, 0.5)) == [5.0, 6.6]
    assert kept(strong, component(5.6, 2.0)) == [5.0, 5.6]


def test_multiples_belong_to_their_fundamental_and_sidebands_to_their_middle() -> None:
    assert kept(component(2.0, 5.0), component(6.0, 1.0)) == [2.0]
    assert kept(component(6.0, 5.0), component(2.0, 1.0)) == [2.0]
    three = (component(6.0, 5.0), component(5.2, 1.5), component(6.8, 1.5))
    assert [each.hz for each in without_sidebands(three, 0.1)] == [6.0]


def test_what_a_coder_has_left_of_a_strong_rhythm_is_none() -> None:
    strong, faint = component(5.0, 5.0), component(11.0, 0.4)
    assert without_coded_remains((strong, faint)) == (strong,)
    elsewhere = replace(faint, heat=np.zeros((2, 2), np.float32))
    assert without_coded_remains((strong, elsewhere)) == (strong, elsewhere)
    assert without_coded_remains((strong, component(11.0, 0.8)))[1:] != ()
