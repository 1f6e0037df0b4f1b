"""`streamer run` and `streamer demo`: classify sources live."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from streamer.commands import check_output, say
from streamer.commands.renewal import Renewal
from streamer.commands.run_plan import RunPlan, prepare
from streamer.commands.run_streams import carry_out
from streamer.console import SafeConsole
from streamer.monitor.problems import Problems
from streamer.runtime import Stream
from streamer.runtime.link import Link
from streamer.service.notification import Notifier
from streamer.service.reporter import StatusReporter
from streamer.system import release_code
from streamer.wall_clock import WallClock

CLIP_S = 10.0  # of a clip that is asked for by key, where the settings keep nothing for clips


def run(
    uris: Sequence[str],
    config_path: Path | None,
    overrides: dict[str, Any],
    seconds: float | None,
    *,
    json: bool = False,
    log: bool = False,
) -> int:
    """Run streams until they end, the time is over or the user stops them.

    After SIGHUP, and where a model file has been replaced, they begin anew with what is then valid.

    Returns
    -------
    int
        Exit code: 0, 1 if a stream failed or was still waiting for its source, 2 for a user's mistake.

    Raises
    ------
    StreamerError
        Before anything is started.
    """
    check_output(json=json, log=log)
    problems, clock, notifier = Problems(), WallClock(), Notifier.from_environment()
    began_s: float | None = None

    def plan_anew() -> RunPlan:
        left_s = seconds
        if seconds is not None and began_s is not None:
            left_s = max(0.1, began_s + seconds - time.monotonic())
        return prepare(uris, config_path, overrides, left_s, notifier, json=json, log=log)

    plan = plan_anew()
    began_s = time.monotonic()
    streams: list[Stream] = []
    while True:
        link = Link()
        sink_threads = plan.sink_threads(problems, link)
        streams = plan.streams(sink_threads, problems, clock, streams)
        link.streams = streams
        release_code("libllvmlite")  # the kernels are there now
        renewal = Renewal(plan_anew, plan.marks, plan.config.runtime.model_watch_s, problems, say)
        code = carry_out(
            streams,
            sink_threads,
            problems,
            plan.seconds,
            partial(_show, streams, link, plan) if plan.with_dashboard else None,
            partial(_print_summary, streams) if plan.with_dashboard else lambda: None,
            reporter=StatusReporter(streams, problems, notifier, say),
            renewal=renewal if plan.can_begin_anew else None,
            settings=plan.config.runtime,
        )
        if code is not None:
            if renewal.plan is not None:
                renewal.plan.discard()
            return code
        assert renewal.plan is not None
        plan = renewal.plan
        problems.end_all()


def _show(streams: Sequence[Stream], link: Link, plan: RunPlan, stop: threading.Event) -> None:
    """Show the dashboard, whose keys become commands to the streams, and marks of clips."""
    from rich.console import Console

    from streamer.commands.event_desk import EventDesk
    from streamer.commands.settings_file import SettingsFile
    from streamer.dashboard.live import run_dashboard
    from streamer.dashboard.operation import Operator

    output, clips = plan.config.output, plan.event_clips
    folder, history = (Path(text) if text else None for text in (output.clips, output.history))
    desk = EventDesk(clips, folder, history, plan.withheld)
    clip_s = max(output.save_s, output.pre_roll_s) or CLIP_S
    settings = SettingsFile(plan.settings_path)
    operator = Operator(link.post, clip_s, desk.event_keys(), desk.shown, settings.save_threshold)
    snapshots = [stream.snapshot for stream in streams]
    try:
        shown = plan.config.dashboard
        run_dashboard(snapshots, Console(), shown.frames_per_s, stop, operator=operator, palette=shown.palette)
    finally:
        desk.close()
        settings.close()


def _print_summary(streams: Sequence[Stream]) -> None:
    from streamer.dashboard.summary import summary

    shown = [stream.snapshot() for stream in streams]
    events = [event for each in shown for event in (*each.past, *each.running)]
    SafeConsole().print(summary([stream.summary() for stream in streams], events))
