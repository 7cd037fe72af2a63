"""Tells a story to a service, fact by fact, and asks it afterwards how things stand. Prints nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Literal

from msgspec import Struct

from domain.lifecycles import OBJECTION, SETTLED_OBJECTIONS
from service.demo.calling import Api
from service.demo.story import Line, Telling
from service.faults import StartRefusal

# One page holds a story: none has more facts.
PAGE_FACTS = 500


class Told(Struct, frozen=True):
    """One line as the service took it. `answer` is the body: the event, or the problem."""

    line: Line
    verdict: Literal["recorded", "known", "refused"]
    answer: dict[str, Any]


class Promise(Struct, frozen=True):
    """Something due: what, when, and whether that is over."""

    text: str
    at: datetime
    overdue: bool


class Standing(Struct, frozen=True):
    """How a stream stands. `forces_net` is push and pull minus anxiety and habit, None while none was seen."""

    status: str
    stage: str | None
    outcome: str | None
    forces_net: int | None
    facts: int
    promises: list[Promise]
    objections: list[str]


def tell(api: Api, telling: Telling) -> Iterator[Told]:
    """Send every fact of the story in order. Raises `StartRefusal` when one is not taken as the story says."""
    collection = f"/v1/{telling.story.kind}s"
    stream = f"{collection}/{telling.stream_id}"
    first_day = _first_day(api, stream) or telling.last_possible_start(datetime.now(UTC).date())
    for index, line in enumerate(telling.story.facts):
        proposal = telling.proposal(line, first_day)
        if index == 0:
            status, answer = api.post(collection, {"stream_id": str(telling.stream_id), **proposal})
        else:
            status, answer = api.post(f"{stream}/events", proposal)
        if (status == 409) != (line.refused is not None) or status not in (200, 201, 409):
            detail = answer.get("detail") if isinstance(answer, dict) else answer
            raise StartRefusal(f"The service answered {status} to {line.fact['type']} ({line.told}): {detail}")
        yield Told(line, {200: "known", 201: "recorded"}.get(status, "refused"), answer)  # type: ignore[arg-type]


def standing(api: Api, telling: Telling) -> Standing:
    """How things stand after the story, as everybody sees it who may."""
    kind, stream_id = telling.story.kind, str(telling.stream_id)
    row = _row(api, kind, stream_id)
    _, agenda = api.get("/v1/agenda", limit=PAGE_FACTS)
    promises = [
        Promise(item["text"], datetime.fromisoformat(item["at"]), item["overdue"])
        for item in agenda["items"]
        if item["kind"] == "commitment" and item["stream_id"] == f"{kind}/{stream_id}"
    ]
    _, objections = api.get(f"/v1/{kind}s/{stream_id}/events", family="objections", limit=PAGE_FACTS)
    return Standing(
        status=row["status"],
        stage=row["stage"],
        outcome=row["outcome"],
        forces_net=row["forces_net"],
        facts=row["stream_version"],
        promises=promises,
        objections=open_objections(objections["events"]),
    )


def open_objections(events: list[dict[str, Any]]) -> list[str]:
    """What was raised and is not settled."""
    raised: dict[str, str] = {}
    state: dict[str, str | None] = {}
    for event in events:
        objection = event["data"]["objection_id"]
        if event["type"] == "objection.raised":
            raised[objection] = event["data"]["statement"]
        state[objection] = OBJECTION[(state.get(objection), event["type"])]
    return [statement for objection, statement in raised.items() if state[objection] not in SETTLED_OBJECTIONS]


def _first_day(api: Api, stream: str) -> date | None:
    """The day on which a story that was told before begins, so that telling it again says the same."""
    status, answer = api.get(f"{stream}/events", limit=1)
    return datetime.fromisoformat(answer["events"][0]["occurred_at"]).date() if status == 200 else None


def _row(api: Api, kind: str, stream_id: str) -> dict[str, Any]:
    path: str | None = f"/v1/{kind}s?party=me&limit={PAGE_FACTS}"
    while path is not None:
        status, page = api.get(path)
        if status != 200:
            break
        for row in page["items"]:
            if row["id"].endswith(stream_id):
                found: dict[str, Any] = row
                return found
        path = page["next"]
    raise StartRefusal(f"The service does not list the {kind} {stream_id} that it was told of.")
