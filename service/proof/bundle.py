"""The lines of a bundle: a JSON object each, told apart by `line`. Their shape is published (docs/proving.md)."""

import msgspec
from msgspec import Struct

from service.proof.receipt import PolicyDocument, Receipt

FORMAT = "throughline-bundle/1"
WHOLE_LOG = "log"
"""The scope of a bundle of everything; else the name of a stream."""

# A fact of the largest body with its salts stays far below; whoever reads a bundle need not take more at once.
LINE_BYTES_MAX = 16 * 1024 * 1024


class Consistency(Struct, frozen=True, rename={"from_": "from"}):
    """Shows that the checkpoint continues the log of `from` facts."""

    from_: int
    path: list[str]


class Manifest(Struct, frozen=True, tag_field="line", tag="manifest"):
    """The first line: what is claimed, and by whom it is signed. `parts` names what follows; more may be added."""

    format: str
    log: str
    scope: str
    checkpoint: str
    keys: list[str]
    parts: list[str]
    consistency: Consistency | None = None


class StreamLine(Struct, frozen=True, tag_field="line", tag="stream"):
    """Where the stream ends, and the way from there to the root over all streams. In bundles of one stream."""

    stream_id: str
    version: int
    path: list[str]


class EndsLine(Struct, frozen=True, tag_field="line", tag="ends"):
    """Some of the leaves of the tree over streams, by key: pairs of key and entry. In bundles of the log."""

    ends: list[tuple[str, str]]


class Part(Struct, frozen=True):
    """What a digest was made of: the salt, in hexadecimal, and the text after it."""

    salt: str
    text: str


class Parts(Struct, frozen=True, omit_defaults=True):
    """The parts of a fact that its reader may see and that are still there."""

    envelope: Part | None = None
    structure: Part | None = None
    words: Part | None = None


class EventLine(Struct, frozen=True, tag_field="line", tag="event", omit_defaults=True):
    """One fact: the content of its leaf as text, and as much of what it says as the reader may see.

    `path` leads to the root, in bundles of one stream; `signed` is the leaf that the log's tree holds at this position,
    in bundles of the log. `broken` names what the service itself could not read or found changed.
    """

    position: int
    leaf: str
    parts: Parts = Parts()
    path: list[str] | None = None
    signed: str | None = None
    broken: list[str] = []


class LeafLine(Struct, frozen=True, tag_field="line", tag="leaf", omit_defaults=True):
    """A fact on a stream that the reader may not know of: its leaf alone."""

    position: int
    signed: str
    broken: list[str] = []


class PolicyLine(PolicyDocument, frozen=True, tag_field="line", tag="policy"):
    """A policy that receipts are reckoned under, or that was in force."""


class ReceiptLine(Receipt, frozen=True, kw_only=True, tag_field="line", tag="receipt"):
    """What trust on a stream is at the bundle's checkpoint, with the place of every fact in it."""


class EndLine(Struct, frozen=True, tag_field="line", tag="end"):
    """The last line, with the numbers of facts and of receipts: a bundle without it was cut off on its way."""

    events: int
    receipts: int


Line = Manifest | StreamLine | EndsLine | EventLine | LeafLine | PolicyLine | ReceiptLine | EndLine

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def written(line: Line) -> bytes:
    """A line as it is written, its newline included."""
    return _encode(line) + b"\n"


def read(line: bytes) -> Line:
    """The line that was written; raises msgspec.MsgspecError or UnicodeDecodeError."""
    return _decoder.decode(line)


class LeafContent(Struct, frozen=True):
    """A leaf's text, read."""

    stream_id: str
    version: int
    previous: str
    recorded_at: str
    envelope: str
    structure: str
    words: str


read_leaf = msgspec.json.Decoder(LeafContent).decode
