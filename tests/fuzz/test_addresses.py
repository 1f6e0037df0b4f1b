"""Sources of any text are opened or refused, and never show their secrets."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from streamer.address import shown, without_secrets
from streamer.sources import medium_of, open_source, shown_source
from tests.support.addresses import ADDRESSES, SECRET
from tests.support.fuzz import cases, kept, texts

SCHEMES = ["rtsp", "RTSP", "rtsps", "http", "https", "rtps", "htp", "rtmp", "camera:rtsp", "", "file", "mic", "xy"]
SIGNS = ["://", ":/", "//", ":", "", ":///"]


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Return an address with a secret somewhere, put together from right and wrong parts."""
    part = st.one_of(
        texts(), st.sampled_from(["admin", "live", "10.0.0.1", "cam.local", "[::1]", "stream1", "101", "%40"])
    )
    pieces = [draw(part), SECRET, draw(part)]
    tail = "".join(draw(st.lists(part | st.sampled_from("/?&=#@:;"), max_size=6)))
    form = draw(
        st.sampled_from(
            ["{0}:{1}@{2}/{t}", "{1}@{2}/{t}", "{0}:{2}{1}@h/{t}", "{2}/{t}/{1}", "h/{t}?password={1}", "h/{t}&pwd={1}",
             "h/user={0}_password={1}_{t}", "h:99/{t}#{1}", "h/;{1}", "{0}:{t}{1}@h", "{0}:a/{1}@h/{t}"]
        )
    )  # fmt: skip
    return draw(st.sampled_from(SCHEMES)) + draw(st.sampled_from(SIGNS)) + form.format(*pieces, t=tail)


@cases(200)
@given(addresses())
def test_a_scheme_with_slashes_makes_an_address_whose_secret_is_hidden(address: str) -> None:
    scheme, sign, rest = address.partition("://")
    if re.match(rf"{SECRET}(:\d*)?([/?#]|$)", rest):
        return  # what stands where the host is, is the host
    if sign and scheme and scheme.lower() in ("rtsp", "rtsps", "http", "https", "rtps", "htp", "rtmp", "xy"):
        assert SECRET not in shown(address)


@cases(100)
@given(
    addresses()
    | texts()
    | st.sampled_from(list(ADDRESSES.values())).flatmap(lambda a: st.just(a) | texts().map(lambda t: a + t))
)
def test_any_text_is_opened_or_refused(address: str) -> None:
    if "${file" in address:
        return
    for what in (medium_of, shown_source, open_source):
        kept(lambda what=what: what(address))  # type: ignore[misc]


@cases(100)
@given(st.lists(addresses() | texts(), max_size=3))
def test_running_text_is_made_safe_in_bounded_time(parts: list[str]) -> None:
    kept(lambda: without_secrets(" ".join(parts) * 20))
