"""Listen in a thread, while the program goes on with something else."""

import queue
import threading

import streamer

heard: queue.Queue[str | None] = queue.Queue()


def listen() -> None:
    """Put the labels that are heard into the queue, and None at the end."""
    try:
        for event in streamer.listen("demo", seconds=12.0, realtime=False):
            if event.offset_s is None:
                heard.put(event.label)
    finally:
        heard.put(None)


thread = threading.Thread(target=listen)
thread.start()
print("the program goes on")
while (label := heard.get()) is not None:
    print(f"heard: {label}")
thread.join()
