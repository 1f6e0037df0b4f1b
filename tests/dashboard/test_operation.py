"""What keys do: to the view, and as commands to the streams."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.dashboard.help import help_lines
from streamer.dashboard.keymap import (
    BINDINGS,
    BINDINGS_OF_CURSOR,
    BINDINGS_OF_EVENT,
    BINDINGS_OF_TAKES,
    Binding,
    in_footer,
    in_help,
)
from streamer.dashboard.keys import Input, Mouse
from streamer.dashboard.operation import EventKey, Operator
from streamer.dashboard.selection import listed, selected
from streamer.dashboard.spectrogram_look import SpectrogramLook
from streamer.dashboard.theme import theme_for
from streamer.dashboard.view import EventId, Note, View
from streamer.messages import Command, Event, NamedRegion, RegionFindings, State
from streamer.monitor.snapshot import Snapshot
from tests.support.snapshots import image_snapshot, image_view, snapshot, sound_view


class Desk:
    """An operator with the commands that it has posted."""

    def __init__(self, *snapshots: Snapshot, event_keys: tuple[EventKey, ...] = ()) -> None:
        self.posted: list[Command] = []
        self.snapshots = snapshots or (snapshot(),)
        self.operator = Operator(self.posted.append, 7.0, event_keys)
        self.view = View()

    def press(self, *keys: Input) -> View:
        for key in keys:
            self.view = self.operator.press(key, self.view, self.snapshots)
        return self.view


def test_keys_choose_what_is_shown() -> None:
    desk = Desk(snapshot(), image_snapshot(), snapshot())
    assert desk.press(" ").is_held
    assert not desk.press(" ").is_held
    assert [desk.press("\t").focus for _ in range(4)] == [0, 1, 2, None]
    assert desk.press("2").focus == 1
    assert desk.press("0").focus is None
    assert desk.press("9").focus is None
    single = Desk()
    for key in ("\t", "1", "9", "x", "漢", "f12"):
        assert single.press(key) == View()


def test_events_are_chosen_along_the_list_and_stay_chosen() -> None:
    desk = Desk()
    events = listed(desk.snapshots[0])
    assert [event.label for event in events] == ["helicopter", "clock_tick", "rain", "rooster"]
    chosen = [
        desk.press(key).event for key in ("down", "down", "down", "up", "end", "down", "home", "pagedown", "pageup")
    ]
    assert [each.label if each else None for each in chosen] == [
        "helicopter", "clock_tick", "rain", "clock_tick", "rooster", "rooster", "helicopter", "rooster", "helicopter",
    ]  # fmt: skip
    ended = dataclasses.replace(events[0], offset_s=760.0)
    later = dataclasses.replace(desk.snapshots[0], running=(), past=(ended,))
    assert selected(later, desk.view.event) == ended
    assert desk.press("escape").event is None


def test_nothing_to_choose_is_no_fault() -> None:
    desk = Desk(snapshot(running=(), past=(), labels=(), scores=snapshot().scores[:0]))
    for key in ("down", "end", "[", "+", "m"):
        desk.press(key)
    assert desk.view.event is None
    assert desk.posted == []


def test_thresholds_go_up_and_down_on_the_way_of_all_commands() -> None:
    desk = Desk()
    assert desk.press("[").label == "clock_tick"
    assert desk.press("]").label == "helicopter"
    desk.press("+")
    desk.snapshots = (snapshot(on=snapshot().on + 0.05),)
    desk.press("-")
    assert [(each.stream, each.action, each.label, round(each.value, 6)) for each in desk.posted] == [
        ("street", "threshold", "helicopter", 0.65),
        ("street", "threshold", "helicopter", 0.6),
    ]
    high = Desk(dataclasses.replace(snapshot(), on=snapshot().on * 0 + 1))
    high.press("+")
    assert high.posted[0].value == 1.0


def test_steps_add_up_before_a_snapshot_shows_them_and_the_last_one_is_kept() -> None:
    saved: list[tuple[str, float]] = []

    def save(label: str, on: float) -> Note:
        saved.append((label, round(on, 6)))
        return "written"

    desk = Desk()
    desk.operator = Operator(desk.posted.append, save=save)
    desk.press("[", "+", "+", "+")
    assert [round(each.value, 6) for each in desk.posted] == [0.65, 0.7, 0.75]
    assert desk.press("w").said == "written"
    desk.snapshots = (dataclasses.replace(snapshot(), on=snapshot().on * 0 + 0.3),)
    desk.press("w", "-", "w")
    assert saved == [("clock_tick", 0.75), ("clock_tick", 0.3), ("clock_tick", 0.25)]


def test_two_quick_presses_take_each_other_back() -> None:
    desk = Desk()
    desk.press("end", "m", "m", "p", "p")
    assert [(each.action, each.value) for each in desk.posted] == [
        ("mute", 1.0), ("mute", 0.0), ("pause", 0.0), ("resume", 0.0)
    ]  # fmt: skip


def test_what_is_written_is_what_was_asked_for_although_the_stream_has_not_done_it_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved: list[float] = []
    now_s = [100.0]
    monkeypatch.setattr("streamer.dashboard.asked.time.monotonic", lambda: now_s[0])

    def save(label: str, on: float) -> Note:
        saved.append(round(on, 6))
        return "written"

    def shown(on: float) -> tuple[Snapshot, ...]:
        return (snapshot(on=snapshot().on * 0 + on),)

    desk = Desk(*shown(0.6))
    desk.operator = Operator(desk.posted.append, save=save)
    desk.press("[", "+", "+")
    for on in (0.6, 0.65, 0.7):  # as the stream carries the commands out
        desk.snapshots = shown(on)
        desk.press("w")
    assert saved == [0.7, 0.7, 0.7]
    desk.snapshots = shown(0.4)  # another has set it
    desk.press("w", "+", "w")
    assert saved[3:] == [0.4, 0.45]
    desk.press("+")
    now_s[0] += 10.0
    desk.press("w")  # the screen is held: the same snapshot
    desk.snapshots = shown(0.4)  # the stream has refused it, or it is gone
    desk.press("w")
    assert saved[5:] == [0.5, 0.4]


def test_the_label_of_the_chosen_event_is_muted_and_heard_again() -> None:
    desk = Desk()
    desk.press("end", "m")
    desk.snapshots = (dataclasses.replace(snapshot(), muted=frozenset({"rooster"})),)
    desk.press("m")
    assert desk.posted == [Command("street", "mute", "rooster", 1.0), Command("street", "mute", "rooster", 0.0)]


def test_the_chosen_stream_is_paused_resumed_and_saved() -> None:
    desk = Desk(snapshot(stream="a"), snapshot(stream="b", state=State.PAUSED))
    desk.press("p", "n", "p", "s")
    assert desk.posted == [Command("a", "pause"), Command("b", "resume"), Command("b", "clip", value=7.0)]
    assert "7 s" in desk.view.said


def event_keys(done: list[str]) -> tuple[EventKey, ...]:
    """Return a key that marks, and one that asks for a label; they say so when it is known."""

    def act(shown: Snapshot, event: Event, label: str) -> Note:
        done.append(f"{shown.health.stream} {event.label} {label}".rstrip())
        return lambda: f"{len(done)} done"

    right = Binding(("n",), "right", "mark it as right", short="right", of_event=True)
    another = Binding(("l",), "label", "another label", short="label", of_event=True)
    return EventKey(right, act), EventKey(another, act, lambda shown, event: shown.labels[:3])


def test_further_keys_act_on_the_chosen_event_alone_and_come_first_then() -> None:
    done: list[str] = []
    desk = Desk(snapshot(), snapshot(stream="second"), event_keys=event_keys(done))
    desk.press("n")
    assert (done, desk.view.chosen) == ([], 1)
    desk.press("n", "end", "n")
    assert (done, desk.view.chosen) == (["street rooster"], 0)
    assert desk.view.said == "1 done"
    done.append("later")
    assert desk.view.said == "2 done"
    assert desk.press("up").said == ""
    assert desk.press("?", "n").help_page is None
    assert len(done) == 2


def test_the_last_line_names_the_keys_that_work_and_the_help_all() -> None:
    operator = Operator(event_keys=event_keys([]))
    chosen = View(event=EventId.of(snapshot().past[0]))
    assert operator.bindings(View()) == BINDINGS
    footer = in_footer(operator.bindings(chosen), 2, is_held=False)
    assert footer[:4] == [("q", "quit"), ("?", "help"), ("n", "right"), ("l", "label")]
    names = dict(in_help(operator.bindings(chosen), 2))
    assert "n" not in names
    assert names["Shift-Tab"] == "choose the next stream for the other keys"
    assert dict(in_help(operator.all_bindings, 2))["n"] == "choose the next stream for the other keys"
    assert dict(in_help(operator.all_bindings, 2, of_event=True))["n"] == "mark it as right"
    box = help_lines(operator.all_bindings, 2, 0, 200, 60, theme_for(None))
    assert any("keys while an event is chosen" in "".join(each.text for each in line) for line in box)


def test_a_label_is_chosen_while_all_keys_go_to_it() -> None:
    done: list[str] = []
    desk = Desk(event_keys=event_keys(done))
    entry = desk.press("end", "l").entry
    assert entry is not None
    assert (entry.choices, entry.question) == (["dog", "rain", "sea_waves"], "rooster was")
    desk.press("q", "u", "a", "i", "l", "enter")
    assert (done, desk.view.entry, desk.view.said) == (["street rooster quail"], None, "1 done")
    desk.press("l", "2")
    assert done[-1] == "street rooster rain"
    for keys in (("l", "escape"), ("l", "enter")):
        assert desk.press(*keys).entry is None
    desk.press("l")
    desk.snapshots = (snapshot(past=(), running=()),)  # it leaves the list meanwhile
    assert desk.press("2").entry is None
    assert len(done) == 2


def test_the_cursor_takes_the_arrow_keys_until_it_goes() -> None:
    desk = Desk()
    newest = sound_view().column - 1
    assert desk.press("c").look.cursor == (newest, 32)
    assert desk.press("left", "left", "up").look.cursor == (newest - 4, 34)
    assert desk.press("pageup", "right").look.cursor == (newest - 22, 34)
    assert desk.view.event is None
    footer = in_footer(desk.operator.bindings(desk.view), 1, is_held=False)
    assert footer[:5] == [("q", "quit"), ("?", "help"), ("← →", "time"), ("↑ ↓", "frequency"), ("Esc", "end")]
    assert desk.press("home").look.cursor == (sound_view().column - 400, 34)
    assert desk.press("end").look.cursor == (newest, 34)
    assert desk.press("escape").look.cursor is None
    assert desk.press("down").event is not None


def test_the_spectrogram_is_scrolled_zoomed_and_brightened() -> None:
    desk, column = Desk(), sound_view().column
    assert desk.press("left", "left").look.end == column - 40
    assert desk.press("right").look.end == column - 20
    assert desk.press("right").look.end is None
    assert desk.press(*["left"] * 100).look.end == column - 400 + 20
    assert desk.press("escape").look.end is None
    assert desk.press("z", "d", "f").look == SpectrogramLook(zoom=-1, brighter_db=5.0, halvings=1, low=16)
    assert desk.press(*"Z" * 20, *"D" * 20, *"F" * 9).look == SpectrogramLook(zoom=5, brighter_db=-40.0)
    desk.press("left")
    assert desk.press("\t").look.end is not None  # there is one stream
    several = Desk(snapshot(), snapshot())
    assert several.press("z", "left", "n").look == SpectrogramLook(zoom=-1)
    assert "spectrogram of sound" in Desk(image_snapshot()).press("c").said


def test_help_is_opened_and_any_other_key_closes_it_without_effect() -> None:
    desk = Desk()
    assert desk.press("?").help_page == 0
    assert desk.press("p").help_page is None
    assert desk.posted == []


@pytest.mark.parametrize("bindings", [BINDINGS, BINDINGS_OF_EVENT, BINDINGS_OF_CURSOR, BINDINGS_OF_TAKES])
def test_no_key_is_bound_twice(bindings: tuple[Binding, ...]) -> None:
    keys = [key for binding in bindings for key in binding.keys]
    assert len(keys) == len(set(keys))


KEYS = st.sampled_from([key for binding in BINDINGS for key in binding.keys]) | st.text(min_size=1, max_size=2)
MOUSE = st.builds(
    Mouse,
    st.sampled_from(["press", "drag", "release", "move", "wheel up", "wheel down"]),
    st.integers(0, 300),
    st.integers(0, 100),
)


@given(st.lists(KEYS | MOUSE, max_size=30), st.integers(0, 3))
def test_no_keys_make_it_fail(keys: list[Input], n_streams: int) -> None:
    operator, view = Operator(), View()
    snapshots = [snapshot(), image_snapshot(), snapshot(running=(), past=())][:n_streams]
    for key in keys:
        view = operator.press(key, view, snapshots)
    assert view.event is None or isinstance(view.event, EventId)


@pytest.mark.parametrize("binding", BINDINGS, ids=lambda binding: binding.does)
def test_every_binding_does_something(binding: object) -> None:
    assert isinstance(binding, type(BINDINGS[0]))
    if binding.does == "quit":
        return  # the loop does it
    posted: list[Command] = []
    for start in ((), ("pagedown", "pagedown"), ("?",), ("left", "left"), ("f", "Z")):
        desk = Desk(snapshot(stream="a"), snapshot(stream="b"))
        desk.operator = Operator(posted.append, save=lambda label, on: "written")
        before = desk.press("end", "up", "up", "]", "]", "]", *start)
        if desk.press(binding.keys[0]) != before or posted:
            return
    raise AssertionError("it does nothing")


def test_a_region_is_chosen_on_the_stream_alone_and_all_keys_go_there() -> None:
    desk = Desk(snapshot(), image_snapshot())
    desk.press("n", "r")
    assert desk.view.region is not None
    assert (desk.view.focus, desk.view.region.name) == (1, "region 1")
    assert [each.short for each in desk.operator.bindings(desk.view)][:2] == ["set", "leave"]
    desk.press("right", "m", "p", "enter")
    assert desk.posted == [Command("porch", "region", label="region 1", box=(233, 160, 213, 160))]
    assert desk.view.region is None
    assert desk.view.focus is None
    assert desk.view.note == "porch: region 1 is measured"


def test_a_region_is_cleared_by_key() -> None:
    belt = RegionFindings(NamedRegion("belt", 0, 0, 64, 48))
    desk = Desk(image_snapshot(view=dataclasses.replace(image_view(), regions=(belt,))))
    desk.press("r", "\t", "x")
    assert desk.posted == [Command("porch", "region", label="belt")]
    assert desk.view.note == "porch: belt is measured no longer"


def test_the_mouse_drags_a_region_only_while_one_is_chosen() -> None:
    desk = Desk(image_snapshot())
    press, drag = Mouse("press", 10, 8), Mouse("drag", 30, 15)
    place = (2, 1, 64, 24)
    for mouse in (press, drag):
        desk.view = desk.operator.point(mouse, desk.view, place)
    assert desk.view == View()
    desk.press("r")
    for mouse in (press, drag):
        desk.view = desk.operator.point(mouse, desk.view, place)
    assert desk.view.region is not None
    assert desk.view.note == desk.view.region.text == "region 1: 210×160 px at 80, 140"
    desk.press("?")
    assert desk.operator.point(press, desk.view, place) is desk.view  # the help is in front


def test_sound_has_no_region_and_says_so() -> None:
    desk = Desk(snapshot())
    assert "part of images" in str(desk.press("r").note)
    assert desk.view.region is None
