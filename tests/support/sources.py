"""Open a source by its URI and assert its medium."""

from streamer.config import ImageSettings, SourceSettings
from streamer.sources import ImageSource, SoundSource, open_source


def sound_source(uri: str, settings: SourceSettings | None = None) -> SoundSource:
    source = open_source(uri, settings)
    assert source.medium == "sound"
    return source


def image_source(uri: str, settings: SourceSettings | None = None, images: ImageSettings | None = None) -> ImageSource:
    source = open_source(uri, settings, images)
    assert source.medium == "images"
    return source
