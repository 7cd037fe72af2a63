"""ETags and the conditions on them. A stream's ETag is its version, so that what was read is what If-Match compares."""

import re
from hashlib import sha256

from litestar.types import Scope

from service.http.answers import Header
from service.http.bodies import header_values
from service.http.problems import Problem

# More alternatives in one If-None-Match than any cache keeps.
ETAGS_MAX = 50
IF_MATCH_ACCEPTED = 'the ETag of the stream, such as "7"'

# The part after the dash tells answers to callers who see only some of the facts apart; If-Match does not need it.
_VERSION_TAG = re.compile(rb'"([0-9]{1,15})(?:-[0-9]{1,15})?"')


def stream_etag(version: int, visible: int) -> bytes:
    """`"7"`, or `"7-5"` for a caller who sees 5 of the 7 facts: at one version, another role may see another answer."""
    return b'"%d"' % version if visible == version else b'"%d-%d"' % (version, visible)


def content_etag(body: bytes) -> bytes:
    """The ETag of an answer that changes only with the service itself."""
    return b'"%s"' % sha256(body).hexdigest()[:32].encode()


def etag_header(etag: bytes) -> Header:
    return (b"etag", etag)


def holds_copy(scope: Scope, etag: bytes) -> bool:
    """Whether If-None-Match names `etag`, so that 304 is the answer (weak comparison, RFC 9110 13.1.2)."""
    lines = header_values(scope, b"if-none-match")
    if not lines:
        return False
    tags = b",".join(lines).split(b",", ETAGS_MAX)
    return any(tag.strip() == b"*" or tag.strip().removeprefix(b"W/") == etag for tag in tags)


def demanded_version(scope: Scope) -> int | None:
    """The stream version of If-Match; None when the writer sets no condition (no header, or `*`)."""
    lines = header_values(scope, b"if-match")
    if not lines or lines == (b"*",):
        return None
    tag = _VERSION_TAG.fullmatch(lines[0].strip()) if len(lines) == 1 else None
    if tag is None:
        raise Problem("header-malformed", "If-Match holds no version.", header="If-Match", accepted=IF_MATCH_ACCEPTED)
    return int(tag[1])


def demand_no_if_match(scope: Scope) -> None:
    """A stream that is being opened has no version yet."""
    if header_values(scope, b"if-match"):
        detail = "If-Match has no meaning for a stream that is being opened."
        raise Problem("header-malformed", detail, header="If-Match", accepted="no If-Match")
