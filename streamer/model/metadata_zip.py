"""Read and write the zip that TFLite's "associated files" convention appends to a flatbuffer; it is not trusted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from streamer.errors import UserError

DIRECTORY_LIMIT = 1 << 16  # bytes of the zip's directory: some hundred names
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE = 22
# What zipfile raises for damaged files, found by changing bytes of a zip 60,000 times.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,  # a negative offset, a name that is not UTF-8
    RuntimeError,  # encrypted
    NotImplementedError,  # an unknown method
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside the zip."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    where: str

    def read(self, limit: int) -> bytes:
        """Return the unpacked bytes.

        Raises
        ------
        UserError
            If there are more than ``limit``, whatever the zip claims, or they are damaged.
        """
        try:
            with self.archive.open(self.info) as file:
                data = file.read(limit + 1)
        except _DAMAGED as error:
            raise UserError(f"{self.where}:{self.info.filename}: damaged in the zip: {error}") from None
        if len(data) > limit:
            raise UserError(f"{self.where}:{self.info.filename}: must unpack to at most {limit} bytes")
        return data


def split(data: bytes, where: str) -> tuple[bytes, dict[str, Member]]:
    """Split a file into what precedes its zip and the zip's members by name; without a zip there are none.

    Raises
    ------
    UserError
        If the zip is damaged, has a directory of more than 64 KiB, or holds a name twice.
    """
    end = _end_of_directory(data)
    if end < 0:
        return data, {}
    # zipfile reads the whole directory at once, so its claimed size is checked first; zip64 is never needed.
    if struct.unpack_from("<L", data, end + 12)[0] > DIRECTORY_LIMIT or data[end - 20 : end - 16] == _END64:
        raise UserError(f"{where} must have a zip with a directory of at most {DIRECTORY_LIMIT} bytes")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED as error:
        raise UserError(f"{where} must have an undamaged zip; {error}") from None
    infos = archive.infolist()
    if len({info.filename for info in infos}) < len(infos):
        raise UserError(f"{where} must not hold a file twice in its zip")
    # A name with control characters is not used by any tool, and would reach the terminal in a message.
    members = {info.filename: Member(archive, info, where) for info in infos if info.filename.isprintable()}
    start = min((info.header_offset for info in infos), default=len(data))
    return data[: max(start, 0)], members


def join(data: bytes, files: Mapping[str, bytes]) -> bytes:
    """Append a zip of ``files``; the same arguments give the same bytes.

    Raises
    ------
    UserError
        If a name is not a plain file name.
    """
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if not name or "/" in name or "\\" in name or not name.isprintable() or name in (".", ".."):
                raise UserError(f"name={name!r} must be a plain file name")
            info = zipfile.ZipInfo(name)  # dated 1980, so that the same arguments give the same bytes
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _end_of_directory(data: bytes) -> int:
    """Return the position of the end record that zipfile would use, −1 without one."""
    last = len(data) - _END_SIZE
    if last >= 0 and data[last : last + 4] == _END and data[-2:] == b"\0\0":
        return last
    place = data.rfind(_END, max(0, last - 0xFFFF))
    return place if 0 <= place <= last else -1
