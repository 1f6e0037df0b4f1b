"""Build the track of a live stream from settings and models, by what the source delivers."""

from __future__ import annotations

from collections.abc import Sequence

from streamer.build import build_pipeline
from streamer.config import Config
from streamer.model.file import ModelFile
from streamer.pipeline.stage import Stage
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

    Raises
    ------
    UserError
        If a model, its runtime or the event settings do not fit.
    """
    output = config.output
    if source.medium == "sound":
        from streamer.monitor.sound import SoundMonitor
        from streamer.pipeline.clips import SoundCutter

        sound = build_pipeline(name, models, config, "sound", others)
        return Track(
            source,
            SoundReader(config.source, limit_s),
            sound,
            SoundMonitor(sound, source, draws=draws),
            cutter=SoundCutter(*_clip_lengths_s(config, sound.stages)) if output.clips else None,
            record=record_sound if output.record else None,
        )
    from streamer.monitor.images import ImageMonitor
    from streamer.pipeline.video_clips import VideoCutter

    images = build_pipeline(name, models, config, "images", others)
    return Track(
        source,
        ImageReader(config.images, limit_s),
        images,
        ImageMonitor(images, source, draws=draws),
        cutter=VideoCutter(*_clip_lengths_s(config, images.stages)) if output.clips else None,
    )


def _clip_lengths_s(config: Config, stages: Sequence[Stage]) -> tuple[float, float, float]:
    """Return the seconds that a clip cutter keeps, and those of pre-roll and post-roll.

    An event is known to have ended only after merge gap and smoothing, hence 10 s more.
    """
    pre_roll_s, post_roll_s = config.output.pre_roll_s, config.output.post_roll_s
    return pre_roll_s + max(stage.max_event_s for stage in stages) + post_roll_s + 10.0, pre_roll_s, post_roll_s
