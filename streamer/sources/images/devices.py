"""List the local cameras, and find the one that a URI means."""

from __future__ import annotations

import os
import re
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from streamer.errors import SourceUnavailable, UserError

# Devices of a Raspberry Pi's camera connector: they give raw sensor data, which only libcamera turns into images.
CSI_NAMES = ("unicam", "rp1-cfe", "csi2")
CSI_REMEDY = (
    "a CSI camera, which OpenCV cannot open by itself; start with libcamerify (sudo apt install "
    "libcamera-tools libcamera-v4l2, then libcamerify streamer run …), or send its images from picamera2 "
    "as MJPEG over http"
)
UNREADABLE_REMEDY = "closed to this user: sudo usermod -aG video $USER, then log in again"
# A Raspberry Pi's image processors, which the kernel lists among the cameras.
PROCESSOR_NAMES = ("bcm2835-isp", "bcm2835-codec", "pispbe", "rpivid", "hevc-dec")

VIDIOC_QUERYCAP = 0x80685600
CAPTURE = 0x1 | 0x1000  # V4L2_CAP_VIDEO_CAPTURE, …_MPLANE
HAS_DEVICE_CAPS = 0x8000_0000


@dataclass(frozen=True)
class Camera:
    """A local camera as the kernel lists it."""

    path: str  # device file, such as /dev/video0; the number depends on the order of plugging in
    name: str
    is_readable: bool  # by this user
    is_csi: bool  # on a Raspberry Pi's camera connector, without libcamera
    uri: str  # exact URI to use, with a path that stays the same where there is one


def list_cameras(root: Path = Path("/")) -> tuple[Camera, ...]:
    """List the cameras that are plugged in; no call to a driver can block.

    Parameters
    ----------
    root : Path
        Folder that holds ``sys``, ``dev`` and ``run``.

    Returns
    -------
    tuple of Camera
        In the order of their numbers; empty when there is none, and on systems other than Linux, which list none.
    """
    sysfs, dev = root / "sys/class/video4linux", root / "dev"
    try:
        nodes = [(int(match[1]), node) for node in sysfs.iterdir() if (match := re.fullmatch(r"video(\d+)", node.name))]
    except OSError:
        return ()
    stable = _stable_paths(dev)
    cameras = []
    for number, node in sorted(nodes):
        path = dev / node.name
        name = _text(node / "name").strip() or node.name
        folded = name.casefold()
        if not path.exists() or any(part in folded for part in PROCESSOR_NAMES):
            continue
        is_readable = os.access(path, os.R_OK | os.W_OK)
        if not _captures(node, path, root / "run/udev/data", is_readable):
            continue
        is_csi = any(part in folded for part in CSI_NAMES)
        cameras.append(Camera(str(path), name, is_readable, is_csi, f"camera:{stable.get(node.name, number)}"))
    return tuple(cameras)


def _is_device(path: str) -> bool:
    try:
        return Path(path).is_char_device()
    except OSError:  # a name that is too long
        return False


def camera_signs(dev: Path = Path("/dev")) -> frozenset[tuple[str, int, int]] | None:
    """Return what differs once a camera has come, gone or come back; None on systems that do not show it."""
    if sys.platform != "linux":
        return None
    found = []
    for path in dev.glob("video*"):
        try:
            status = path.stat()
        except OSError:  # it goes at this moment
            continue
        found.append((path.name, status.st_ino, status.st_mode))  # the mode: udev opens it to users a little later
    return frozenset(found)


def find_camera(cameras: tuple[Camera, ...], wanted: str, known_uri: str = "") -> Camera:
    """Return the camera that a URI means, on Linux.

    Parameters
    ----------
    cameras : tuple of Camera
        All cameras, from :func:`list_cameras`.
    wanted : str
        Empty for the first one, digits for an index, else the path of a device file or of a link to it.
    known_uri : str
        URI of the camera that was opened before; it is returned even when it is back under another number.

    Raises
    ------
    SourceUnavailable
        When it is not there; the text lists the cameras that are.
    UserError
        When ``wanted`` is neither index nor path.
    """
    uri = f"camera:{wanted}" if wanted else "camera"
    if wanted and not wanted.isdecimal() and "/" not in wanted:
        raise UserError(
            f"source={uri!r} must be camera, camera:INDEX or camera:/dev/…; streamer devices lists what there is"
        )
    if "/" in wanted:
        target = os.path.realpath(wanted)
        found = [camera for camera in cameras if os.path.realpath(camera.path) == target]
        if not found and _is_device(target):  # one that list_cameras does not take for a camera
            found = [Camera(target, Path(target).name, os.access(target, os.R_OK | os.W_OK), False, uri)]
    else:
        known = [camera for camera in cameras if camera.uri == known_uri and "/" in known_uri]
        numbered = [camera for camera in cameras if camera.path.endswith(f"/video{wanted}")]
        found = known or (numbered if wanted else sorted(cameras, key=lambda camera: camera.is_csi))
    if found:
        return found[0]
    if not cameras:
        raise SourceUnavailable(f"source={uri!r} must be plugged in: no camera is there; see streamer doctor")
    there = ", ".join(camera.uri for camera in cameras)
    raise SourceUnavailable(f"source={uri!r} must be plugged in; there now: {there}")


def _stable_paths(dev: Path) -> dict[str, str]:
    """Return the permanent link of each device file's name: by the camera's identity, else by its port."""
    links: dict[str, str] = {}
    for folder in ("by-id", "by-path"):
        try:
            names = sorted((dev / "v4l" / folder).iterdir())
        except OSError:
            continue
        for link in names:
            links.setdefault(Path(os.path.realpath(link)).name, str(link))
    return links


def _captures(node: Path, path: Path, udev: Path, is_readable: bool) -> bool:
    """Return whether a device delivers images; many cameras have a second device for metadata."""
    for line in _text(udev / f"c{_text(node / 'dev').strip()}").splitlines():
        key, _, value = line.partition("=")
        if key == "E:ID_V4L_CAPABILITIES":
            return "capture" in value.split(":")
    if is_readable and sys.platform == "linux":
        capabilities = _query_capabilities(path)
        if capabilities is not None:
            return bool(capabilities & CAPTURE)
    return _text(node / "index").strip() in ("", "0")


def _query_capabilities(path: Path) -> int | None:
    """Return the capabilities that the driver reports for a device; None when it does not answer."""
    import fcntl

    answer = bytearray(104)  # struct v4l2_capability
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, VIDIOC_QUERYCAP, answer)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    capabilities, device_capabilities = struct.unpack_from("=II", answer, 84)
    return int(device_capabilities if capabilities & HAS_DEVICE_CAPS else capabilities)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
