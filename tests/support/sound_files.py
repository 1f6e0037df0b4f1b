"""Sound files of many kinds, whole and broken, all made of one scene, and what is right for each."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from streamer.arrays import Float32
from streamer.sources.sound.file import SoundFile

SECONDS = 3.0
RATE = 44_100


@dataclass(frozen=True)
class Case:
    """One file and what is right for it.

    Attributes
    ----------
    make : callable
        Writes the file at a path.
    right_s : float
        Seconds of sound in it.
    padding_s : float
        How much longer it may be: what encoders fill up and the format does not tell.
    late_s : float
        How much later its sound may lie, for the same reason.
    note, damage : str
        What must be told; empty where nothing may be.
    """

    name: str
    what: str
    make: Callable[[Path], None]
    right_s: float = SECONDS
    padding_s: float = 0.0
    late_s: float = 0.001
    note: str = ""
    damage: str = ""
    scenes: tuple[float, ...] = (0.0,)  # seconds at which the scene begins


def scene(rate: int = RATE, n_channels: int = 1, seconds: float = SECONDS) -> Float32:
    """Return beeps of rising frequency, one each quarter of a second; no two excerpts of it are alike."""
    n_samples = round(seconds * rate)
    time_s = np.arange(n_samples) / rate
    sound = np.zeros(n_samples)
    highest_hz = min(2000.0, 0.4 * rate)
    for k in range(int(seconds * 4)):
        is_on = (time_s >= 0.1 + k / 4) & (time_s < 0.16 + k / 4)
        sound += is_on * 0.3 * np.sin(2 * np.pi * (0.2 + 0.8 * (k % 12) / 12) * highest_hz * time_s)
    return np.stack([sound * (1 - 0.1 * channel) for channel in range(n_channels)], axis=1).astype(np.float32)


def encoded(
    codec: str,
    container: str,
    rate: int = RATE,
    layout: str = "stereo",
    *,
    bit_rate: int = 0,
    images: bool = False,
    sound: Float32 | None = None,
    late_s: float = 0.0,
    n_tracks: int = 1,
) -> Callable[[Path], None]:
    """Return what writes the scene by FFmpeg; its timestamps begin at ``late_s``, and other tracks hold nothing."""

    def make(path: Path) -> None:
        n_channels = len(av.AudioLayout(layout).channels)
        samples = scene(rate, n_channels) if sound is None else sound
        with av.open(str(path), "w", format=container) as file:
            video = _image_stream(file) if images else None
            stream: Any = file.add_stream(codec, rate=rate, layout=layout)
            for _ in range(n_tracks - 1):
                file.add_stream(codec, rate=rate, layout=layout)
            if bit_rate:
                stream.bit_rate = bit_rate
            context = stream.codec_context
            kind = context.format.name if context.format else context.codec.audio_formats[0].name
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples.reshape(1, -1)), format="flt", layout=layout
            )
            frame.sample_rate, frame.pts, frame.time_base = rate, round(late_s * rate), Fraction(1, rate)
            context.open(strict=False)
            if video is not None:
                _write_images(file, video)
            resampler = av.AudioResampler(kind, layout, rate, frame_size=context.frame_size or None)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                file.mux(stream.encode(part))
            file.mux(stream.encode(None))

    return make


def _image_stream(file: Any) -> Any:
    stream = file.add_stream("mpeg4", rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _write_images(file: Any, stream: Any) -> None:
    for k in range(round(SECONDS * 25)):
        image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), k % 256, np.uint8), format="rgb24")
        file.mux(stream.encode(image))
    file.mux(stream.encode(None))


def written(
    container: str, subtype: str | None = None, rate: int = RATE, n_channels: int = 1
) -> Callable[[Path], None]:
    """Return what writes the scene by libsndfile."""
    return lambda path: soundfile.write(str(path), scene(rate, n_channels), rate, subtype, format=container)


def changed(make: Callable[[Path], None], change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], None]:
    """Return what makes a file and then changes its bytes."""

    def make_changed(path: Path) -> None:
        make(path)
        path.write_bytes(change(bytearray(path.read_bytes())))

    return make_changed


def joined(*makes: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return what writes files one after the other into one."""

    def make(path: Path) -> None:
        whole = b""
        for each in makes:
            each(path)
            whole += path.read_bytes()
        path.write_bytes(whole)

    return make


def patched(place: int, *values: int, order: str = "<I") -> Callable[[bytearray], bytearray]:
    """Return a change that puts numbers at a place."""

    def change(data: bytearray) -> bytearray:
        new = b"".join(struct.pack(order, value) for value in values)
        data[place : place + len(new)] = new
        return data

    return change


def zeroed(begin: float, length: int) -> Callable[[bytearray], bytearray]:
    """Return a change that overwrites bytes from a fraction of the file on."""

    def change(data: bytearray) -> bytearray:
        at = round(begin * len(data))
        data[at : at + length] = bytes(length)
        return data

    return change


def cut(fraction: float) -> Callable[[bytearray], bytearray]:
    """Return a change that keeps the beginning of a file."""
    return lambda data: data[: round(fraction * len(data))]


def without(begin: float, end: float) -> Callable[[bytearray], bytearray]:
    """Return a change that takes out bytes between two fractions of the file."""
    return lambda data: data[: round(begin * len(data))] + data[round(end * len(data)) :]


def number(find: bytes, offset: int, value: int, order: str) -> Callable[[bytearray], bytearray]:
    """Return a change that puts a number behind some bytes."""
    return lambda data: patched(data.index(find) + offset, value, order=order)(data)


def _less_in_xing(data: bytearray) -> bytearray:
    at = max(data.find(b"Info"), data.find(b"Xing"))
    n_frames = int.from_bytes(data[at + 8 : at + 12], "big")
    data[at + 8 : at + 12] = (n_frames // 3).to_bytes(4, "big")
    return data


def _no_flac_length(data: bytearray) -> bytearray:
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return data


WAV, FLAC, OGG, MP3 = written("WAV", "PCM_16"), written("FLAC"), written("OGG", "VORBIS"), written("MP3")
OPUS = written("OGG", "OPUS", 48_000)
M4A = encoded("aac", "ipod")

CONTAINERS = (
    Case("aac.m4a", "AAC as phones record it", M4A),
    Case("aac.mov", "AAC in QuickTime", encoded("aac", "mov")),
    Case("aac.mkv", "AAC in Matroska", encoded("aac", "matroska"), padding_s=0.024),
    Case("aac.3gp", "AAC of an old phone", encoded("aac", "3gp")),
    Case("aac.aac", "bare AAC: no word on the encoder's delay", encoded("aac", "adts"), padding_s=0.05, late_s=0.025),
    Case("aac.ts", "AAC in a transport stream, likewise", encoded("aac", "mpegts"), padding_s=0.05, late_s=0.025),
    Case("aac.flv", "AAC in Flash, likewise", encoded("aac", "flv"), padding_s=0.05, late_s=0.025),
    Case("video.mp4", "the sound track of a video", encoded("aac", "mp4", images=True)),
    Case("video.avi", "mp3 in a video without the encoder's delay", encoded("libmp3lame", "avi", images=True),
         padding_s=0.04, late_s=0.03),
    Case("alac.m4a", "Apple Lossless", encoded("alac", "ipod")),
    Case("alac.caf", "Apple Lossless in CAF", encoded("alac", "caf")),
    Case("flac.ogg", "FLAC in Ogg", encoded("flac", "ogg")),
    Case("flac.mka", "FLAC in Matroska", encoded("flac", "matroska")),
    Case("opus.webm", "Opus of a browser", encoded("libopus", "webm", 48_000)),
    Case("opus.opus", "Opus", OPUS),
    Case("vorbis.ogg", "Vorbis", OGG),
    Case("mp3.mp3", "mp3 with gapless information", encoded("libmp3lame", "mp3")),
    Case("mp2.mp2", "MPEG layer 2 of the radio", encoded("mp2", "mp2"), padding_s=0.03, late_s=0.012),
    Case("wma.wma", "Windows Media", encoded("wmav2", "asf", bit_rate=96_000), 2.972, padding_s=0.1,
         late_s=0.05),
    Case("ac3.ac3", "Dolby Digital", encoded("ac3", "ac3"), padding_s=0.04, late_s=0.006),
    Case("amr.amr", "AMR of an old phone", encoded("libopencore_amrnb", "amr", 8000, "mono"), padding_s=0.02,
         late_s=0.006),
    Case("amr.3gp", "AMR in 3gp", encoded("libopencore_amrnb", "3gp", 8000, "mono"), padding_s=0.02, late_s=0.006),
    Case("ima.wav", "IMA ADPCM", encoded("adpcm_ima_wav", "wav"), padding_s=0.03),
    Case("yamaha.wav", "Yamaha ADPCM", encoded("adpcm_yamaha", "wav"), padding_s=0.03),
    Case("g722.wav", "G.722 of a telephone", encoded("g722", "wav", 16_000, "mono"), late_s=0.002),
    Case("alaw.wav", "A-law", encoded("pcm_alaw", "wav")),
    Case("ulaw.au", "µ-law", encoded("pcm_mulaw", "au")),
    Case("f64.wav", "64-bit floats", encoded("pcm_f64le", "wav")),
    Case("s24.mov", "24 bits in QuickTime", encoded("pcm_s24le", "mov")),
    Case("wavpack.wv", "WavPack", encoded("wavpack", "wv")),
    Case("tta.tta", "True Audio", encoded("tta", "tta")),
    Case("rf64.wav", "a wav with 64-bit lengths", written("RF64", "PCM_16")),
    Case("w64.w64", "Wave64", written("W64", "PCM_16")),
    Case("voc.voc", "Creative Voice", written("VOC", "PCM_16")),
    Case("surround.flac", "six channels", encoded("flac", "flac", layout="5.1")),
    Case("surround.m4a", "six channels of AAC", encoded("aac", "ipod", layout="5.1")),
    Case("slow.wav", "1000 samples a second", written("WAV", "PCM_16", 1000)),
    Case("bats.wav", "768,000 samples a second", written("WAV", "PCM_16", 768_000)),
)  # fmt: skip

N_WAV = 2 * round(SECONDS * RATE)  # bytes of the samples of WAV

BROKEN = (
    Case("zero.wav", "length 0: the recorder was switched off", changed(WAV, patched(40, 0)), note="0.0 s, 3.0 s"),
    Case("less.wav", "a header that says half of it", changed(WAV, patched(40, N_WAV // 2)), note="1.5 s, 3.0 s"),
    Case("pipe.wav", "a length that a pipe could not fill in", changed(WAV, patched(40, 0xFFFFFFFF))),
    Case("cut.wav", "cut short", changed(WAV, lambda data: data[: 44 + N_WAV // 2]), 1.5, note="3.0 s, 1.5 s"),
    Case("joined.wav", "two wavs joined", joined(WAV, WAV), 6.0, note="2 files joined", scenes=(0.0, 3.0)),
    Case("rates.wav", "two wavs of different rates joined", joined(WAV, written("WAV", "PCM_16", 16_000, 2)), 6.0,
         note="from 3.00 s on 16000 Hz, 2 channels", scenes=(0.0, 3.0)),
    Case("tagged.wav", "chunks after the samples",
         changed(WAV, lambda data: data + b"LIST\x0a\0\0\0INFOISFT\0\0" + b"id3 \x04\0\0\0abcd")),
    Case("zeros.wav", "filled up with zeros", changed(WAV, lambda data: data + bytes(100_000)), note="100000 bytes"),
    Case("zero_ima.wav", "length 0 of IMA ADPCM",
         changed(encoded("adpcm_ima_wav", "wav"), number(b"data", 4, 0, "<I")), padding_s=0.03, note="are there"),
    Case("no_length.flac", "streamed: no length in the header", changed(FLAC, _no_flac_length)),
    Case("bad.flac", "damaged in the middle", changed(FLAC, zeroed(0.5, 400)), damage="are missing"),
    Case("gone.flac", "a piece of it is missing", changed(FLAC, without(0.4, 0.5)),
         damage="damaged at 1.11 s, where 0.37 s"),
    Case("cut.flac", "cut short", changed(FLAC, cut(0.5)), 1.393, damage="damaged after 1.4 s"),
    Case("joined.flac", "two flacs joined", joined(FLAC, FLAC), 6.0, note="2 files joined", scenes=(0.0, 3.0)),
    Case("tagged.flac", "an ID3 tag before it",
         changed(FLAC, lambda data: b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + data)),
    Case("chained.ogg", "two Vorbis streams chained", joined(OGG, OGG), 6.0, note="2 streams", scenes=(0.0, 3.0)),
    Case("rates.ogg", "two Vorbis streams of different rates", joined(OGG, written("OGG", "VORBIS", 16_000, 2)), 6.0,
         note="from 3.00 s on 16000 Hz, 2 channels", scenes=(0.0, 3.0)),
    Case("chained.opus", "two Opus streams chained", joined(OPUS, OPUS), 6.0, note="2 streams", scenes=(0.0, 3.0)),
    Case("kinds.ogg", "Vorbis, then FLAC", joined(OGG, encoded("flac", "ogg")), 6.0, note="2 streams",
         scenes=(0.0, 3.0)),
    Case("bad.opus", "a damaged page", changed(encoded("libopus", "ogg", 48_000, sound=scene(48_000, 2, 5.0)),
                                               zeroed(0.5, 100)), 5.0,
         damage="damaged at 1.99 s, where 1.00 s"),
    Case("cut.opus", "cut short", changed(encoded("libopus", "ogg", 48_000), cut(0.6)), 0.9935,
         note="last page is missing"),
    Case("bad.webm", "damaged within its only cluster", changed(encoded("libopus", "webm", 48_000), zeroed(0.5, 500)),
         1.5, padding_s=0.05, damage="damaged after 1.5 s"),
    Case("bad.wv", "WavPack with a damaged block", changed(encoded("wavpack", "wv"), zeroed(0.5, 500)),
         damage="damaged at 1.50 s, where 0.50 s are missing"),
    Case("bad.ts", "a transport stream with lost packets", changed(encoded("aac", "mpegts"), zeroed(0.5, 500)),
         padding_s=0.05, late_s=0.025, note="1 gap of 0.05 s by its timestamps"),
    Case("joined.mp3", "two mp3s joined", joined(MP3, MP3), 6.0, note="2 files joined", scenes=(0.0, 3.0)),
    Case("rates.mp3", "two mp3s of different rates joined", joined(MP3, written("MP3", None, 16_000, 2)), 6.0,
         note="from 3.00 s on 16000 Hz, 2 channels", scenes=(0.0, 3.0)),
    Case("less.mp3", "a header that says a third of it", changed(encoded("libmp3lame", "mp3"), _less_in_xing),
         padding_s=0.03, note="are there"),
    Case("bad.mp3", "damaged in the middle", changed(encoded("libmp3lame", "mp3"), zeroed(0.5, 3000)),
         damage="are missing"),
    Case("cut.mp3", "cut short", changed(encoded("libmp3lame", "mp3"), cut(0.5)), 1.464, padding_s=0.01,
         note="are there"),
    Case("lead.mp3", "cut out of a stream, within a frame", changed(MP3, lambda data: data[1000:]), 2.899, scenes=()),
    Case("cut.mkv", "cut short", changed(encoded("flac", "matroska"), cut(0.5)), 1.358, damage="damaged after 1.4 s"),
    Case("bad.m4a", "damaged in the middle", changed(M4A, zeroed(0.5, 2000)),
         damage="damaged at 1.58 s, where 0.28 s are missing"),
    Case("changing.aac", "AAC that changes its rate",
         joined(encoded("aac", "adts"), encoded("aac", "adts", 22_050)), 6.0,
         padding_s=0.15, late_s=0.1, note="on 22050 Hz", scenes=(0.0, 3.0)),
    Case("less.aiff", "an AIFF that says a third of it", changed(written("AIFF", "PCM_16"), number(
        b"SSND", 4, 100_008, ">I")), note="100008 bytes, 264608 are there"),
    Case("less.au", "an AU that says a third of it", changed(written("AU", "PCM_16"), patched(8, 100_000, order=">I")),
         note="100000 bytes, 264600 are there"),
    Case("zero.rf64", "64-bit lengths that were never filled in",
         changed(written("RF64", "PCM_16"), number(b"ds64", 16, 0, "<Q")), note="0.0 s, 3.0 s are there"),
    Case("zero.w64", "Wave64 of length 0", changed(written("W64", "PCM_16"), number(b"data\xf3", 16, 0, "<Q"))),
    Case("zero.caf", "CAF of length 0", changed(written("CAF", "PCM_16"), number(b"data", 4, 0, ">Q"))),
    Case("zero.au", "an AU of length 0", changed(written("AU", "PCM_16"), patched(8, 0)), note="are there"),
)  # fmt: skip


def read(path: Path) -> tuple[SoundFile, Float32]:
    """Return a file and its first channel, with zeros where sound is missing."""
    file = SoundFile(path)
    chunks = list(file.chunks(0.5))
    n_samples = chunks[-1].start + chunks[-1].samples.shape[0]
    sound = np.zeros(n_samples, np.float32)
    for chunk in chunks:
        sound[chunk.start : chunk.start + chunk.samples.shape[0]] = chunk.samples[:, 0]
    return file, sound


def lag_s(sound: Float32, rate: int, begin_s: float, length_s: float) -> float:
    """Return by how much the scene in a sound lies later than it should."""
    begin, reach = round(begin_s * rate), round(0.12 * rate)
    length = round(length_s * rate)
    wanted = scene(rate, 1)[:length, 0]
    padded = np.concatenate([np.zeros(reach, np.float32), sound, np.zeros(reach + length, np.float32)])
    excerpt = padded[begin : begin + length + 2 * reach]
    size = 1 << (excerpt.size + wanted.size).bit_length()
    spectrum = np.fft.rfft(excerpt, size) * np.conj(np.fft.rfft(wanted, size))
    correlation = np.fft.irfft(spectrum, size)[: 2 * reach + 1]
    return (int(np.argmax(correlation)) - reach) / rate
