"""Registry of all kinds of source: the first kind that matches a URI opens it. A new kind is added here.

Another package adds a kind by a plug-in: an entry point of the group ``streamer.sources`` that names a
:class:`SourceKind`. Plug-ins are tried for a URI that no built-in kind knows: one that is no device, no scene, no file
by its suffix and no path that exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from streamer.address import shown
from streamer.config import ImageSettings, SourceSettings
from streamer.errors import StreamerError, UserError
from streamer.messages import Medium
from streamer.placeholders import filled
from streamer.plugins import PlugIns, warn
from streamer.sources.base import NETWORK_SCHEMES, ImageSource, SoundSource
from streamer.sources.images.page_count import n_pages
from streamer.sources.medium_prefix import MEDIUM_PREFIXES, without_medium
from streamer.sources.tracks import is_sound_only
from streamer.system import with_home
from streamer.tasks import PICTURE_SUFFIXES, SOUND_SUFFIXES, VIDEO_SUFFIXES

Access = Literal["microphone", "camera", "network"]  # what the system must allow
EVERYTHING: frozenset[Access] = frozenset(("microphone", "camera", "network"))

Open = Callable[[str, SourceSettings, ImageSettings], SoundSource | ImageSource]


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source: how users name it, and how it is opened.

    ``open`` takes the URI and the settings of sources and of images. It returns a
    :class:`streamer.sources.SoundSource` or a :class:`streamer.sources.ImageSource`, according to ``medium``, or raises
    UserError for a URI that cannot be used. It touches no device; ``capture`` does that.
    """

    medium: Medium
    forms: dict[str, str]  # form of its URIs → what it means; listed where a URI has no known form
    matches: Callable[[str], bool]  # whether a URI means this kind
    open: Open  # imports the source's module only now: it needs libraries that other kinds do not
    needs: frozenset[Access] = EVERYTHING  # what a service may reach for it


def _microphone(uri: str, settings: SourceSettings, images: ImageSettings) -> SoundSource:
    from streamer.sources.sound.microphone import MicrophoneSource

    return MicrophoneSource(_after_scheme(uri), settings)


def _sound_file(uri: str, settings: SourceSettings, images: ImageSettings) -> SoundSource:
    from streamer.sources.sound.file_source import SoundFileSource

    return SoundFileSource(_path(uri), settings)


def _pcm(uri: str, settings: SourceSettings, images: ImageSettings) -> SoundSource:
    from streamer.sources.sound.pcm import PcmSource

    return PcmSource(settings)


def _demo_sound(uri: str, settings: SourceSettings, images: ImageSettings) -> SoundSource:
    from streamer.sources.sound.demo import DemoSoundSource

    return DemoSoundSource(settings)


def _camera(uri: str, settings: SourceSettings, images: ImageSettings) -> ImageSource:
    from streamer.sources.images.camera import CameraSource

    return CameraSource(_after_scheme(uri), settings, images)


def _network_camera(uri: str, settings: SourceSettings, images: ImageSettings) -> ImageSource:
    from streamer.sources.images.network import NetworkCameraSource

    return NetworkCameraSource(uri, settings, images)


def _video(uri: str, settings: SourceSettings, images: ImageSettings) -> ImageSource:
    from streamer.sources.images.video import VideoSource

    return VideoSource(_path(uri), settings, images)


def _pictures(uri: str, settings: SourceSettings, images: ImageSettings) -> ImageSource:
    from streamer.sources.images.pictures import PictureSource

    return PictureSource(_path(uri), settings, images)


def _network_sound(uri: str, settings: SourceSettings, images: ImageSettings) -> SoundSource:
    from streamer.sources.sound.network import NetworkSoundSource

    return NetworkSoundSource(uri, settings)


def _demo_camera(uri: str, settings: SourceSettings, images: ImageSettings) -> ImageSource:
    from streamer.sources.images.demo import DemoCameraSource

    return DemoCameraSource(settings, images)


def _scheme(uri: str) -> str:
    return uri.partition(":")[0]


def _after_scheme(uri: str) -> str:
    return uri.partition(":")[2].strip()


def _path(uri: str) -> str:
    return uri.removeprefix("file:")


def _is_microphone(uri: str) -> bool:
    return uri == "mic" or (_scheme(uri) == "mic" and bool(_after_scheme(uri)))


def _is_network_camera(uri: str) -> bool:
    return _is_network(uri) and not _is_radio(uri)


def _is_network(uri: str) -> bool:
    return _scheme(uri) in NETWORK_SCHEMES and "://" in uri


def _is_radio(uri: str) -> bool:
    """Return whether the path of an address ends like that of a sound file, as those of many radio stations do."""
    return Path(re.split(r"[?#]", uri, maxsplit=1)[0]).suffix.lower() in SOUND_SUFFIXES


def _is_video(uri: str) -> bool:
    path = Path(_path(uri))
    if _has_suffix(uri, PICTURE_SUFFIXES):
        return n_pages(path) > 1
    return _has_suffix(uri, VIDEO_SUFFIXES) and not is_sound_only(path)


def _has_suffix(uri: str, suffixes: frozenset[str]) -> bool:
    return Path(_path(uri)).suffix.lower() in suffixes and ("://" not in uri or _scheme(uri) == "file")


def _is_pictures(uri: str) -> bool:
    """Return whether a URI means a picture, a glob of pictures or a folder."""
    path = _path(uri)
    try:
        return _has_suffix(uri, PICTURE_SUFFIXES) or (bool(path) and Path(path).is_dir())
    except OSError:  # a name too long for the file system
        return False


def _is_path(uri: str) -> bool:
    return bool(_path(uri)) and _scheme(uri) not in ("mic", "demo") and "://" not in uri


def _is_surely_a_path(uri: str) -> bool:
    """Return whether a URI that may be a path is one: by ``file:``, by a suffix of sounds, or because it exists."""
    try:
        return _scheme(uri) == "file" or _has_suffix(uri, SOUND_SUFFIXES) or Path(uri).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # a name too long for the file system, no such ~user, NUL
        return False


SOURCE_KINDS = (
    SourceKind(
        "sound",
        {
            "mic": "the system's default microphone",
            "mic:NAME-OR-PART": "the microphone with this in its name (see: streamer devices)",
            "mic:INDEX": "the microphone with this number",
        },
        _is_microphone,
        _microphone,
        frozenset(("microphone",)),
    ),
    SourceKind("sound", {"-": "raw PCM on standard input"}, lambda uri: uri == "-", _pcm, frozenset()),
    SourceKind(
        "sound",
        {"demo, demo:sound": "a synthetic street of sounds, no device needed"},
        lambda uri: uri in ("demo", "demo:sound"),
        _demo_sound,
        frozenset(),
    ),
    SourceKind(
        "images",
        {"demo:camera": "a synthetic scene of periodic patterns, no camera needed"},
        lambda uri: uri == "demo:camera",
        _demo_camera,
        frozenset(),
    ),
    SourceKind(
        "images",
        {
            "camera": "the first camera",
            "camera:INDEX": "the camera with this number",
            "camera:PATH": "the camera at this path, such as /dev/v4l/by-id/… (see: streamer devices)",
        },
        lambda uri: _scheme(uri) == "camera",
        _camera,
        frozenset(("camera",)),
    ),
    NETWORK_CAMERA := SourceKind(
        "images",
        {"rtsp://… http://…": "a network camera (RTSP, or MJPEG over HTTP or HTTPS)"},
        _is_network_camera,
        _network_camera,
        frozenset(("network",)),
    ),
    SourceKind(
        "sound",
        {"sound:rtsp://… sound:http://…": "the microphone of a network camera, or internet radio"},
        _is_network,
        _network_sound,
        frozenset(("network",)),
    ),
    VIDEO := SourceKind(
        "images",
        {"file:VIDEO or VIDEO": "a video: mp4, avi, mkv, …, or a picture file of several images: gif, tif, …"},
        _is_video,
        _video,
        frozenset(),
    ),
    SourceKind(
        "images",
        {"file:PATH or PATH": "a picture, a folder or 'glob*' of pictures"},
        _is_pictures,
        _pictures,
        frozenset(),
    ),
    SourceKind(
        "sound",
        {
            "file:SOUND or SOUND": "a sound file: wav, flac, ogg, mp3, m4a, …, or a video file without images",
            "sound:VIDEO": "the sound of a video",
        },
        _is_path,
        _sound_file,
        frozenset(),
    ),
)

PLUG_INS = PlugIns("streamer.sources", SourceKind)
"""The kinds of source that other packages add."""


def _forms(kinds: Iterable[SourceKind]) -> str:
    return "\n".join(f"  {form:<19} {text}" for kind in kinds for form, text in kind.forms.items())


SOURCE_FORMS = _forms(SOURCE_KINDS)
"""The forms of URIs that are built in, one a line; shown with those of plug-ins where a URI has none of them."""


def medium_of(uri: str) -> Medium:
    """Return whether a URI delivers sound or images, without opening it.

    Parameters
    ----------
    uri : str
        One of the forms in ``SOURCE_FORMS`` or of a plug-in; of a path, the suffix decides, and whether it is a folder.

    Raises
    ------
    UserError
        When the URI has none of the forms.
    """
    return _kind_of(_whole(uri))[0].medium


def access_of(uri: str) -> frozenset[Access]:
    """Return what the system must allow for a URI; everything where that is not known before it runs.

    Parameters
    ----------
    uri : str
        As in the settings; its placeholders are not filled in, since they may have other values where it will run.

    Raises
    ------
    UserError
        When the URI has none of the forms.
    """
    prefix, plain = without_medium(uri)
    return EVERYTHING if plain.lstrip().startswith("${") else _kind_of(prefix + _plain(plain))[0].needs


def shown_source(uri: str) -> str:
    """Return a URI as it may be shown: its placeholders filled in, and of an address no part that may be secret.

    Raises
    ------
    UserError
        When a placeholder has no value.
    """
    return shown(_whole(uri))


def open_source(
    uri: str, settings: SourceSettings | None = None, images: ImageSettings | None = None
) -> SoundSource | ImageSource:
    """Create the source that a URI names.

    A file is checked now; a device is not touched before ``capture``.

    Parameters
    ----------
    uri : str
        One of the forms in ``SOURCE_FORMS``, or of a plug-in; with ``${NAME}`` for what stands in the environment, and
        ``${file:PATH}`` for what stands in a file.
    settings, images : SourceSettings and ImageSettings, optional
        How to capture; defaults where None. A source ignores the settings that do not concern it.

    Returns
    -------
    SoundSource or ImageSource
        Its ``medium`` says which of the two.

    Raises
    ------
    UserError
        When the URI has none of the forms, or the file cannot be used.
    """
    uri = _whole(uri)
    kind, plug_in = _kind_of(uri)
    settings, images = settings or SourceSettings(), images or ImageSettings()
    with PLUG_INS.blamed(plug_in) if plug_in else nullcontext():
        source = kind.open(without_medium(uri)[1], settings, images)
    if source.is_live and settings.isolate:
        from streamer.sources.isolated.source import IsolatedImages, IsolatedSound

        isolated = IsolatedSound if source.medium == "sound" else IsolatedImages
        return isolated(source, uri, settings, images)
    return source


def _whole(uri: str) -> str:
    """Return a URI with its placeholders and home folder filled in; of an address, the scheme in small letters."""
    prefix, uri = without_medium(filled(uri))
    if uri.startswith("~"):
        return prefix + with_home(uri)
    if uri.startswith("file:~"):
        return prefix + "file:" + with_home(_path(uri))
    return prefix + _plain(uri)


def _plain(uri: str) -> str:
    """Return a URI; of an address, without blanks around it and the scheme in small letters."""
    scheme, separator, rest = uri.partition("://")
    return f"{scheme.strip().lower()}{separator}{rest.strip()}" if separator else uri


def _kind_of(uri: str) -> tuple[SourceKind, str]:
    """Return the kind of a URI, and the name of its plug-in; "" where it is built in."""
    prefix, uri = without_medium(uri)
    wanted = MEDIUM_PREFIXES.get(prefix)
    kind, plug_in = _kind_of_any(uri, wanted)
    if wanted and kind.medium != wanted:
        raise UserError(
            f"source={shown(prefix + uri)!r} must deliver {wanted}, and {shown(uri)} delivers {kind.medium}; "
            f"leave {prefix} out, or name another source (see: streamer devices)"
        )
    return kind, plug_in


def _kind_of_any(uri: str, wanted: Medium | None) -> tuple[SourceKind, str]:
    """As :func:`_kind_of`, for a URI without prefix; of kinds that match, one of the wanted medium comes first."""
    kinds = sorted(SOURCE_KINDS, key=lambda kind: wanted is not None and kind.medium != wanted)
    built_in = next((kind for kind in kinds if kind.matches(uri)), None)
    if wanted == "images" and built_in and built_in.medium == "sound" and (_is_network(uri) or _is_path(uri)):
        built_in = NETWORK_CAMERA if _is_network(uri) else VIDEO  # whatever the suffix
    if built_in and not _is_network(uri) and shown(uri) != uri:
        built_in = None  # an address with a mistake, which must not come to light in an error about a file
    if built_in and (built_in.matches is not _is_path or _is_surely_a_path(uri)):
        return built_in, ""
    plug_ins = PLUG_INS.working()
    fitting = [name for name, kind in plug_ins.items() if _matches(name, kind, uri)]
    if len(fitting) > 1:
        packages = " and ".join(PLUG_INS.package(name) for name in fitting)
        raise UserError(f"source={shown(uri)!r} must mean one source; uninstall one of {packages}, which all claim it")
    if fitting:
        return plug_ins[fitting[0]], fitting[0]
    if built_in:
        return built_in, ""
    forms = "\n".join(filter(None, (SOURCE_FORMS, _forms(plug_ins.values()))))
    raise UserError(f"source={shown(uri)!r} must have one of these forms:\n{forms}")


def _matches(name: str, kind: SourceKind, uri: str) -> bool:
    """Return whether a URI means the kind of a plug-in; no, with a warning, where that fails."""
    try:
        with PLUG_INS.blamed(name):
            return kind.matches(uri)
    except StreamerError as error:
        warn(str(error))
        return False
