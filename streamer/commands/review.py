"""`streamer review`: say of collected clips whether they are what they were taken for; they become examples by it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from streamer.build import read_models, resolve_config
from streamer.commands import put, put_json, say
from streamer.config import Config, file_in_force
from streamer.errors import UserError
from streamer.safe_text import safe
from streamer.sinks.clip_marks import ClipMarks, FoundClip
from streamer.sinks.jsonlines import iso_time

if TYPE_CHECKING:
    from streamer.commands.review_queue import ScoredClip


def review(
    folder: Path,
    models: Sequence[str],
    config_path: Path | None,
    database: Path | None,
    mark: tuple[str, str] | None,
    *,
    lists: bool = False,
    all_clips: bool = False,
    json: bool = False,
) -> int:
    """Review the clips of a folder: on the terminal, or by what the options say.

    Parameters
    ----------
    folder : Path
        Holds a folder for each label, as `streamer run --clips` writes it.
    models : sequence of str
        By whose scores the clips are sorted; without any, by the scores of their events.
    config_path : Path or None
        Names the history where ``database`` does not.
    database : Path or None
        The history whose links follow.
    mark : (str, str) or None
        A clip, and what is said of it: right, wrong, or a label.
    lists : bool
        Print the clips in order instead.
    all_clips : bool
        Also those that have been marked before.
    json : bool
        One JSON line each.

    Returns
    -------
    int
        Exit code 0.

    Raises
    ------
    UserError, StreamerError
        If the folder or an option cannot be used, a clip is not there, or the disk is full.
    """
    config = resolve_config(file_in_force(config_path), {})
    history = database or (Path(config.output.history) if config.output.history else None)
    if database is not None and not database.is_file():
        raise UserError(f"db={database} must be an existing file; streamer run --history writes one")
    kept = ClipMarks(folder, history)
    if mark is not None:
        before = kept.find(mark[0])
        now = kept.mark_as(before, mark[1])
        if json:
            put_json({"type": "mark", "clip": str(now.path), "from": str(before.path), "mark": now.listed.mark})
        else:
            put(f"{before.name}: {now.listed.mark}, now {now.name}")
        return 0
    clips = [clip for clip in kept.clips() if all_clips or not clip.listed.mark]
    queue = _sorted(clips, models, config)
    if lists or json:
        for each in queue:
            if json:
                put_json(_as_dict(each))
            else:
                put(_line(each))
        return 0
    from streamer.console import can_show

    if not can_show(Console()) or not sys.stdin.isatty():
        raise UserError("review= must be on a terminal with a keyboard; use --list and --mark without one")
    if not queue:
        put(f"{folder}: nothing to review; all {len(kept.clips())} clips are marked (--all shows them again)")
        return 0
    from streamer.commands.review_session import run_review

    run_review(kept, queue, config)
    put(summary(kept))
    return 0


def summary(kept: ClipMarks) -> str:
    """Return how many clips have which mark and label, for people."""
    clips = kept.clips()
    said = Counter(clip.listed.mark for clip in clips if clip.listed.mark)
    labels = Counter(clip.label or "no label" for clip in clips if clip.listed.mark)
    parts = [f"{said['right']} right, {said['wrong']} wrong, {said['label']} of another label"]
    parts += [", ".join(f"{label}: {n}" for label, n in sorted(labels.items()))] if labels else []
    return f"{sum(said.values())} of {len(clips)} clips in {kept.folder} are marked: {'; '.join(parts)}"


def _sorted(clips: Sequence[FoundClip], models: Sequence[str], config: Config) -> list[ScoredClip]:
    from streamer.commands.review_queue import with_scores

    files = read_models(tuple(models), "") if models else []
    if files and clips:
        say(f"scoring {len(clips)} clips by {', '.join(file.spec.name for file in files)}")
    return with_scores(clips, files, config)


def _as_dict(each: ScoredClip) -> dict[str, Any]:
    clip, event = each.clip, each.clip.listed.event
    return {
        "type": "clip",
        "path": str(clip.path),
        "label": clip.label,
        "mark": clip.listed.mark or None,
        "found_as": clip.listed.found_as or None,
        "score": None if each.score is None else round(each.score[0], 4),
        "on": None if each.score is None else each.score[1],
        "scores": {label: round(score, 4) for label, score, _ in each.scores},
        "stream": event.stream if event else None,
        "time": iso_time(event.time) if event and event.time is not None else None,
        "model": event.model or None if event else None,
        "sha256": event.sha256 or None if event else None,
    }


def _line(each: ScoredClip) -> str:
    score = "  –  " if each.score is None else f"{each.score[0]:.3f}"
    mark = f"  {each.clip.listed.mark}" if each.clip.listed.mark else ""
    return safe(f"{score}  {each.clip.label or '(no label)'}  {each.clip.name}{mark}")
