"""Errors that are reported to the user in one line; any other exception is a bug."""

from enum import IntEnum

from streamer.address import without_secrets
from streamer.safe_text import safe_lines


class ExitCode(IntEnum):
    """Exit code of the process; of several reasons the highest number counts."""

    OK = 0  # it did what was asked, or was asked to stop
    FAILURE = 1  # at run time: something outside did not work, and may work another time
    MISTAKE = 2  # of the user: trying again cannot help
    FAULT = 70  # of streamer itself; a traceback tells more
    INTERRUPTED = 130  # by Ctrl-C before it could end in order


class StreamerError(Exception):
    """Base class of all errors that are reported in one line, without a traceback.

    The text follows ``<name>=<value> must <rule>; <what to do>``. An address in it shows no secrets, and other
    text no control characters.
    """

    exit_code = ExitCode.FAILURE

    def __init__(self, text: str = "") -> None:
        super().__init__(safe_lines(without_secrets(text)))


class UserError(StreamerError):
    """A mistake of the user: in arguments, config, model or file (exit code 2)."""

    exit_code = ExitCode.MISTAKE


class SettingError(UserError, ValueError):
    """A value that breaks a rule of its settings class.

    It is a ValueError too, so that pydantic, which catches those, reports it with its place in the file.
    """


class SourceUnavailable(StreamerError):
    """A live source cannot deliver now but may later: it is not plugged in, busy, stalled or gone (exit code 1).

    The runtime shows WAITING and tries again.
    """


class Undelivered(StreamerError):
    """A receiver, such as a broker or server, cannot be reached now; the sink gets the same message again later."""
