"""Build the track of a live stream from settings and models, by what the source delivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamer.build import build_pipeline
from streamer.config import Config, OutputSettings
from streamer.model.file import ModelFile
from streamer.pipeline.stage import Stage
from streamer.runtime.buffers import Buffers, buffers
from streamer.runtime.readers import ImageReader, SoundReader, record_sound
from streamer.runtime.track import AnyTrack, Track
from streamer.sources import ImageSource, SoundSource


def live_track(
    name: str,
    source: SoundSource | ImageSource,
    models: Sequence[ModelFile],
    others: Sequence[ModelFile],
    config: Config,
    limit_s: float | None,
    *,
    draws: bool,
    n_streams: int = 1,
) -> AnyTrack:
    """Connect source, pipeline, monitor and clip cutter, by what the source delivers.

    Parameters
    ----------
    name : str
        Name of the stream.
    source : SoundSource or ImageSource
        Source of the stream.
    models : sequence of ModelFile
        At least one, for its medium.
    others : sequence of ModelFile
        Of the other streams, see :func:`streamer.build.event_settings`.
    config : Config
        Settings of the run.
    limit_s : float or None
        Seconds in the stream after which it ends.
    draws : bool
        Whether a dashboard is shown.
    n_streams : int
        Streams of the run, which share the memory for buffers.

    Raises
    ------
    UserError
        If a model, its runtime or the event settings do not fit.
    """
    output, sizes = config.output, buffers(config.memory, n_streams)
    if source.medium == "sound":
        from streamer.monitor.sound import SoundMonitor
        from streamer.pipeline.clips import SoundCutter

        sound = build_pipeline(name, models, config, "sound", others)
        return Track(
            source,
            SoundReader(config.source, limit_s, sizes.ring_bytes, None if draws else sound.due_s),
            sound,
            SoundMonitor(sound, source, draws=draws),
            cutter=SoundCutter(*_clip_lengths(sound.stages, output, sizes)) if output.clips else None,
            record=record_sound if output.record else None,
        )
    from streamer.monitor.images import ImageMonitor
    from streamer.pipeline.video_clips import VideoCutter

    images = build_pipeline(name, models, config, "images", others)
    return Track(
        source,
        ImageReader(config.images, limit_s, sizes.ring_bytes),
        images,
        ImageMonitor(images, source, draws=draws),
        cutter=VideoCutter(*_clip_lengths(images.stages, output, sizes, images.measured_events.lag_s))
        if output.clips
        else None,
    )


def _clip_lengths(
    stages: Sequence[Stage], output: OutputSettings, sizes: Buffers, measured_lag_s: float = 0.0
) -> tuple[Callable[[], float], float, float, float, float]:
    """Return the lag of events, pre-roll and post-roll, the size of what is kept for clips, and its least length."""

    def lag_s() -> float:
        return max([measured_lag_s, *(stage.lag_s for stage in stages)])

    return lag_s, output.pre_roll_s, output.post_roll_s, sizes.clip_bytes, output.save_s
