"""What is signed of a log (C2SP tlog-checkpoint): its origin, size and root, and the root over its streams' ends."""

import base64
import binascii
import re
from uuid import UUID

from msgspec import Struct

from service.proof.merkle import HASH_BYTES

_TEXT = re.compile(
    r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\nstreams ([A-Za-z0-9+/=]{44})\n((?:[^\n]+\n)*)"
)


def origin_of(workspace_id: UUID) -> str:
    """The name of a workspace's log, which its keys carry too. No host is named, so that a log may move."""
    return f"throughline/{workspace_id}"


class Checkpoint(Struct, frozen=True):
    """A log of `size` facts: the root over their leaves, and the root over where each stream ends in it."""

    origin: str
    size: int
    root: bytes
    streams_root: bytes

    @property
    def text(self) -> str:
        """The text to sign; `streams` is an extension line."""
        root, streams = base64.b64encode(self.root).decode(), base64.b64encode(self.streams_root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nstreams {streams}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint in a note's text; raises ValueError. Further extension lines are passed over."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("a checkpoint has lines with origin, size, root and the streams' root")
        try:
            root, streams = (base64.b64decode(one, validate=True) for one in match.group(3, 4))
        except binascii.Error:
            raise ValueError("the roots in a checkpoint are base64") from None
        if not len(root) == len(streams) == HASH_BYTES:
            raise ValueError("the roots in a checkpoint have 32 bytes")
        return cls(match[1], int(match[2]), root, streams)
