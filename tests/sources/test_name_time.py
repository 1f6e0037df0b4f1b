"""Times in the names of files."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from streamer.errors import UserError
from streamer.sources.name_time import is_audiomoth, time_of_name

DAWN = datetime(2024, 1, 31, 5, 30)


@pytest.mark.parametrize(
    "name",
    [
        "20240131_053000.WAV",
        "20240131_053000T.WAV",
        "SITE_20240131_053000.wav",
        "SITE_20240131$053000.wav",
        "SM3_0+1_20240131_053000.wav",
        "SITE7_20240131_053000_000.wav",
        "2024-01-31_05-30-00.flac",
        "garden 2024-01-31 05.30.00.mp3",
        "WhatsApp Audio 2024-01-31 at 05.30.00.opus",
        "PXL-20240131-053000.mp4",
        "VID20240131053000.mp4",
        "2024-01-31T05:30:00.ogg",
        "99999999_999999_20240131_053000.wav",  # the first is no time
    ],
)
def test_names_of_usual_recorders(name: str) -> None:
    assert time_of_name(name) == DAWN


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("20240131T053000Z.wav", 0.0),
        ("20240131T053000.000Z_mic_dog.flac", 0.0),
        ("SITE_20240131_053000+0100.wav", 1.0),
        ("SITE_20240131_053000-0330.wav", -3.5),
        ("2024-01-31T05-30-00+05:45.wav", 5.75),
    ],
)
def test_a_zone_in_the_name_is_kept(name: str, hours: float) -> None:
    assert time_of_name(name) == DAWN.replace(tzinfo=timezone(timedelta(hours=hours)))


def test_fractions_of_a_second_are_kept() -> None:
    assert time_of_name("20240131T053000.250Z_mic.wav") == DAWN.replace(tzinfo=UTC, microsecond=250_000)


def test_hexadecimal_names_are_seconds_since_the_epoch() -> None:
    assert time_of_name("5BE0A1D8.WAV") == datetime.fromtimestamp(0x5BE0A1D8, UTC)
    assert is_audiomoth("5BE0A1D8.WAV")
    assert is_audiomoth("20240131_053000T.WAV")
    assert not is_audiomoth("SITE_20240131_053000.wav")


@pytest.mark.parametrize(
    "name",
    [
        "dog.wav",
        "20240131.wav",  # no time
        "20241331_053000.wav",  # no month
        "20240131_253000.wav",  # no hour
        "120240131_0530001.wav",  # a part of other numbers
        "19700101_000012.WAV",  # a clock that was never set
        "00000012.WAV",
        "DEADBEEF.txt",
    ],
)
def test_other_numbers_are_no_times(name: str) -> None:
    assert time_of_name(name) is None


@pytest.mark.parametrize(
    ("pattern", "name", "time"),
    [
        ("%d%m%y-%H%M%S", "REC310124-053000.wav", DAWN),
        ("%y%m%d_%H%M", "240131_0530.mp3", DAWN),
        ("%d %b %Y %H.%M", "nest (31 Jan 2024 05.30).wav", DAWN),
        ("%Y%m%d", "site_20240131.wav", datetime(2024, 1, 31)),
        ("%Y%m%d%H%M%S%z", "20240131053000+0100.wav", DAWN.replace(tzinfo=timezone(timedelta(hours=1)))),
        ("%d%m%y-%H%M%S", "20240131_053000.wav", None),  # the pattern alone counts
    ],
)
def test_a_pattern_of_the_user(pattern: str, name: str, time: datetime | None) -> None:
    assert time_of_name(name, pattern) == time


@pytest.mark.parametrize("pattern", ["%H%M%S", "x", "%Y%m%d%Q", "%Y%Y%m%d", "%"])
def test_a_pattern_without_a_date_is_refused(pattern: str) -> None:
    with pytest.raises(UserError, match="time_pattern"):
        time_of_name("20240131_053000.wav", pattern)
