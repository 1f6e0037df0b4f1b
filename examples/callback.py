"""Call a function for every event of a live source; put "mic" in place of "demo" for the microphone."""

import streamer


def report(event: streamer.Event) -> None:
    """Print an event when it begins and when it has ended."""
    if event.offset_s is None:
        print(f"{event.onset_s:6.2f} s  {event.label} begins")
    else:
        print(f"{event.offset_s:6.2f} s  {event.label} has ended; its score was {event.score:.2f}")


# Without realtime=False the demo plays as a microphone would.
with streamer.listen("demo", on_event=report, seconds=12.0, realtime=False) as live:
    live.wait()
