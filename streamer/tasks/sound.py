"""The task `sound`: sounds from a microphone or a file."""

from __future__ import annotations

from streamer.tasks.base import Task

_READ = (
    ".wav .wave .bwf .rf64 .bw64 .w64 .flac .ogg .oga .opus .mp3 .mp2 .mp1 .mpga .mpa .aiff .aif .aifc .au .snd .caf"
    " .voc .avr .htk .svx .8svx .paf .fap .pvf .ircam .sf .sph .nist .sds .wve .xi"
    " .m4a .m4b .m4r .aac .adts .wma .mka .weba .amr .awb .ac3 .eac3 .dts .ape .wv .tta .mpc .spx .3ga .ra .dsf .dff"
)
_SUFFIXES = frozenset(_READ.split())

BACKGROUND = "background"  # the label of sound models for everything that is none of their other labels

SOUND = Task(
    name="sound",
    medium="sound",
    kernels=("streamer.kernels.logmel",),
    default_model="ambient",
    background=(BACKGROUND,),
    file_kind="sound",
    example_suffixes=_SUFFIXES,
    file_suffixes=_SUFFIXES,
    example="sound file",
    file="sound",
    content="sounds",
    example_path="dog/1.wav",
    source="",
    measurement=None,
    is_timed=True,
    padding="padded with silence",
    false_alarms=1.0,
    false_alarm_unit="an hour",
)
