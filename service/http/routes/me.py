"""Who the caller is, and what their key may do."""

from litestar.handlers import HTTPRouteHandler

from service.http.answers import Answer, as_json
from service.http.calls import Call
from service.http.documented import Me
from service.http.operations import KEYED, Operation, Reply
from service.http.permissions import ROLE_MAY
from service.http.questions import Nothing


async def me(request: Call) -> Answer:
    """Answer `GET /v1/me`."""
    request.question(Nothing)
    identity, caller = request.identity, request.identity.caller
    return as_json(
        Me(
            workspace_id=identity.workspace_id,
            credential_id=identity.credential_id,
            name=identity.name,
            party_id=caller.party_id,
            kind=caller.kind,
            role=caller.role,
            may=sorted(ROLE_MAY[caller.role]),
            stream_id=caller.stream_id,
            expires_at=identity.expires_at,
        )
    )


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/me",
        id="me",
        tag="me",
        summary="Who the key belongs to, and what it may do",
        replies=(Reply(200, "The caller", Me),),
        problems=KEYED,
    ).route(me)
]
