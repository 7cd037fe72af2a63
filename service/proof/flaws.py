"""Every way in which a bundle can be wrong, one exit code each: a table that docs/proving.md shows."""

from msgspec import Struct


class FlawKind(Struct, frozen=True):
    """A kind of flaw: its name, the exit code of `throughline verify`, and what it means."""

    name: str
    exit_code: int
    meaning: str


MALFORMED = FlawKind("malformed", 10, "the file is no bundle, or it ends early: fetch it again")
UNSIGNED = FlawKind("unsigned", 11, "the checkpoint is not signed by the keys that were given, or is another log's")
CONTENT = FlawKind("content", 12, "what a fact says is not what its digest was made of")
CHANGED = FlawKind("changed", 13, "a fact is not the one that is signed for at its position")
CHAIN = FlawKind("chain", 14, "a fact does not follow the one before it on its stream")
MISSING = FlawKind("missing", 15, "facts are left out, given twice or out of order")
TAIL = FlawKind("tail", 16, "a stream does not end where the checkpoint says")
ROOT = FlawKind("root", 17, "all that is given does not add up to what is signed")
REWRITTEN = FlawKind("rewritten", 18, "the log is no continuation of the older checkpoint: its past was changed")
SHORTENED = FlawKind("shortened", 19, "the log is shorter than the older checkpoint: its end was cut off")
UNCOMPARED = FlawKind(
    "uncompared", 20, "the bundle cannot be compared with the older checkpoint: export it with `since`"
)
POLICY = FlawKind("policy", 21, "a policy is not the one that its digest, its name or a receipt says")
RECEIPT = FlawKind("receipt", 22, "a score receipt is not what the facts give")
UNRECKONED = FlawKind(
    "unreckoned", 23, "a score receipt cannot be made again: content was erased, or is not shown to this reader"
)

FLAW_KINDS = (
    MALFORMED,
    UNSIGNED,
    CONTENT,
    CHANGED,
    CHAIN,
    MISSING,
    TAIL,
    ROOT,
    REWRITTEN,
    SHORTENED,
    UNCOMPARED,
    POLICY,
    RECEIPT,
    UNRECKONED,
)


class Flaw(Exception):
    """A bundle proves nothing, or the opposite of what it claims; the first thing that is wrong is named."""

    def __init__(self, kind: FlawKind, detail: str) -> None:
        super().__init__(f"{kind.name}: {detail}")
        self.kind = kind
        self.detail = detail
