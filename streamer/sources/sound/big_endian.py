"""Headers of AIFF and AU files that say less than is there, corrected so that all of it is read."""

from __future__ import annotations

import mmap

from streamer.sources.sound.parts import Content, Part

SLACK = 4096  # bytes after the samples that are no sound: texts, a padding


def find_au_parts(data: mmap.mmap) -> Content:
    """Return the sound of an AU file: to its end where the header states less."""
    first, stated = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    there = len(data) - first
    if stated == 0xFFFFFFFF or not 24 <= first <= len(data) or there - stated <= (SLACK if stated else 0):
        return Content()
    header = data[:8] + b"\xff" * 4 + data[12:first]
    return Content((Part(first, None, header),), (_note(stated, there),))


def find_aiff_parts(data: mmap.mmap) -> Content:
    """Return the sound of an AIFF file: to its end where the header states less and no other chunks follow."""
    at, common = 12, 0
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if name == b"COMM":
            common = at
        elif name == b"SSND" and common:
            return _aiff(data, common, at, length)
        at += 8 + length + length % 2
    return Content()


def _aiff(data: mmap.mmap, common: int, at: int, length: int) -> Content:
    after = at + 8 + length + length % 2
    there = len(data) - at - 8
    follows = data[after : after + 4]
    if there - length <= SLACK or (length and all(32 <= byte < 127 for byte in follows)):
        return Content()
    header = bytearray(data[: at + 8])
    header[common + 10 : common + 14] = header[at + 4 : at + 8] = bytes(4)  # 0: libsndfile reads to the end
    return Content((Part(at + 8, None, bytes(header)),), (_note(length, there),))


def _note(stated: int, there: int) -> str:
    return f"its header says {stated} bytes, {there} are there: read to the end of its bytes"
