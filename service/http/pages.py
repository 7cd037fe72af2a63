"""The page form that lists share: items, the way to the next page, and the two times."""

from collections.abc import Sequence
from typing import Any

from service.http.answers import JSON, Answer, encode, not_modified, position_header
from service.http.calls import Call
from service.http.conditions import content_etag, etag_header, holds_copy
from service.http.cursors import cursor, link_next, next_page
from service.http.questions import Times


def paged(request: Call, asked: Times, items: Sequence[Any], place: Any, bound_to: bytes, position: int) -> Answer:
    """One page. With `as_of` given nothing in it depends on the moment, so that it has an ETag and may answer 304."""
    headers = [position_header(position)]
    following = None
    if place is not None:
        following = next_page(request.scope, cursor(bound_to, place))
        headers.append(link_next(following))
    known_at = position if asked.known_at is None else asked.known_at
    body = encode({"items": items, "next": following, "as_of": asked.as_of, "known_at": known_at})
    if asked.as_of is not None:
        etag = content_etag(body)
        headers.append(etag_header(etag))
        if holds_copy(request.scope, etag):
            return not_modified(*headers)
    return Answer(body, JSON, *headers)
