"""What a dashboard shows of the takes while `streamer record` runs, for sound and images alike."""

from __future__ import annotations

from streamer.monitor.snapshot import TakesView
from streamer.recording.folder import TakeFolder
from streamer.recording.segmenter import Segmenter


def takes_view(segmenter: Segmenter, folder: TakeFolder) -> TakesView:
    """Return what a dashboard shows of the takes at this instant.

    Parameters
    ----------
    segmenter : Segmenter
        Decides where takes begin and end.
    folder : TakeFolder
        Where they are written; its attributes may be read from any thread.
    """
    onset_s = segmenter.onset_s
    return TakesView(
        label=folder.label,
        folder=folder.folder,
        by=segmenter.settings.by,
        n_before=folder.n_before,
        taken=folder.taken,
        n_lost=folder.n_lost,
        longest_s=segmenter.settings.longest_s,
        running_s=None if onset_s is None else max(segmenter.now_s - onset_s, 0.0),
        level_db=segmenter.level_db,
        trigger_db=segmenter.gate.trigger_db,
        release_db=segmenter.gate.release_db,
        is_paused=segmenter.is_paused,
        problem=folder.problem,
    )
