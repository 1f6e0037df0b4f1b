"""A network camera with a microphone, over RTSP; run by Debian's Python, which has the bindings of GStreamer."""

import importlib
import signal
import sys
from typing import Any

SOUND = (
    "audiotestsrc name=tone is-live=true freq=1000 volume=0.5 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"
)
IMAGES = "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=10/1 ! jpegenc"


def main(port: str, user: str, password: str) -> None:
    """Serve until a signal ends the process; prints a line when it is ready."""
    gi: Any = importlib.import_module("gi")
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    GLib, Gst, GstRtspServer = (importlib.import_module("gi.repository." + n) for n in ("GLib", "Gst", "GstRtspServer"))

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(False)  # a client that takes the sound alone would hold up the images of others
    factory.set_launch(f"( {IMAGES} ! rtpjpegpay name=pay0 pt=26 {SOUND} ! alawenc ! rtppcmapay name=pay1 pt=8 )")
    auth = GstRtspServer.RTSPAuth()
    token: Any = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        permissions.add_permission_for_role("user", f"media.factory.{right}", True)
    factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    loop = GLib.MainLoop()
    GLib.timeout_add(100, lambda: True)  # handlers of signals run between calls of Python
    signal.signal(signal.SIGTERM, lambda *_: loop.quit())
    print("ready", flush=True)
    loop.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
