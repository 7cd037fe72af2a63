"""What a caller shows of who they are: a key in a header, or a ticket in an address. Whose it is, others look up."""

from litestar.types import Scope

from service.http.bodies import header_values
from service.http.problems import no_valid_key

# A key is about 100 characters; whatever is longer is no key.
KEY_CHARS_MAX = 256

HELD = "throughline.held"
"""Where the scope has the ticket by which the caller follows."""


def token(scope: Scope, *, identity_tokens: bool) -> str:
    """What `Authorization: Bearer …` shows: one of our keys, or what may be an issuer's token where those are taken.

    A 401 problem when there is not exactly one.
    """
    values = header_values(scope, b"authorization")
    if len(values) != 1:
        raise no_valid_key()
    scheme, _, shown = values[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not shown.isascii():
        raise no_valid_key()
    if is_key(shown):
        if len(shown) > KEY_CHARS_MAX:
            raise no_valid_key()
    elif not identity_tokens or "." not in shown:
        raise no_valid_key()
    return shown


def is_key(shown: str) -> bool:
    """Whether this is one of our keys by its form: no JWT begins so, for `tl_` is not the base64 of a `{`."""
    return shown.startswith("tl_")


def ticket_shown(scope: Scope) -> str | None:
    """The ticket in the query of somebody who asks for a stream and shows no key; None when there is none."""
    if header_values(scope, b"authorization") or b"ticket=" not in scope["query_string"]:
        return None
    if not any(line.startswith(b"text/event-stream") for line in header_values(scope, b"accept")):
        return None
    shown = [pair[7:] for pair in scope["query_string"].split(b"&") if pair.startswith(b"ticket=")]
    if len(shown) != 1 or len(shown[0]) > KEY_CHARS_MAX:
        raise no_valid_key()
    return shown[0].decode("latin-1")
