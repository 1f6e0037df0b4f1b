"""All rhythms in series: those of the whole window, then those that last for a part of it or whose frequency moves."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from streamer.arrays import Float32
from streamer.messages import TemporalComponent
from streamer.periodicity.coded_types import CodedTypes
from streamer.periodicity.coding import mixtures
from streamer.periodicity.description import component_of
from streamer.periodicity.passing import passing_rhythms
from streamer.periodicity.related import without_coded_remains, without_related, without_sidebands
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.search import FoundRhythm, Search

MAX_COMPONENTS = 6


class FoundRhythms(NamedTuple):
    """What was found in series, the most significant first."""

    components: tuple[TemporalComponent, ...]
    of_coder: tuple[TemporalComponent, ...]  # that the video coder made
    is_unsteady: bool  # whether something repeats too unsteadily to be a component


def find_components(
    series: Float32, sampling: Sampling, grid: tuple[int, int], types: CodedTypes | None = None
) -> FoundRhythms:
    """Return the rhythms of the scene and those of the coder.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Series of all cells, row by row; or of two quantities, one after the other, as of optical flow.
    sampling : Sampling
        Capture times.
    grid : tuple of int
        Rows and columns of cells.
    types : CodedTypes, optional
        How each image was coded.
    """
    search = Search(series, sampling, grid, types=types)
    found: list[FoundRhythm] = []
    while len(found) < MAX_COMPONENTS and (each := search.next()) is not None:
        found.append(each)
    resolution_hz = 1 / sampling.duration_s
    whole = without_related([component_of(each) for each in found], resolution_hz, sampling.fps)
    passing = passing_rhythms(search.series, sampling, grid, whole, search.coder_hz)
    components = without_sidebands(without_related([*whole, *passing], resolution_hz, sampling.fps), resolution_hz)
    if types is not None:
        components = without_coded_remains(components)
    mixed = [] if types is None else mixtures(components, types)
    of_coder = [component_of(each) for each in search.of_coder[:MAX_COMPONENTS]]
    kept = without_related(of_coder, resolution_hz, sampling.fps)
    return FoundRhythms(
        tuple(each for each in components if each not in mixed)[:MAX_COMPONENTS],
        tuple(replace(each, what="coder", alias_hz=(), mains_hz=None) for each in [*kept, *mixed][:MAX_COMPONENTS]),
        search.is_unsteady,
    )
