"""Cell means are exact, and their spectra follow the definition, at any size, chunking and capture times."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.arrays import Complex64, Float32, Float64, UInt8
from streamer.errors import UserError
from streamer.features.motion import LEAST_IMAGES, CellSeries, MotionSpectrum
from streamer.features.settings import MotionSettings

seeds = st.integers(0, 2**32 - 1)


def picture(seed: int, *shape: int) -> UInt8:
    image: UInt8 = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return image


def exact_means(image: UInt8, n_rows: int, n_columns: int) -> Float64:
    """Mean of every cell, pixel by pixel."""
    height, width = image.shape[:2]
    grey = image.astype(np.float64) if image.ndim == 2 else image @ np.array([0.114, 0.587, 0.299])
    rows = [round(k * height / n_rows) for k in range(n_rows + 1)]
    columns = [round(k * width / n_columns) for k in range(n_columns + 1)]
    return np.array(
        [
            grey[rows[i] : rows[i + 1], columns[j] : columns[j + 1]].mean()
            for i in range(n_rows)
            for j in range(n_columns)
        ]
    )


def exact_spectrum(series: Float32, times_s: Float64, n: int) -> Complex64:
    """What `MotionSpectrum` documents, one cell after the other in float64."""
    even_s = np.linspace(times_s[0], times_s[-1], n)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    rows = []
    for column in series.T.astype(np.float64):
        row = np.interp(even_s, times_s, column)
        row -= np.polyval(np.polyfit(np.arange(n), row, 1), np.arange(n))
        rows.append(np.fft.rfft(row * taper)[1:] * 2 / taper.sum())
    return np.array(rows).astype(np.complex64)


def jittered(n: int, fps: float, seed: int) -> Float64:
    """Capture times whose intervals vary by up to a half."""
    return np.cumsum(np.random.default_rng(seed).uniform(0.5, 1.5, n)) / fps


@settings(max_examples=60, deadline=None)
@given(
    seed=seeds,
    n_rows=st.integers(1, 20),
    n_columns=st.integers(1, 40),
    more=st.tuples(st.integers(0, 300), st.integers(0, 90)),
    is_colour=st.booleans(),
    margin=st.tuples(st.integers(0, 5), st.integers(0, 5)),
)
def test_cells_hold_the_mean_of_their_pixels(
    seed: int, n_rows: int, n_columns: int, more: tuple[int, int], is_colour: bool, margin: tuple[int, int]
) -> None:
    height, width = n_rows + more[0], n_columns + more[1]
    whole = picture(seed, height + 2 * margin[0], width + 2 * margin[1], *((3,) if is_colour else ()))
    image = whole[margin[0] : margin[0] + height, margin[1] : margin[1] + width]  # rows apart, as in a region
    image.flags.writeable = False
    cells = CellSeries(n_rows, n_columns, 4)
    cells.push(image, 1.0)
    values, times_s = cells.last(1)
    np.testing.assert_allclose(values[0], exact_means(image, n_rows, n_columns), rtol=2e-7, atol=3e-5)
    assert times_s.tolist() == [1.0]


def test_cells_of_a_large_white_image_do_not_overflow() -> None:
    cells = CellSeries(1, 2, 4)
    cells.push(np.full((2000, 30), 255, np.uint8), 0.0)
    cells.push(np.full((2000, 30, 3), 255, np.uint8), 1.0)
    np.testing.assert_allclose(cells.last(2)[0], 255.0, rtol=1e-6)


def test_cells_of_every_layout_in_memory_agree() -> None:
    image = picture(0, 60, 80)
    expected = exact_means(image, 3, 4)
    for layout in (image, np.asfortranarray(image), image[::-1][::-1], np.repeat(image, 2, axis=1)[:, ::2]):
        cells = CellSeries(3, 4, 2)
        cells.push(layout, 0.0)
        np.testing.assert_allclose(cells.last(1)[0][0], expected, rtol=1e-6)


def test_a_grid_finer_than_the_image_is_refused() -> None:
    cells = CellSeries(18, 32, 4)
    for shape in ((17, 100), (100, 31), (17, 100, 3)):
        with pytest.raises(UserError, match=r"cells=\[32, 18\] must be at most the image's"):
            cells.push(np.zeros(shape, np.uint8), 0.0)
    assert cells.n_pushed == 0
    cells.push(np.full((18, 32), 9, np.uint8), 0.0)
    assert (cells.last(1)[0] == 9).all()


@settings(deadline=None)
@given(capacity=st.integers(1, 12), pushes=st.lists(st.integers(0, 14), max_size=40), reset_at=st.integers(0, 40))
def test_the_newest_images_are_one_view_wherever_they_end(capacity: int, pushes: list[int], reset_at: int) -> None:
    cells = CellSeries(1, 2, capacity)
    kept: list[tuple[int, float]] = []
    for i, wanted in enumerate(pushes):
        if i == reset_at:
            cells.reset()
            kept = []
        level, time_s = i % 256, i * 0.5
        cells.push(np.full((2, 4), level, np.uint8), time_s)
        kept.append((level, time_s))
        values, times_s = cells.last(wanted)
        newest = kept[max(0, len(kept) - min(wanted, capacity)) :]
        assert values.shape == (len(newest), 2)
        assert (values[:, 0] == values[:, 1]).all()
        assert list(zip(values[:, 0].tolist(), times_s.tolist(), strict=True)) == newest
        assert cells.n_pushed == len(kept)


@pytest.mark.parametrize("time_s", [0.0, 1.0, float("nan")])
def test_images_with_an_earlier_time_are_refused(time_s: float) -> None:
    cells = CellSeries(1, 1, 4)
    cells.push(picture(0, 4, 4), 1.0)
    with pytest.raises(ValueError, match="must be later"):
        cells.push(picture(1, 4, 4), time_s)
    assert cells.n_pushed == 1


@settings(max_examples=30, deadline=None)
@given(
    seed=seeds,
    n=st.sampled_from([32, 64, 128, 256, 512, 1024]),
    n_images=st.integers(LEAST_IMAGES, 300),
    n_cells=st.integers(1, 70),
)
def test_spectra_are_those_of_the_definition(seed: int, n: int, n_images: int, n_cells: int) -> None:
    rng = np.random.default_rng(seed)
    series = rng.uniform(0, 255, (n_images, n_cells)).astype(np.float32)
    times_s = jittered(n_images, 30.0, seed)
    spectrum = MotionSpectrum(MotionSettings(n_rows=1, n_columns=n_cells, n_images=n)).transform(series, times_s)
    assert spectrum.shape == (n_cells, n // 2)
    np.testing.assert_allclose(spectrum, exact_spectrum(series, times_s, n), atol=5e-4)


@settings(deadline=None)
@given(
    amplitude=st.floats(0.01, 100.0),
    bin_=st.integers(4, 55),
    phase=st.floats(-3.0, 3.0),
    offset=st.floats(0.0, 255.0),
    slope=st.floats(-1.0, 1.0),
)
def test_a_sinusoid_has_its_amplitude_and_phase_in_its_bin(
    amplitude: float, bin_: int, phase: float, offset: float, slope: float
) -> None:
    n = 128
    j = np.arange(n)
    # cells in all lanes and in both halves of the complex FFT
    wave = amplitude * np.cos(2 * np.pi * bin_ * j / n + phase)
    series = np.zeros((n, 40), np.float32)
    series[:, ::3] = (wave + offset + slope * (j - n / 2))[:, None]
    times_s = 7.0 + j / 30.0
    front_end = MotionSpectrum(MotionSettings(n_rows=5, n_columns=8, n_images=n))
    spectrum = front_end.transform(series, times_s)
    value = spectrum[::3, bin_ - 1]
    # float32 rounds the series itself to 1e-5 and the straight line takes a part of the sinusoid with it
    np.testing.assert_allclose(np.abs(value), amplitude, rtol=5e-3, atol=1e-4)
    np.testing.assert_allclose(np.angle(value * np.exp(-1j * phase)), 0.0, atol=0.02)
    assert front_end.frequencies(times_s)[bin_ - 1] == pytest.approx(bin_ * 30.0 / n)
    assert np.abs(spectrum[1::3]).max() < 1e-6 * amplitude
    bins = np.arange(1, n // 2 + 1)
    far = (np.abs(bins - bin_) > 1) & (bins > 2)  # the line that fits the sinusoid best leaves a trace there
    assert np.abs(spectrum[0, far]).max() < 0.01 * amplitude + 1e-4


@settings(deadline=None)
@given(seed=seeds, value=st.floats(0, 255, width=32))
def test_constant_cells_are_exactly_zero(seed: int, value: float) -> None:
    series = np.full((64, 33), value, np.float32)
    spectrum = MotionSpectrum(MotionSettings(n_rows=3, n_columns=11, n_images=64)).transform(
        series, jittered(64, 30.0, seed)
    )
    assert (spectrum == 0).all()


@settings(deadline=None, max_examples=25)
@given(seed=seeds, capacity=st.integers(40, 100), strides=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_any_batching_gives_the_same_series_and_spectra(seed: int, capacity: int, strides: list[int]) -> None:
    """Spectra taken in passing change nothing, and are those of the same images alone, bit for bit."""
    front_end = MotionSpectrum(MotionSettings(n_rows=3, n_columns=4, n_images=32))
    n_images = 40 + sum(strides)
    images, times_s = picture(seed, n_images, 12, 16), jittered(n_images, 30.0, seed)
    rolling = CellSeries(3, 4, capacity)
    n_pushed = 0
    for stride in [40, *strides]:
        for image, time_s in zip(images[n_pushed : n_pushed + stride], times_s[n_pushed:], strict=False):
            rolling.push(image, time_s)
        n_pushed += stride
        passing = front_end.transform(*rolling.last(32)).copy()
        alone = CellSeries(3, 4, 32)
        for image, time_s in zip(images[n_pushed - 32 : n_pushed], times_s[n_pushed - 32 :], strict=False):
            alone.push(image, time_s)
        np.testing.assert_array_equal(rolling.last(32)[0], alone.last(32)[0])
        fresh = MotionSpectrum(MotionSettings(n_rows=3, n_columns=4, n_images=32)).transform(*alone.last(32))
        np.testing.assert_array_equal(passing, fresh)


@settings(deadline=None, max_examples=25)
@given(seed=seeds, n_cells=st.integers(2, 80), first=st.integers(0, 78))
def test_a_cell_depends_on_its_neighbours_by_rounding_only(seed: int, n_cells: int, first: int) -> None:
    first = min(first, n_cells - 1)
    series = np.random.default_rng(seed).uniform(0, 255, (64, n_cells)).astype(np.float32)
    times_s = jittered(64, 30.0, seed)
    front_end = MotionSpectrum(MotionSettings(n_rows=1, n_columns=n_cells, n_images=64))
    together = front_end.transform(series, times_s).copy()
    np.testing.assert_allclose(front_end.transform(series[:, first:], times_s), together[first:], atol=2e-5)


def test_interpolation_loses_no_more_than_stated() -> None:
    """The least favourable case of the docstring: every point of the grid lies midway between two images."""
    fps, n = 32.0, 64
    front_end = MotionSpectrum(MotionSettings(n_rows=1, n_columns=1, n_images=n))
    fine_s = np.arange(0, 2.0 + 1e-9, 1 / fps)
    times_s = np.concatenate([[0.0], fine_s[:-1] + 0.5 / fps, [2.0 - 1 / fps]])  # first and last on the grid
    times_s = np.unique(times_s[times_s <= 2.0 - 1 / fps])
    for bin_, hertz in ((6, 3.0), (12, 6.0), (20, 10.0)):
        wave = np.cos(2 * np.pi * hertz * times_s).astype(np.float32)[:, None]
        amplitude = abs(front_end.transform(wave, times_s)[0, bin_ - 1])
        assert amplitude == pytest.approx(np.cos(np.pi * hertz / fps), abs=0.02)


def test_series_that_do_not_fit_their_times_are_refused() -> None:
    front_end = MotionSpectrum(MotionSettings(n_rows=1, n_columns=4, n_images=32))
    series = np.zeros((40, 4), np.float32)
    times_s = np.arange(40) / 30.0
    with pytest.raises(ValueError, match="a row for each of ≥ 8"):
        front_end.transform(series[:7], times_s[:7])
    with pytest.raises(ValueError, match="a row for each"):
        front_end.transform(series, times_s[:-1])
    for wrong in (np.full(40, 1.0), times_s[::-1], np.where(np.arange(40) == 20, np.nan, times_s)):
        with pytest.raises(ValueError, match="strictly increasing"):
            front_end.transform(series, wrong)
