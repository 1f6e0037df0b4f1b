"""The part of the list that is shown has the selected event in it."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.dashboard.events import event_lines
from streamer.dashboard.selection import first_shown, listed
from streamer.dashboard.theme import theme_for
from streamer.dashboard.view import EventId
from streamer.messages import Event
from tests.support.screens import text_of
from tests.support.snapshots import snapshot

MANY = [Event("street", f"label{k}", 0.9, 0.8, float(k), k + 0.5, 1e9 + k) for k in range(60)]


@given(st.integers(0, 59), st.integers(1, 40))
def test_the_selected_event_is_among_those_shown(chosen: int, n_lines: int) -> None:
    events = MANY[::-1]
    first = first_shown(events, EventId.of(events[chosen]), n_lines)
    assert first <= chosen < first + n_lines
    assert 0 <= first <= max(len(events) - n_lines, 0)


def test_the_list_scrolls_back_to_the_first_event() -> None:
    shown = snapshot(past=tuple(MANY))
    theme = theme_for("truecolor")
    assert "label0 " not in "".join(text_of(line) for line in event_lines(shown, 60, 8, theme))
    oldest = EventId.of(listed(shown)[-1])
    lines = event_lines(shown, 60, 8, theme, oldest)
    (marked,) = [line for line in lines if all(segment.style and segment.style.reverse for segment in line)]
    assert "label0 " in text_of(marked)
