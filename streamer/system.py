"""The process and its system: figures of load, silence on standard error, and files written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from streamer.errors import SettingError, StreamerError

if sys.platform != "win32":
    import fcntl


_USUAL_BYTES = 1 << 30  # of a machine that does not state its memory


class ProcessMeter:
    """Processor time, memory and temperature, measured at most once a second.

    Attributes
    ----------
    cpu_fraction : float
        Processor time of this process per second, in cores.
    memory_bytes : int
        Memory of this process that lies in RAM.
    temperature_c : float or None
        Temperature of the processor, where the kernel states it.
    """

    def __init__(self) -> None:
        self.cpu_fraction = 0.0
        self.memory_bytes = 0
        self.temperature_c: float | None = None
        self._measured_s, self._cpu_s = time.monotonic(), time.process_time()

    def measure(self) -> None:
        """Update the figures if a second has passed since they were measured."""
        now_s, cpu_s = time.monotonic(), time.process_time()
        if now_s - self._measured_s < 1.0:
            return
        self.cpu_fraction = (cpu_s - self._cpu_s) / (now_s - self._measured_s)
        self._measured_s, self._cpu_s = now_s, cpu_s
        self.memory_bytes = resident_bytes()
        self.temperature_c = temperature_c()


def resident_bytes() -> int:
    """Return the memory of this process that lies in RAM; 0 where the system does not state it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        if sys.platform == "win32":
            return 0
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: the peak, bytes


def machine_bytes() -> int:
    """Return the memory that this process may use: the machine's, or less where a container sets a limit."""
    found = []
    if sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError):
            found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in _limit_files():
        with contextlib.suppress(OSError, ValueError):  # "max", or no control groups here
            found.append(int(path.read_text()))
    return min((n_bytes for n_bytes in found if n_bytes > 0), default=_USUAL_BYTES)


def _limit_files() -> list[Path]:
    """Return the files with a limit of memory for this process or a group that it is in."""
    root = Path("/sys/fs/cgroup")
    files = [root / "memory.max", root / "memory" / "memory.limit_in_bytes"]
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            group = root / line.rpartition(":")[2].lstrip("/")
            files += [each / "memory.max" for each in (group, *group.parents) if each.is_relative_to(root)]
    return files


def temperature_c() -> float | None:
    """Return the temperature of the processor; None where the kernel does not state it."""
    try:
        return int(Path("/sys/class/thermal/thermal_zone0/temp").read_text()) / 1000
    except (OSError, ValueError):
        return None


def release_code(library: str) -> None:
    """Release the memory of a loaded library's machine code, which the system reads again if it is needed.

    LLVM keeps 50 MB of code in memory after it has compiled or loaded the kernels. Only the executable mapping is
    released, whose pages are unchanged since they were read from the file: that is safe at any time, and costs a page
    fault for each that is needed again. Does nothing on systems other than Linux.

    Parameters
    ----------
    library : str
        Part of the name of the library's file.
    """
    if sys.platform != "linux":
        return
    import ctypes
    import mmap

    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, *_, name = line.split(maxsplit=5)
        if rights == "r-xp" and library in name:
            start, end = (int(address, 16) for address in addresses.split("-"))
            madvise(start, end - start, mmap.MADV_DONTNEED)


def release_unused() -> None:
    """Give memory that was freed within this process back to the system.

    The allocator of the C library keeps it: images, clips and blocks of sound of all sizes come and go on many threads,
    and the gaps between those that are alive would grow for hours. Takes about a millisecond. Does nothing where the C
    library is not glibc.
    """
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def replace_arguments(shown: Mapping[str, str]) -> None:
    """Replace arguments of this process in the list that every user of the machine can see, as by ``ps``.

    The kernel shows the memory in which it left the arguments. Does nothing on systems other than Linux.

    Parameters
    ----------
    shown : mapping of str to str
        What to show in place of each argument, cut to its length.
    """
    if sys.platform != "linux" or not shown:
        return
    import ctypes

    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end, fields 48 and 49 of proc(5)
    except (OSError, ValueError, IndexError):
        return
    if not 0 < start < end:  # 0 where the system hides them
        return
    old = ctypes.string_at(start, end - start)
    new = old
    for argument, text in shown.items():
        secret, plain = os.fsencode(argument), text.encode("ascii", "replace")
        new = new.replace(b"\0" + secret + b"\0", b"\0" + plain[: len(secret)].ljust(len(secret), b"*") + b"\0")
    ctypes.memmove(start, new, len(old))


def child_environment() -> dict[str, str]:
    """Return the environment for a child process of Python that imports what this one can, from anywhere."""
    changes = {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)]),
        "PYTHONIOENCODING": "utf-8:backslashreplace",  # a path need not be text
        "OPENBLAS_NUM_THREADS": "1",  # its threads reserve address space, and are not used
    }
    return os.environ | changes


def signal_name(exit_code: int) -> str:
    """Return the name of the signal that ended a process, by its negative exit code."""
    try:
        return signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal has none
        return f"signal {-exit_code}"


def leave_stopping_to_the_parent() -> None:
    """Ignore Ctrl-C, termination and a closed terminal, which reach the parent, too: it ends this process."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


_lock = threading.Lock()
_depth = 0
_saved_fd = -1


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2 within a ``with`` block.

    ALSA, PortAudio and LiteRT print from C, past ``sys.stderr``, and would spoil a dashboard. The descriptor belongs to
    the whole process: blocks may nest and overlap in several threads (the first redirects, the last restores), and
    what other threads print to stderr meanwhile is lost too, so keep the block around the printing call only. Does
    nothing where descriptor 2 is closed.
    """
    global _depth, _saved_fd
    with _lock:
        if _depth == 0:
            _saved_fd = _redirect()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _saved_fd >= 0:
                os.dup2(_saved_fd, 2)
                os.close(_saved_fd)
                _saved_fd = -1


def _redirect() -> int:
    """Redirect descriptor 2 to the null device; return a duplicate of the original, −1 where it was closed."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # sys.stderr is None under pythonw
        sys.stderr.flush()
    try:
        saved_fd = os.dup(2)
    except OSError:
        return -1
    null_fd = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_fd, 2)
    os.close(null_fd)
    return saved_fd


def native_name(path: Path) -> str | bytes:
    """Return a path as C libraries take it whatever its characters: as bytes, except on Windows."""
    return str(path) if os.name == "nt" else os.fsencode(path)


@contextlib.contextmanager
def unicode_name(path: Path) -> Iterator[str]:
    """Give an absolute path for a library that takes only Unicode, and crashes on any other.

    On Linux any bytes may be a name. Where the name is no UTF-8, the file goes by its descriptor while it is opened;
    where only the folder's name is none, by that of the folder, so that a file can be created too.

    Parameters
    ----------
    path : Path
        A file that exists, or one to create.

    Raises
    ------
    OSError
        When the file, or its folder, cannot be opened.
    """
    absolute = path.absolute()
    if _is_unicode(str(absolute)):
        yield str(absolute)
        return
    is_name_good = _is_unicode(path.name)
    handle = os.open(absolute.parent if is_name_good else absolute, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{handle}/{path.name}" if is_name_good else f"/dev/fd/{handle}"
    finally:
        os.close(handle)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; no where that cannot be known, as for a name that is too long."""
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises)


def is_there(path: Path) -> bool:
    """Return whether something is at a path; no where that cannot be known, as for a name that is too long."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises)


def with_home(text: str) -> str:
    """Return a path in which a leading ``~`` or ``~user`` is replaced by the home folder that it means.

    A shell does so, too, but not in a settings file, not after ``--option=`` and not within quotes.

    Raises
    ------
    SettingError
        If there is no such home folder: else a folder of the name ``~user`` would be made here.
    """
    path = os.path.expanduser(text)  # noqa: PTH111 (a Path would change texts that are no paths)
    if path.startswith("~") and (path == "~" or "/" in path):
        user = path.partition("/")[0]
        raise SettingError(
            f"path={text} must begin with a home folder that is known, and {user} is none; name it in full"
        )
    return path


def write_atomically(path: Path, data: bytes, key: str, like: os.stat_result | None = None) -> None:
    """Write a file under another name in the same folder, then move it to ``path``.

    Parameters
    ----------
    path : Path
        File to write or replace.
    data : bytes
        Its content.
    key : str
        Name of the setting that errors quote.
    like : os.stat_result, optional
        Of the file that it replaces, whose rights it gets and, where that is allowed, its owner.

    Raises
    ------
    StreamerError
        If it cannot be written, as on a full disk; ``path`` then keeps its old content.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with io.FileIO(handle, "w") as raw, io.BufferedWriter(raw) as file:
            file.write(data)
            file.flush()
            if like is not None and hasattr(os, "fchown"):
                with contextlib.suppress(OSError):
                    os.fchown(handle, like.st_uid, like.st_gid)
            os.fchmod(handle, 0o644 if like is None else like.st_mode & 0o7777)  # mkstemp gives 0o600
            os.fsync(handle)
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise StreamerError(f"{key}={path} must be writable; {error.strerror}") from None


def try_lock(handle: int) -> bool:
    """Lock an open file until it is closed or the process ends; False if it is locked already.

    Two openings of one file lock each other out within a process, too. Where the system or the file's disk knows no
    locks, as some network disks, every file counts as free.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk, so that a renamed file has its new name after a power cut."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some disks cannot
            os.fsync(handle)
    finally:
        os.close(handle)
