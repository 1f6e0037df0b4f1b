"""All rhythms in series: those of the whole window, then those that last for a part of it or whose frequency moves."""

from __future__ import annotations

from streamer.arrays import Float32
from streamer.messages import TemporalComponent
from streamer.periodicity.description import component_of
from streamer.periodicity.passing import passing_rhythms
from streamer.periodicity.related import without_related, without_sidebands
from streamer.periodicity.sampling import Sampling
from streamer.periodicity.search import FoundRhythm, Search

MAX_COMPONENTS = 6


def find_components(
    series: Float32, sampling: Sampling, grid: tuple[int, int]
) -> tuple[tuple[TemporalComponent, ...], bool]:
    """Return the rhythms, the most significant first, and whether something repeats too unsteadily to be one of them.

    Parameters
    ----------
    series : ndarray of float32, shape (n_images, n_series)
        Series of all cells, row by row; or of two quantities, one after the other, as of optical flow.
    sampling : Sampling
        Capture times.
    grid : tuple of int
        Rows and columns of cells.
    """
    search = Search(series, sampling, grid)
    found: list[FoundRhythm] = []
    while len(found) < MAX_COMPONENTS and (each := search.next()) is not None:
        found.append(each)
    resolution_hz = 1 / sampling.duration_s
    whole = without_related([component_of(each) for each in found], resolution_hz)
    passing = passing_rhythms(search.series, sampling, grid, whole, search.coder_hz)
    components = without_sidebands(without_related([*whole, *passing], resolution_hz), resolution_hz)
    return components[:MAX_COMPONENTS], search.is_unsteady
