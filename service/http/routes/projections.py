"""One call for each question that a stream can be asked beside its state. The answers are the projections' own."""

from litestar.handlers import HTTPRouteHandler

from projections.resources import RESOURCES, Resource
from service.http.answers import Answer
from service.http.asked_views import answered, holds, seen, unchanged
from service.http.calls import Call
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.documented_views import resource_answer
from service.http.operations import READS, Operation
from service.http.proposals import Kind
from service.http.questions import Times, Under


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The calls about one stream, in the order of the list."""
    return [_route(kind, resource) for resource in RESOURCES.values() if kind in resource.kinds]


def _route(kind: Kind, resource: Resource) -> HTTPRouteHandler:
    question = Under if resource.by_policy else Times

    async def read(request: Call) -> Answer:
        asked = request.question(question)
        policy = asked.policy if isinstance(asked, Under) else None
        history, view = await seen(request, kind, asked, policy)
        if holds(request, history, pure=asked.as_of is not None or not resource.timed):
            return unchanged(history)
        told = {"policy": view.policy.key} if resource.by_policy else {}
        return answered(history, asked, told | {resource.key: resource.of(view)})

    return Operation(
        method="GET",
        path=f"/v1/{kind}s/{{stream_id:str}}/{resource.name}",
        id=f"{kind}_{resource.key}",
        tag=f"{kind}s",
        summary=resource.summary,
        description="Without `as_of` the answer depends on the moment too, up to `changes_at`: no 304."
        if resource.timed
        else "",
        question=question,
        headers=(IF_NONE_MATCH,),
        replies=read_replies(resource_answer(resource)),
        problems=(*READS, "not-found"),
    ).route(read)
