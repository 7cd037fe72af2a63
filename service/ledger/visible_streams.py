"""Which streams a caller may know of, as SQL: the same rule as `domain.history.may_see`. No list is made here."""

from typing import Any
from uuid import UUID

from domain.facts import Caller
from service.ledger.credentials import Identity

_VISIBLE = """(s.visibility IN ('team', 'shared') OR %(caller)s = ANY (s.openers)
               OR (s.visibility = 'participants' AND EXISTS (
                    SELECT FROM participation mine
                     WHERE mine.workspace_id = s.workspace_id AND mine.party_id = %(caller)s
                       AND mine.stream_id = s.stream_id AND mine.left_at IS NULL)))"""
_VISIBLE_TO_AUDITORS = "s.visibility IN ('team', 'shared')"
_VISIBLE_TO_GUESTS = "s.visibility = 'shared' AND s.stream_id = %(guest_stream)s"


def visible_streams(caller: Caller) -> str:
    """The SQL condition for the streams this caller may know of: the same rule as `domain.history.may_see`."""
    if caller.role == "guest":
        return _VISIBLE_TO_GUESTS
    return _VISIBLE_TO_AUDITORS if caller.role == "auditor" else _VISIBLE


def caller_parameters(identity: Identity) -> dict[str, Any]:
    """The parameters of `visible_streams`, and the workspace."""
    bound = identity.caller.stream_id
    return {
        "workspace": identity.workspace_id,
        "caller": identity.caller.party_id,
        "guest_stream": UUID(bound.partition("/")[2]) if bound else None,
    }
