"""Sound of a file through libsndfile, which reads the common formats with the least processor time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamer.arrays import Float32
from streamer.errors import UserError
from streamer.sources.sound.decoded import Damage, SoundHeader, SoundPiece
from streamer.sources.sound.file_bytes import FileBytes
from streamer.sources.sound.parts import Part
from streamer.system import native_name, quiet_stderr

MAX_FRAMES = 1 << 60  # what libsndfile gives where a header has no length is more


class LibsndfileDecoder:
    """Decode a file, or a part of one, from its beginning to its end or to where it is damaged.

    Parameters
    ----------
    path : Path
        The file.
    part : Part
        Its bytes in it.

    Attributes
    ----------
    header : SoundHeader
        What the file says of itself.
    damages : list of Damage
        Where decoding stopped; empty where it came to the end.
    notes : list of str
        Always empty.

    Raises
    ------
    UserError
        If libsndfile does not know the format, or it holds no sample.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._path, self._part = path, part
        self.damages: list[Damage] = []
        self.notes: list[str] = []
        with self._open() as file:
            if file.frames == 0:
                raise UserError(f"file={path} must hold at least one sample; record or convert it again")
            self.header = SoundHeader(
                int(file.samplerate),
                int(file.channels),
                0 if file.frames > MAX_FRAMES else int(file.frames),
                holds_floats=file.subtype in ("FLOAT", "DOUBLE"),
                is_stated=file.format != "MP3",
            )

    def pieces(self, block_length: int) -> Iterator[SoundPiece]:
        """Decode blocks of ``block_length`` samples, the last one shorter."""
        import soundfile

        self.damages, n_read = [], 0
        with self._open() as file:
            may_print = file.format == "MP3"  # libmpg123 reports damage on file descriptor 2
            while True:
                try:
                    with quiet_stderr() if may_print else contextlib.nullcontext():
                        block: Float32 = file.read(block_length, dtype="float32", always_2d=True)
                except (soundfile.LibsndfileError, RuntimeError) as error:
                    self.damages.append(Damage(n_read, str(error)))
                    return
                if block.shape[0] == 0:
                    return
                yield SoundPiece(n_read, block)
                n_read += block.shape[0]

    def _open(self) -> Any:
        """Open the file; every failure becomes a UserError in plain words."""
        import soundfile

        class Sequential(soundfile.SoundFile):  # type: ignore[misc]
            """A sound file without soundfile's seek to the present position before every block.

            After a seek, an mp3 decoder lacks the bits that a frame takes from its predecessors: a tone of amplitude
            0.5, read with seeks in blocks of 0.1 s, had errors of 0.5.
            """

            def seekable(self) -> bool:
                return False

        path = self._path
        try:
            with quiet_stderr():
                if self._part.is_whole_file:
                    return Sequential(native_name(path))
                return Sequential(FileBytes(path, self._part.start, self._part.end, self._part.before))
        except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: *.raw files have no header
            raise UserError(
                f"file={path} must be a sound file (wav, flac, ogg, mp3, …); convert it with "
                f"ffmpeg -i {path.name} {path.stem}.flac ({getattr(error, 'error_string', error)})"
            ) from None
