"""Who belongs to a workspace, in which role: read from the workspace's own stream. No key is in here."""

from typing import Literal, cast
from uuid import UUID

from msgspec import Struct

from domain.fields import Instant
from domain.state import Stream
from projections.list_row import said

MemberRole = Literal["owner", "member", "coach", "auditor", "service"]
"""The roles of members. A guest belongs to a stream, not to the workspace."""


class Member(Struct, frozen=True, kw_only=True):
    """A member: `name` is null when none was said or it was erased, `joined_at` (UTC) the last joining."""

    party_id: UUID
    name: str | None
    role: MemberRole
    joined_at: Instant


def members(stream: Stream) -> list[Member]:
    """Everybody who belongs to the workspace, in the order in which they first came."""
    return [
        Member(
            party_id=one.id,
            name=said(getattr(one.fact.data, "name", None)),
            role=cast(MemberRole, one.state),
            joined_at=one.born,
        )
        for one in stream.things("member")
        if one.state != "left"
    ]
