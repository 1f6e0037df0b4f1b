"""Listen from asyncio: callbacks hand the events over to the loop."""

import asyncio
from collections.abc import AsyncIterator

import streamer


async def events(source: str) -> AsyncIterator[streamer.Event]:
    """Yield the events of a source without ever blocking the loop."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[streamer.Event | None] = asyncio.Queue()

    def hand_over(event: streamer.Event) -> None:
        loop.call_soon_threadsafe(arrived.put_nowait, event)

    def run() -> None:
        try:
            with streamer.listen(source, on_event=hand_over, seconds=12.0, realtime=False) as live:
                live.wait()
        finally:
            loop.call_soon_threadsafe(arrived.put_nowait, None)

    running = asyncio.create_task(asyncio.to_thread(run))
    while (event := await arrived.get()) is not None:
        yield event
    await running  # raises what went wrong


async def main() -> None:
    """Print the events of the demo."""
    async for event in events("demo"):
        if event.offset_s is not None:
            print(f"{event.label} from {event.onset_s:.1f} to {event.offset_s:.1f} s")


asyncio.run(main())
