"""The errors that streamer raises on purpose; any other exception is a bug."""


class StreamerError(Exception):
    """Root of all errors that are reported as one line, never as a traceback.

    The text follows ``<name>=<value> must <rule>; <what to do>``.
    """

    exit_code = 1


class UserError(StreamerError):
    """A mistake in what the user asked for: arguments, config, model or file (exit code 2)."""

    exit_code = 2


class SettingError(UserError, ValueError):
    """A value that breaks a rule of its settings class.

    It is a ValueError too, so that pydantic, which catches those, reports it with its place in the file.
    """


class SourceUnavailable(StreamerError):
    """A live source cannot deliver now but may later: not plugged in, busy, stalled or vanished.

    The runtime answers with WAITING and retries; raised before the first sound of a command that must not
    wait, it ends the command with exit code 1.
    """
