"""The state of one deal or goal, and with it whatever else is asked about the same facts at the same moment."""

from collections.abc import Sequence
from typing import Any

from litestar.handlers import HTTPRouteHandler

from projections.resources import RESOURCES
from projections.stream_state import stream_state
from service.http.answers import Answer
from service.http.asked_views import answered, holds, seen, unchanged
from service.http.calls import Call
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.documented_views import state_answer
from service.http.operations import READS, Operation
from service.http.proposals import Kind
from service.http.questions import including, refuse_parameter
from service.http.timelines import start

TIMELINE = "timeline"


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that reads the state of one stream."""
    known = {name: resource for name, resource in RESOURCES.items() if kind in resource.kinds}
    question = including([*known, TIMELINE])

    async def read_stream(request: Call) -> Answer:
        asked = request.question(question)
        names = _included([*known, TIMELINE], asked.include)
        history, view = await seen(request, kind, asked, asked.policy)
        if holds(request, history, pure=asked.as_of is not None):
            return unchanged(history)
        members: dict[str, Any] = {
            "policy": view.policy.key,
            "state": stream_state(view.stream, view.at),
            "outlook": history.outlook(view),
        }
        for name in names:
            if name == TIMELINE:
                members[name] = start(request, history, view, asked)
            else:
                members[known[name].key] = known[name].of(view)
        return answered(history, asked, members)

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}",
            id=f"read_{kind}",
            tag=f"{kind}s",
            summary=f"The state of a {kind}, from what the caller may see",
            description="404 also when nothing of it had happened by `as_of`, or was known at `known_at`. The ETag is "
            "what If-Match takes. Without `as_of` the answer depends on the moment too, up to `changes_at`: no 304.",
            question=question,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(state_answer(kind)),
            problems=(*READS, "not-found"),
        ).route(read_stream)
    ]


def _included(known: Sequence[str], include: str | None) -> list[str]:
    """The names of the answers that are asked for beside the state, each once."""
    if include is None:
        return []
    names = list(dict.fromkeys(include.split(",")))
    for name in names:
        if name not in known:
            raise refuse_parameter("include", f"There is no answer `{name[:100]}` to include.", sorted(known))
    return names
