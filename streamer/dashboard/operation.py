"""Operator: turns keys into changes of the view, and into commands to the streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from streamer.dashboard.asked import Asked
from streamer.dashboard.keymap import (
    BINDINGS,
    BINDINGS_OF_CURSOR,
    BINDINGS_OF_REGION,
    BY_KEY,
    HELP_KEYS,
    Binding,
    without,
)
from streamer.dashboard.keys import Input, Mouse
from streamer.dashboard.label_entry import LabelEntry
from streamer.dashboard.labels import top_labels
from streamer.dashboard.palettes import next_palette
from streamer.dashboard.region_choice import RegionChoice, begin
from streamer.dashboard.selection import moved, selected
from streamer.dashboard.spectrogram_look import PAGE_CELLS, STEP_CELLS, SpectrogramLook
from streamer.dashboard.view import EventId, Note, View
from streamer.messages import Command, Event, State
from streamer.monitor.snapshot import ImageView, Snapshot, SoundView

STEP = 0.05  # of a threshold
PAGE = 10  # events
_MOST_LABELS = 1000


@dataclass(frozen=True)
class EventKey:
    """A key that acts on the selected event, for what comes after an event: play it, say that it was right or wrong.

    Give such keys to :class:`Operator` as ``event_keys``; the help and, where an event is selected, the last line name
    them, and they come before all other keys then. ``act`` gets the stream as it is shown, the event as it is now and
    the chosen label, in the main thread between two frames, and returns what the last line says then: it must not wait.
    Where ``labels`` is given, a label is chosen first, among those that it returns or any other.

    >>> right = Binding(("y",), "right", "mark the event as right", short="right")
    >>> EventKey(right, lambda snapshot, event, label: f"{event.label} is right")
    """

    binding: Binding  # with one key
    act: Callable[[Snapshot, Event, str], Note]
    labels: Callable[[Snapshot, Event], Sequence[str]] | None = None


class Operator:
    """What the keys of a dashboard do.

    Commands go to the streams on the way that those of MQTT take (:class:`streamer.messages.Command`); a stream that
    refuses one says so in :attr:`streamer.monitor.snapshot.Snapshot.refused`.

    Parameters
    ----------
    post : callable, optional
        Hands a command to the stream that it names; without it there are no keys for commands.
    clip_s : float
        Seconds of a clip that is asked for.
    event_keys : sequence of EventKey
        Further keys, for the selected event.
    shown : callable, optional
        Returns what is to be shown in place of the streams' snapshots, as while a clip is played.
    save : callable, optional
        Keeps the threshold of a label for later runs, and returns what the last line says then.
    """

    def __init__(
        self,
        post: Callable[[Command], None] | None = None,
        clip_s: float = 10.0,
        event_keys: Sequence[EventKey] = (),
        shown: Callable[[Sequence[Snapshot]], Sequence[Snapshot]] = lambda snapshots: snapshots,
        save: Callable[[str, float], Note] | None = None,
    ) -> None:
        self._post = post
        self._clip_s = clip_s
        self._event_keys = {each.binding.keys[0]: each for each in event_keys}
        self.shown = shown
        self._save = save
        self._asked = Asked()

    @property
    def all_bindings(self) -> tuple[Binding, ...]:
        """All keys, for the help."""
        own = [each.binding for each in self._event_keys.values()]
        return (*BINDINGS, *own, *BINDINGS_OF_CURSOR, *BINDINGS_OF_REGION)

    def bindings(self, view: View) -> Sequence[Binding]:
        """Return the keys that work now, the most important first: with an event selected, those for it."""
        if view.region is not None:
            return BINDINGS_OF_REGION
        own: list[Binding] = []
        if view.look.cursor:
            own += BINDINGS_OF_CURSOR
        if view.event is not None:
            own += without([each.binding for each in self._event_keys.values()], _keys_of(own))
        if not own:
            return BINDINGS
        others = without(BINDINGS, _keys_of(own))
        first = [each for each in others if each.does in ("quit", "help")]
        return [*first, *own, *(each for each in others if each not in first)]

    def press(self, key: Input, view: View, snapshots: Sequence[Snapshot]) -> View:
        """Return the view after a key; a key that means nothing changes nothing."""
        if not isinstance(key, str):
            return view
        snapshot = view.acted_on(snapshots)
        if view.entry is not None:
            return self._enter(key, view, view.entry, snapshot)
        if view.region is not None and view.help_page is None and key not in HELP_KEYS:
            return self._choose_region(key, view, view.region, snapshot)
        of_cursor = _OF_CURSOR.get(key) if view.look.cursor and view.help_page is None else None
        if of_cursor and snapshot:
            return _looked(of_cursor, replace(view, note=""), snapshot)
        own = self._event_keys.get(key) if view.help_page is None else None
        if own and snapshot and (event := selected(snapshot, view.event)):
            if own.labels is None:
                return replace(view, note=own.act(snapshot, event, ""))
            entry = LabelEntry(own.labels(snapshot, event), question=f"{event.label} was")
            return replace(view, note="", entry=entry, entry_key=key)
        binding = BY_KEY.get(key)
        if binding is None:
            return view
        view = replace(view, note="")
        if view.help_page is not None and binding.does not in ("help", "quit"):
            return replace(view, help_page=None)
        changed = _of_streams(binding.does, key, view, len(snapshots))
        if changed is not None:
            return changed
        return view if snapshot is None else self._act(binding.does, view, snapshot)

    def _enter(self, key: str, view: View, entry: LabelEntry, snapshot: Snapshot | None) -> View:
        """Return the view after a key that goes on with a label, or completes it."""
        event = selected(snapshot, view.event) if snapshot else None
        after = entry.press(key)
        if isinstance(after, LabelEntry) and event:
            return replace(view, entry=after)
        note: Note = ""
        if isinstance(after, str) and after and snapshot and event:
            note = self._event_keys[view.entry_key].act(snapshot, event, after)
        return replace(view, entry=None, note=note)

    def point(self, mouse: Mouse, view: View, place: tuple[int, int, int, int] | None) -> View:
        """Return the view after the mouse was used while a region is chosen, with the image at ``place``."""
        if view.region is None or place is None or view.help_page is not None:
            return view
        choice = view.region.pointed(mouse, place)
        return replace(view, region=choice, note=choice.text)

    def _choose_region(self, key: str, view: View, choice: RegionChoice, snapshot: Snapshot | None) -> View:
        """Return the view after a key that goes on with the choice of a region, or ends it."""
        shown = snapshot.view if snapshot else None
        after = choice.press(key, [each.region for each in shown.regions] if isinstance(shown, ImageView) else [])
        if isinstance(after, RegionChoice):
            return replace(view, region=after, note=after.text)
        note = ""
        if after is not None and self._post is not None:
            self._post(after)
            note = f"{after.stream}: {after.label} " + ("is measured" if after.box else "is measured no longer")
        return replace(view, region=None, focus=choice.focus, note=note)

    def _act(self, does: str, view: View, snapshot: Snapshot) -> View:
        """Return the view after a key that acts on one stream."""
        if does in _MOVES or does in ("event_first", "event_last"):
            view = replace(view, shows_suppressed=False)
        if does in _MOVES:
            event = moved(snapshot, view.event, _MOVES[does])
            return replace(view, event=event)
        if does in ("event_first", "event_last"):
            event = moved(snapshot, moved(snapshot, None, 0), 0 if does == "event_first" else 10**9)
            return replace(view, event=event)
        if does in _LOOKS:
            return _looked(does, view, snapshot)
        if does in ("label_up", "label_down"):
            return replace(view, label=_moved_label(snapshot, view.label, -1 if does == "label_up" else 1))
        if self._post is None:
            return view
        if does in ("threshold_up", "threshold_down", "save_threshold", "mute"):
            return self._of_label(does, view, snapshot, self._post)
        if does == "region":
            choice = begin(snapshot, view.focus)
            if isinstance(choice, str):
                return replace(view, note=choice)
            focus = view.chosen if view.focus is None else view.focus  # alone, so that there is room
            return replace(view, focus=focus, region=choice, note=choice.text)
        name = snapshot.health.stream
        if does == "pause":
            shown_paused = float(snapshot.health.state is State.PAUSED)
            is_paused = bool(self._asked.value(snapshot, "pause", shown_paused))
            self._asked.ask(snapshot, "pause", shown_paused, float(not is_paused))
            action = "resume" if is_paused else "pause"
            self._post(Command(name, "resume" if action == "resume" else "pause"))
            return replace(view, note=f"{name}: {action}")
        if does == "save_clip":
            self._post(Command(name, "clip", value=self._clip_s))
            return replace(view, note=f"{name}: the last {self._clip_s:g} s as a clip")
        return view

    def _of_label(self, does: str, view: View, snapshot: Snapshot, post: Callable[[Command], None]) -> View:
        label = view.label or _label_of(view.event) or _moved_label(snapshot, None, 0)
        if label is None or label not in snapshot.labels:
            return replace(view, note="the stream has no label to choose")
        name = snapshot.health.stream
        if does == "mute":
            shown_muted = float(label in snapshot.muted)
            is_muted = bool(self._asked.value(snapshot, f"mute {label}", shown_muted))
            self._asked.ask(snapshot, f"mute {label}", shown_muted, float(not is_muted))
            post(Command(name, "mute", label, 0.0 if is_muted else 1.0))
            return replace(view, label=label, note=f"{label}: events again" if is_muted else f"{label}: muted")
        what, shown_on = f"threshold {label}", float(snapshot.on[snapshot.labels.index(label)])
        on = self._asked.value(snapshot, what, shown_on)
        if does == "save_threshold":
            return replace(view, label=label, note=self._save(label, on) if self._save else "")
        on = min(max(round(on / STEP + (1 if does == "threshold_up" else -1)) * STEP, 0.0), 1.0)
        self._asked.ask(snapshot, what, shown_on, on)
        post(Command(name, "threshold", label, on))
        return replace(view, label=label, note=f"{label}: begins at {on:.2f}")


_OF_CURSOR = {key: each.does for each in BINDINGS_OF_CURSOR for key in each.keys}
_LOOKS: dict[str, Callable[[SpectrogramLook, SoundView], SpectrogramLook]] = {
    "cursor": lambda look, view: look.with_cursor(view),
    "earlier": lambda look, view: look.moved(view, -(STEP_CELLS if look.cursor else PAGE_CELLS)),
    "later": lambda look, view: look.moved(view, STEP_CELLS if look.cursor else PAGE_CELLS),
    "page_earlier": lambda look, view: look.moved(view, -PAGE_CELLS),
    "page_later": lambda look, view: look.moved(view, PAGE_CELLS),
    "oldest": lambda look, view: look.moved(view, -view.column),
    "newest": lambda look, view: replace(look.moved(view, view.column), end=None),
    "higher": lambda look, view: look.raised(view, 1),
    "lower": lambda look, view: look.raised(view, -1),
    "zoom_in": lambda look, view: look.zoomed(-1),
    "zoom_out": lambda look, view: look.zoomed(1),
    "fewer_bands": lambda look, view: look.halved(1, view),
    "more_bands": lambda look, view: look.halved(-1, view),
    "brighter": lambda look, view: look.brightened(1),
    "darker": lambda look, view: look.brightened(-1),
}
_MOVES = {"event_up": -1, "event_down": 1, "event_page_up": -PAGE, "event_page_down": PAGE}


def _keys_of(bindings: Sequence[Binding]) -> list[str]:
    return [key for binding in bindings for key in binding.keys]


def _looked(does: str, view: View, snapshot: Snapshot) -> View:
    """Return the view after a key that concerns the spectrogram of sound."""
    if not isinstance(snapshot.view, SoundView):
        return replace(view, note="this key is for the spectrogram of sound")
    return replace(view, look=_LOOKS[does](view.look, snapshot.view))


def _of_streams(does: str, key: str, view: View, n_streams: int) -> View | None:
    """Return the view after a key that concerns the whole screen; None where it is another."""
    if does == "hold":
        return replace(view, is_held=not view.is_held)
    if does == "suppressed":
        return replace(view, shows_suppressed=not view.shows_suppressed, event=None)
    if does == "palette":
        palette = next_palette(view.palette)
        return replace(view, palette=palette, note=f"colours: {palette}; dashboard.palette sets them for good")
    if does == "help":
        return replace(view, help_page=0 if view.help_page is None else view.help_page + 1)
    if does == "escape":
        if view.look.is_moved:
            return replace(view, look=view.look.at_present())
        return replace(view, event=None, label=None)
    if does == "next_stream":
        following = 0 if view.focus is None else view.focus + 1
        if n_streams < 2:
            return view
        return view.with_stream(following, following) if following < n_streams else view.with_stream(None, 0)
    if does == "all_streams":
        return replace(view, focus=None)
    if does == "stream":
        at = int(key) - 1
        return view.with_stream(at, at) if 0 <= at < n_streams and n_streams > 1 else view
    if does == "choose_stream":
        following = (view.chosen + 1) % max(n_streams, 1)
        return view.with_stream(None if view.focus is None else following, following)
    return None


def _label_of(chosen: EventId | None) -> str | None:
    return chosen.label if chosen else None


def _moved_label(snapshot: Snapshot, label: str | None, n_down: int) -> str | None:
    """Return the label that is shown so many lines below another; the first where none was chosen."""
    shown = [snapshot.labels[index] for index in top_labels(snapshot, _MOST_LABELS)]
    if not shown:
        return None
    if label not in shown:
        return shown[0]
    return shown[min(max(shown.index(label) + n_down, 0), len(shown) - 1)]
