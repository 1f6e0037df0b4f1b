"""Numbers for people, and the rounding of a value to its uncertainty."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer import text


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.elapsed(754.9), "00:12:34"),
        (text.elapsed(2 * 86400 + 3661), "2d 01:01:01"),
        (text.elapsed(float("nan")), "--:--:--"),
        (text.duration(4.24), "4.2 s"),
        (text.duration(59.97), "1:00"),
        (text.duration(754), "12:34"),
        (text.duration(3725), "1:02:05"),
        (text.milliseconds(0.0004), "0.4"),
        (text.milliseconds(0.0118), "12"),
        (text.milliseconds(1.834), "1834"),
        (text.percent(0.0), "0 %"),
        (text.percent(0.00001), "<0.01 %"),
        (text.percent(0.0012), "0.12 %"),
        (text.percent(0.034), "3.4 %"),
        (text.percent(0.57), "57 %"),
        (text.megabytes(142_300_000), "142 MB"),
        (text.file_size(2_350_000), "2.4 MB"),
        (text.file_size(733_400), "733 kB"),
        (text.hertz(500), "500"),
        (text.hertz(2000), "2k"),
    ],
)
def test_numbers(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("value", "sigma", "expected"),
    [
        (3.6002, 0.0041, ("3.600", "0.004")),
        (32.01304, 0.0014, ("32.0130", "0.0014")),
        (20.0, 0.0196, ("20.00", "0.02")),
        (20.0, 0.0999, ("20.00", "0.10")),
        (1.25, 0.3, ("1.2", "0.3")),
        (968.0, 12.0, ("968", "12")),
        (968.0, 45.0, ("968", "45")),
        (2.2000491, 0.0000798, ("2.2000", "0.0001")),  # raised to the last decimal
        (-59.83, 0.2, ("-59.8", "0.2")),
        (-0.3, 2.0, ("0", "2")),
        (31.9746, 0.0, ("31.97", "?")),
        (31.9746, float("nan"), ("31.97", "?")),
        (float("nan"), 0.1, ("?", "?")),
    ],
)
def test_a_measurement_is_rounded_to_its_uncertainty(value: float, sigma: float, expected: tuple[str, str]) -> None:
    assert text.value_and_sigma(value, sigma) == expected


sigmas = st.floats(1e-300, 1e300)
values = st.floats(-1e300, 1e300)


@given(st.floats(0, 1e4), st.floats(1e-4, 1e3))
def test_rounding_costs_less_than_the_uncertainty(value: float, sigma: float) -> None:
    number, uncertainty = text.value_and_sigma(value, sigma)
    assert abs(float(number) - value) <= 0.5 * sigma * 1.001
    assert float(uncertainty) == pytest.approx(sigma, rel=0.34)


@given(values, sigmas)
def test_the_uncertainty_keeps_one_or_two_digits_and_at_most_four_decimals(value: float, sigma: float) -> None:
    _, uncertainty = text.value_and_sigma(value, sigma)
    n_decimals = len(uncertainty.partition(".")[2])
    assert n_decimals <= 4
    if sigma < 1e-4:
        assert uncertainty == "0.0001"
    elif n_decimals < 4:
        assert float(uncertainty) == pytest.approx(sigma, rel=0.205)
    if n_decimals:
        assert len(uncertainty.replace(".", "").lstrip("0")) <= 2


@given(st.floats(), st.floats())
def test_value_and_uncertainty_have_the_same_decimals_whatever_they_are(value: float, sigma: float) -> None:
    number, uncertainty = text.value_and_sigma(value, sigma)
    if uncertainty == "?":
        assert not (math.isfinite(value) and math.isfinite(sigma) and sigma > 0)
        assert text.with_sigma(value, sigma) == number
        return
    assert len(number.partition(".")[2]) == len(uncertainty.partition(".")[2])
    assert text.with_sigma(value, sigma) == f"{number} ± {uncertainty}"
    assert float(uncertainty) >= 0.65 * sigma
    assert not number.startswith("-0") or float(number) != 0


@pytest.mark.usefixtures("utc")
def test_timestamp() -> None:
    assert text.timestamp(1_700_000_000.25) == "2023-11-14 22:13:20.250"
    assert len(text.timestamp()) == len("2023-11-14 22:13:20.250")
