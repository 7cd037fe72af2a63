"""Server-sent events: one follower's connection, from its first byte to its last. What is seen is the feed's to say."""

import asyncio
import logging
from contextlib import suppress

from litestar.types import Receive, Scope, Send

from service.http.answers import Header
from service.http.problems import REQUEST_ID
from service.ledger.feed.entries import Seen, Slice, reset_json
from service.ledger.feed.following import Follower, Followers
from service.ledger.refusals import LedgerRefusal

# What is in between closes connections that are silent for longer; most wait 30 s or more.
HEARTBEAT_S = 15.0
# How long a browser waits before it connects again: what a restart of the service takes.
RETRY_MS = 2_000

HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),  # reverse proxies of the nginx kind would collect it otherwise
)

log = logging.getLogger("throughline.http")


class EventStream:
    """A stream that is its own ASGI response, and watches itself whether its reader is still there."""

    __slots__ = ("_follower", "_followers", "_sent_at")

    def __init__(self, followers: Followers, follower: Follower) -> None:
        self._followers = followers
        self._follower = follower
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        departure = asyncio.create_task(departed(receive, self._follower))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            await self._send(send, b"retry: %d\n\n%b" % (RETRY_MS, heartbeat(self._follower.position)))
            try:
                await self._follow(send)
            except LedgerRefusal as refusal:  # the reader comes back, and is told then what there is to tell
                log.info("request %s ends: %s", scope.get(REQUEST_ID), type(refusal).__name__)
            except Exception:
                log.exception("request %s failed while it streamed", scope.get(REQUEST_ID))
            await send({"type": "http.response.body", "body": heartbeat(self._follower.position), "more_body": False})
        finally:
            self._followers.close(self._follower)
            departure.cancel()
            with suppress(asyncio.CancelledError):
                await departure
            # Its cancellation knows this frame, which knows it: let go of, so that no collector has to find both.
            del departure

    async def _follow(self, send: Send) -> None:
        follower, loop = self._follower, asyncio.get_running_loop()
        while not follower.over:
            found = await follower.next()
            patience_s = self._sent_at + HEARTBEAT_S - loop.time()
            if found.items:
                await self._send(send, rendered(found))
            elif patience_s <= 0:
                await self._send(send, heartbeat(follower.position))
            elif not follower.behind:
                await follower.news(patience_s)

    async def _send(self, send: Send, body: bytes) -> None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        self._sent_at = asyncio.get_running_loop().time()


async def departed(receive: Receive, follower: Follower) -> None:
    """Stop the follower once its reader is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    follower.stop()


def rendered(piece: Slice) -> bytes:
    """The events of a slice; made once for all who share it."""
    if piece.rendered is None:
        piece.rendered = b"".join(map(frame, piece.items))
    return piece.rendered


def frame(item: Seen) -> bytes:
    """One fact, with its position as the id; before it, or instead of it, that its stream is to be read anew.

    A reset before its fact has no id, so that whoever loses the connection between the two gets both again.
    """
    entry = item.entry
    fact = b"id: %d\ndata: %b\n\n" % (entry.position, entry.body) if item.event else b""
    if not item.reset:
        return fact
    identified = b"" if item.event else b"id: %d\n" % entry.position
    return b"%bevent: reset\ndata: %b\n\n%b" % (identified, reset_json(item), fact)


def heartbeat(position: int) -> bytes:
    """That everything before `position` was looked at: its id makes a browser go on from there."""
    identified = b"id: %d\n" % (position - 1) if position else b""
    return b'%bevent: position\ndata: {"next":%d}\n\n' % (identified, position)
