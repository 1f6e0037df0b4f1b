"""List the microphones of PortAudio and of the kernel, and find the one that a URI means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamer.errors import SourceUnavailable, UserError
from streamer.sources.sound.portaudio import PORTAUDIO, PortAudioThread

_CARD_NUMBER = re.compile(r" \(hw:\d+,\d+\)$")  # suffix by ALSA that depends on the order of plugging in


@dataclass(frozen=True)
class Microphone:
    """A microphone as PortAudio lists it."""

    index: int
    name: str
    host_api: str
    n_channels: int  # most that can be requested; sound servers offer 32 or more and mix
    sample_rate: int  # default, samples per second
    is_default: bool
    uri: str  # exact URI to use, by name where that is unambiguous


def list_microphones(portaudio: PortAudioThread = PORTAUDIO) -> tuple[Microphone, ...]:
    """List the microphones that can be opened now.

    Returns
    -------
    tuple of Microphone
        In PortAudio's order; empty when there is none.

    Raises
    ------
    UserError
        When PortAudio's library is not installed.
    SourceUnavailable
        When PortAudio does not answer.
    """

    def task(sounddevice: Any) -> tuple[Microphone, ...]:
        portaudio.refresh(sounddevice)
        return query_microphones(sounddevice)

    return portaudio.call(task, undo=lambda _: None) or ()


def query_microphones(sounddevice: Any) -> tuple[Microphone, ...]:
    """Return the microphones of PortAudio's list; runs on the PortAudio thread."""
    host_apis = [api["name"] for api in sounddevice.query_hostapis()]
    inputs = [raw for raw in sounddevice.query_devices() if raw["max_input_channels"] > 0]
    try:
        default_index = sounddevice.query_devices(kind="input")["index"]
    except (sounddevice.PortAudioError, ValueError):  # there is no default
        default_index = -1
    uris = _uris(inputs)
    return tuple(
        Microphone(
            index=raw["index"],
            name=raw["name"],
            host_api=host_apis[raw["hostapi"]],
            n_channels=raw["max_input_channels"],
            sample_rate=round(raw["default_samplerate"]),
            is_default=raw["index"] == default_index,
            uri=uris[raw["index"]],
        )
        for raw in inputs
    )


def find_microphone(microphones: tuple[Microphone, ...], wanted: str, known_name: str = "") -> Microphone:
    """Return the microphone that a URI means.

    Parameters
    ----------
    microphones : tuple of Microphone
        All microphones, from :func:`list_microphones`.
    wanted : str
        Empty for the default, digits for an index, else a name or a part of one, in upper or lower case.
    known_name : str
        Full name of the microphone that was opened before; it decides where several match now.

    Raises
    ------
    SourceUnavailable
        When it is not there; the text lists the microphones that are.
    UserError
        When several match.
    """
    if not wanted:
        found = [each for each in microphones if each.is_default] or list(microphones[:1])
    elif wanted.isdecimal() and len(wanted) < 10:
        found = [each for each in microphones if each.index == int(wanted)]
    else:
        folded = wanted.casefold()
        exact = [m for m in microphones if folded in (m.name.casefold(), _stable_name(m.name).casefold())]
        found = exact or [each for each in microphones if folded in each.name.casefold()]
    if len(found) > 1:
        found = [each for each in found if each.name == known_name][:1] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"source='mic:{wanted}' must mean one microphone; choose one of:\n{_listing(found)}")
    uri = f"mic:{wanted}" if wanted else "mic"
    if not microphones:
        raise SourceUnavailable(f"source={uri!r} must be plugged in: no microphone is there; see streamer doctor")
    there = ", ".join(each.uri for each in microphones)
    raise SourceUnavailable(f"source={uri!r} must be plugged in; there now: {there}")


def kernel_sound_cards(proc: Path = Path("/proc/asound")) -> tuple[str, ...]:
    """List the sound cards of the Linux kernel, whether or not PortAudio can open them.

    Parameters
    ----------
    proc : Path
        Folder in which ALSA describes the cards.

    Returns
    -------
    tuple of str
        Such as ``card 1: USB-Audio - USB PnP Sound Device (records)``; empty where there is no card, no ALSA or
        no Linux.
    """
    try:
        cards = (proc / "cards").read_text(errors="replace")
        streams = (proc / "pcm").read_text(errors="replace").splitlines()
    except OSError:
        return ()
    recording = {int(line[:2]) for line in streams if re.match(r"\d\d-\d\d:.*\bcapture\b", line)}
    return tuple(
        f"card {number}: {name.strip()} ({'records' if int(number) in recording else 'plays only'})"
        for number, name in re.findall(r"^ *(\d+) \[[^\]]*\]: (.*)$", cards, re.MULTILINE)
    )


def _stable_name(name: str) -> str:
    """Return a name without the card number, which changes."""
    return _CARD_NUMBER.sub("", name)


def _uris(inputs: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Return the URI of each index, with the first of stable name, full name and index that is unambiguous."""
    names = {raw["index"]: raw["name"] for raw in inputs}
    stable = [_stable_name(name).casefold() for name in names.values()]
    full = [name.casefold() for name in names.values()]
    uris = {}
    for index, name in names.items():
        for candidate in (_stable_name(name), name):
            folded = candidate.casefold()
            # Not a name that is another microphone's stable or full name, or that would be read as an index.
            owners = {i for i, pair in enumerate(zip(stable, full, strict=True)) if folded in pair}
            if len(owners) == 1 and not folded.isdecimal() and folded == folded.strip() and folded:
                uris[index] = f"mic:{candidate}"
                break
        else:
            uris[index] = f"mic:{index}"
    return uris


def _listing(microphones: Iterable[Microphone]) -> str:
    return "\n".join(f"  {each.uri}  ({each.name}, {each.host_api})" for each in microphones)
