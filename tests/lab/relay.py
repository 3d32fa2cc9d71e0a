"""A TCP relay that takes its time: a server on loopback as if it were a round trip away.

    with Apart("tests.lab.relay", sshd.port, 0.1) as said:  # a tenth of a second there and back
        ... every 127.x.y.z at said["port"] is 127.x.y.z at sshd.port, far away
    said["answered"]  # bytes that came back from there, all in all

What it emulates is latency alone: bytes keep their order, and there is no loss, no jitter and no limit of bandwidth. It
stands in for `tc netem` where the kernel has no such queue, and unlike it costs CPU of its own for each piece.

On loopback a client is connected at once, and speaks at once. Far away it is connected after a round trip, and its
first bytes are there half a round trip later: so that is when the relay connects onwards.
"""

import asyncio
import sys
from contextlib import suppress

from tests.lab.apart import ready, say

_WAITING = 2000  # connections that nobody has accepted yet


class Relay:
    """Relays connections to the same address at another port; `round_trip` in seconds."""

    def __init__(self, port: int, round_trip: float) -> None:
        """Say to which port, and how far away that is."""
        self._port, self._way, self.answered = port, round_trip / 2, 0  # bytes that came back
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen on every address; return the port."""
        server = await asyncio.start_server(self._relayed, "0.0.0.0", 0, backlog=_WAITING)  # noqa: S104
        return int(server.sockets[0].getsockname()[1])

    async def _relayed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await asyncio.sleep(3 * self._way)
            onwards, further = await asyncio.open_connection(writer.get_extra_info("sockname")[0], self._port)
            await asyncio.gather(
                self._carried(reader, further), self._carried(onwards, writer, back=True), return_exceptions=True
            )
            further.close()
        writer.close()

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool = False) -> None:
        """Write what is read, half a round trip later, until one end or the other is through."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arriving(under_way, writer))
        self._running.add(arriving)
        arriving.add_done_callback(self._running.discard)
        piece = b"-"
        while piece:
            try:
                piece = await reader.read(65536)
            except OSError:
                piece = b""
            self.answered += len(piece) if back else 0
            under_way.put_nowait((asyncio.get_running_loop().time() + self._way, piece))
        await arriving

    async def _arriving(self, under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if not piece:
                with suppress(OSError):
                    writer.write_eof()
                return
            writer.write(piece)
            with suppress(OSError):
                await writer.drain()


async def main(port: int, round_trip: float) -> None:
    """Relay until standard input ends."""
    relay = Relay(port, round_trip)
    await asyncio.to_thread(ready, port=await relay.start())
    say(answered=relay.answered)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
