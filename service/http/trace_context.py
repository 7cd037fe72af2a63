"""The caller's trace (W3C Trace Context): which one a request belongs to. Read and handed on; nothing is traced."""

import re
from typing import Any

from service.http.bodies import header_values

TRACEPARENT = b"traceparent"
TRACE = "throughline.trace"
"""The scope's entry for that header, when it was sent."""

HEADER_BYTES_MAX = 128  # the form of version 00 has 55; later ones may append to it
_FORM = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]{0,64})?")


def echoed(scope: Any) -> tuple[tuple[bytes, bytes], ...]:
    """The header to answer with: as it was sent, when it is well-formed. It is kept in the scope."""
    values = header_values(scope, TRACEPARENT)
    if len(values) != 1 or len(values[0]) > HEADER_BYTES_MAX or not _well_formed(values[0]):
        return ()
    scope[TRACE] = values[0]
    return ((TRACEPARENT, values[0]),)


def trace_id(parent: bytes) -> str:
    """The trace's id in a header that has the form."""
    return parent[3:35].decode()


def _well_formed(value: bytes) -> bool:
    # Version 00 ends after its flags; later ones may have more.
    return _FORM.fullmatch(value) is not None and (not value.startswith(b"00") or len(value) == 55)
