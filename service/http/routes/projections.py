"""One call for each question that a stream can be asked beside its state. The answers are the projections' own."""

from litestar.handlers import HTTPRouteHandler

from projections.resources import RESOURCES, Resource
from service.http.answers import Answer
from service.http.asked_views import answered, holds, seen, unchanged
from service.http.calls import Call
from service.http.documented import IF_NONE_MATCH, POSITION, read_replies
from service.http.documented_views import resource_answer
from service.http.operations import READS, Operation, Reply
from service.http.pictured import DRAWN, PICTURES, SVG, drawn, wants_picture
from service.http.proposals import Kind
from service.http.questions import Times, Under

_TIMED = "Without `as_of` the answer depends on the moment too, up to `changes_at`: no 304."


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The calls about one stream, in the order of the list."""
    resources = [resource for resource in RESOURCES.values() if kind in resource.kinds]
    return [_answer(kind, one) for one in resources] + [
        _picture(kind, one) for one in resources if one.name in PICTURES
    ]


def _answer(kind: Kind, resource: Resource) -> HTTPRouteHandler:
    question = Under if resource.by_policy else Times
    has_picture = resource.name in PICTURES

    async def read(request: Call) -> Answer:
        asked = request.question(question)
        history, view = await seen(request, kind, asked, _policy(asked))
        if has_picture and wants_picture(request.scope):
            return drawn(resource.name, resource.of(view), history)
        if holds(request, history, pure=asked.as_of is not None or not resource.timed):
            return unchanged(history)
        told = {"policy": view.policy.key} if resource.by_policy else {}
        return answered(history, asked, told | {resource.key: resource.of(view)})

    replies = read_replies(resource_answer(resource))
    return Operation(
        method="GET",
        path=f"/v1/{kind}s/{{stream_id:str}}/{resource.name}",
        id=f"{kind}_{resource.key}",
        tag=f"{kind}s",
        summary=resource.summary,
        description=_TIMED if resource.timed else "",
        question=question,
        headers=(IF_NONE_MATCH,),
        replies=(*replies, DRAWN) if has_picture else replies,
        problems=(*READS, "not-found"),
    ).route(read)


def _picture(kind: Kind, resource: Resource) -> HTTPRouteHandler:
    """The picture under an address of its own, for pages that cannot say what they accept."""
    question = Under if resource.by_policy else Times

    async def read(request: Call) -> Answer:
        asked = request.question(question)
        history, view = await seen(request, kind, asked, _policy(asked))
        return drawn(resource.name, resource.of(view), history)

    return Operation(
        method="GET",
        path=f"/v1/{kind}s/{{stream_id:str}}/{resource.name}.svg",
        id=f"{kind}_{resource.key}_picture",
        tag=f"{kind}s",
        summary=f"As a picture: {resource.summary[0].lower()}{resource.summary[1:]}",
        question=question,
        replies=(Reply(200, "The picture", None, SVG, headers=(POSITION,)),),
        problems=(*READS, "not-found"),
    ).route(read)


def _policy(asked: Times) -> str | None:
    return asked.policy if isinstance(asked, Under) else None
