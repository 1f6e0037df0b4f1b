"""Draw the lower part of a panel: labels and events, or the takes that are being recorded, and the health."""

from __future__ import annotations

from rich.segment import Segment

from streamer.dashboard.events import event_lines
from streamer.dashboard.frame import bottom_edge, framed, rule
from streamer.dashboard.health import health_lines, problem_lines
from streamer.dashboard.labels import label_lines
from streamer.dashboard.plan import PanelPlan
from streamer.dashboard.suppressed import suppressed_lines
from streamer.dashboard.takes import state_lines, taken_lines
from streamer.dashboard.text import beside, fit, wrap_reason
from streamer.dashboard.theme import Line, Theme
from streamer.dashboard.view import View
from streamer.monitor.snapshot import Snapshot


def left_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme, shown: View) -> list[Line]:
    """Return the labels with their scores, or the state of the recording, in ``n_lines`` lines of ``width`` cells."""
    if snapshot.takes is not None:
        return state_lines(snapshot, snapshot.takes, width, n_lines, theme)
    return label_lines(snapshot, width, n_lines, theme, shown.label)


def right_lines(snapshot: Snapshot, width: int, n_lines: int, theme: Theme, shown: View) -> list[Line]:
    """Return the events, or the recorded takes, newest first, in ``n_lines`` lines of ``width`` cells."""
    if snapshot.takes is not None:
        return taken_lines(snapshot.takes, width, n_lines, theme)
    if shown.shows_suppressed:
        return suppressed_lines(snapshot, width, n_lines, theme)
    return event_lines(snapshot, width, n_lines, theme, shown.event)


def body_rule(snapshot: Snapshot, plan: PanelPlan, theme: Theme, shown: View) -> Line:
    """Return the rule above labels and events, with their titles and the number of running events."""
    if snapshot.takes is not None:
        titles = [(2, fit(f"examples of {snapshot.takes.label}", plan.left - 2, theme.glyphs).rstrip())]
    else:
        titles = [(2, "labels")]
        if plan.left >= 44:
            legend = f"{theme.glyphs.off} off  {theme.glyphs.on} on"
            titles.append((plan.left - len(legend), legend))
    if plan.is_split:
        titles.append((plan.left + 5, _right_title(snapshot, shown)))
    n_running = len(snapshot.running)
    counts = f"{n_running} running" if n_running and plan.is_split and not shown.shows_suppressed else ""
    return rule(plan.width, titles, theme, below=plan.joints, right=counts)


def events_rule(snapshot: Snapshot, plan: PanelPlan, theme: Theme, shown: View) -> Line:
    """Return the rule between labels and the events below them."""
    return rule(plan.width, [(2, _right_title(snapshot, shown))], theme)


def body_lines(
    snapshot: Snapshot,
    plan: PanelPlan,
    n_labels: int,
    n_events: int,
    theme: Theme,
    shown: View,
    notice: str = "",
) -> list[Line]:
    """Return the labels with the events beside them or, in a narrow panel, below them; without the frame.

    Parameters
    ----------
    snapshot : Snapshot
        What to show.
    plan : PanelPlan
        Columns of the panel.
    n_labels, n_events : int
        Lines for each; events beside the labels take as many lines as these.
    theme : Theme
        How to show it.
    shown : View
        What on this stream is chosen.
    notice : str
        Shown as a warning in place of the first labels.
    """
    lines = left_lines(snapshot, plan.left, n_labels, theme, shown)
    if notice and lines:
        texts = wrap_reason(notice, plan.left, len(lines), theme.glyphs)
        style = theme.styles.warn
        lines[: len(texts)] = [[Segment(fit(text, plan.left, theme.glyphs), style)] for text in texts]
    if not plan.is_split:
        return lines + right_lines(snapshot, plan.right, n_events, theme, shown)
    space = Segment(" ", theme.styles.text)
    bar = [space, Segment(theme.glyphs.vertical, theme.styles.faint), space]
    return beside(lines, right_lines(snapshot, plan.right, n_labels, theme, shown), bar)


def panel_end(snapshot: Snapshot, plan: PanelPlan, theme: Theme) -> list[Line]:
    """Return the last lines of a panel: the rule, problems, the health and the lower edge of the frame."""
    lines = [rule(plan.width, [(2, "health")], theme, above=plan.joints)] if plan.n_rules else []
    health = problem_lines(snapshot.health, plan.inner, plan.n_problems, theme)
    health += health_lines(snapshot.health, plan.inner, plan.n_health, theme, snapshot.takes is None)
    lines += [framed(line, theme) for line in health]
    return [
        *lines,
        bottom_edge(plan.width, theme, [] if plan.n_rules or plan.n_problems or plan.n_health else plan.joints),
    ]


def _right_title(snapshot: Snapshot, shown: View) -> str:
    if snapshot.takes is not None:
        return "takes"
    return "suppressed" if shown.shows_suppressed else "events"
