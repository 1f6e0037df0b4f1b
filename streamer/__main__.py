"""Entry point: runs the command line and turns expected errors into one line and an exit code."""

from __future__ import annotations

import io
import os
import sys

from streamer.errors import ExitCode, StreamerError


def main() -> None:
    """Run the command line.

    Exits with one of :class:`streamer.errors.ExitCode`.
    """
    if sys.maxsize <= 2**32:
        print(
            "streamer: 64-bit system needed, and this Python has 32 bits; install a 64-bit system (for a Raspberry Pi: "
            "Raspberry Pi OS, 64-bit) with a 64-bit Python 3.11, 3.12 or 3.13",
            file=sys.stderr,
        )
        sys.exit(1)
    # Set before numpy loads: OpenBLAS would reserve 170 MB of address space for threads that are not used here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an encoding without ± or ° must not end a run
            stream.reconfigure(errors="backslashreplace")
    from streamer.address import shown_argument
    from streamer.system import replace_arguments

    shown = {argument: shown_argument(argument) for argument in sys.argv[1:]}
    replace_arguments({argument: text for argument, text in shown.items() if text != argument})
    from streamer.cli import app
    from streamer.cli.options import with_home_in_value

    try:
        sys.argv[1:] = map(with_home_in_value, sys.argv[1:])
        app()
    except StreamerError as error:
        print(f"streamer: {error}", file=sys.stderr)  # which is safe text
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone, as `head` does: nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FAILURE)
    except Exception as error:
        from streamer.commands.process_end import fault

        sys.exit(fault(error))


if __name__ == "__main__":
    main()
