"""Stands between the service and its PostgreSQL and misbehaves when told to. It knows bytes, not SQL."""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHUNK_BYTES = 64 * 1024
# Markers are short words in an answer; one that a read has cut in two is found with this much of what came before.
MARKER_BYTES_MAX = 64
STOP_DEADLINE_S = 5.0
# Closing with a linger of zero sends a reset instead of an orderly end.
RESET = struct.pack("ii", 1, 0)

APPENDED = b"appended"
"""In the answer to an append that was granted: with autocommit it leaves the server after the commit."""

COMMITTED = b"COMMIT\x00"
"""The server's word that a transaction has committed."""


class Proxy:
    """Forwards connections from a TCP port of 127.0.0.1 to a PostgreSQL's socket. All calls come from other threads."""

    def __init__(self, target: Path) -> None:
        self.port = 0
        self.swallowed = 0
        self._target = str(target)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._pairs: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = {}
        self._swallow: list[bytes] = []
        self._delay_s = 0.0
        self._refusing = False
        self._going = _going()

    # -- what tests do

    def address(self, dsn: str) -> str:
        """The address `dsn`, through this proxy."""
        return make_conninfo(dsn, host="127.0.0.1", port=self.port, sslmode="disable")

    def swallow(self, *markers: bytes) -> None:
        """Close the connection instead of passing on the next answer with the first marker in it; then the second's."""
        self._call(lambda: self._swallow.extend(markers))

    def delay(self, milliseconds: float) -> None:
        """Hold each answer back for so long."""
        self._call(lambda: setattr(self, "_delay_s", milliseconds / 1000))

    def hang(self) -> None:
        """Take connections and requests, and answer nothing: as a server whose machine has stopped."""
        self._call(self._going.clear)

    def go_on(self) -> None:
        """Answer again, first what was held back."""
        self._call(self._going.set)

    def forget(self) -> None:
        """Answer new connections, and never those that hang: as after a failover to another address."""
        self._call(self._forget)

    def cut(self) -> None:
        """Reset every connection there is."""
        self._call(self._reset_all)

    def refuse(self, refusing: bool) -> None:
        """Reset every new connection, or take them again."""
        self._call(lambda: setattr(self, "_refusing", refusing))

    # -- its life

    def start(self) -> None:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = server.result(STOP_DEADLINE_S)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(STOP_DEADLINE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_DEADLINE_S)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        serving = list(self._pairs)
        self._reset_all()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _forget(self) -> None:
        self._going = _going()

    def _reset_all(self) -> None:
        for pair in self._pairs.values():
            for one in pair:
                _reset(one)

    def _call(self, change: Callable[[], object]) -> None:
        async def changed() -> None:
            change()

        asyncio.run_coroutine_threadsafe(changed(), self._loop).result(STOP_DEADLINE_S)

    # -- forwarding

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            _reset(writer)
            return
        try:
            upstream, to_upstream = await asyncio.open_unix_connection(self._target)
        except OSError:
            _reset(writer)
            return
        task = asyncio.current_task()
        assert task is not None
        self._pairs[task] = (writer, to_upstream)
        asked = asyncio.create_task(_pump(reader, to_upstream, self._pass_on))
        answered = asyncio.create_task(_pump(upstream, writer, self._answer))
        try:
            await asyncio.wait([asked, answered], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in (asked, answered):
                pump.cancel()
            await asyncio.gather(asked, answered, return_exceptions=True)
            for one in self._pairs.pop(task):
                _reset(one)

    async def _pass_on(self, _before: bytes, _chunk: bytes) -> bool:
        await self._going.wait()  # the one of now: what waits on a forgotten one waits for ever
        return True

    async def _answer(self, before: bytes, chunk: bytes) -> bool:
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        await self._going.wait()
        if self._swallow and self._swallow[0] in before + chunk:
            self._swallow.pop(0)
            self.swallowed += 1
            return False
        return True


def _going() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: Callable[[bytes, bytes], Awaitable[bool]]
) -> None:
    before = b""
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            if not await passes(before, chunk):
                return
            writer.write(chunk)
            await writer.drain()
            before = chunk[-MARKER_BYTES_MAX:]


def _reset(writer: asyncio.StreamWriter) -> None:
    end: socket.socket | None = writer.get_extra_info("socket")
    if end is not None and end.family != socket.AF_UNIX:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


@contextmanager
def proxied(dsn: str) -> Iterator[Proxy]:
    """A proxy before the server that `dsn` names by its socket folder."""
    parts = conninfo_to_dict(dsn)
    proxy = Proxy(Path(str(parts["host"])) / f".s.PGSQL.{parts['port']}")
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
