"""Given, when, then for the domain: a story is a stream that is told facts. Also the people whom the stories share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec

from domain.admission import decide
from domain.events import CATALOGUE
from domain.facts import Caller, Fact, Proposal, Recorded
from domain.history import visible
from domain.refusals import Refusal
from domain.stream import Stream, evolve, fold, initial

NAMESPACE = UUID("0190c5a0-0000-7000-8000-00000000cafe")
DAY_0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def known_as(name: str) -> UUID:
    """The id that a test calls by a name; the same in every run."""
    return uuid5(NAMESPACE, name)


SELLER, BUYER, USER, COACH, STRANGER = map(known_as, ("seller", "buyer", "user", "coach", "stranger"))
DEAL = f"deal/{known_as('the deal')}"
GOAL = f"goal/{known_as('the goal')}"

THE_SELLER = Caller(SELLER, "owner")
THE_COLLEAGUE = Caller(known_as("colleague"), "member")
THE_COACH = Caller(COACH, "coach")
THE_AUDITOR = Caller(known_as("auditor"), "auditor")
THE_BUYER = Caller(BUYER, "guest", stream_id=DEAL)
THE_IMPORT = Caller(known_as("import"), "service", kind="service")


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


def fact(type_: str, *, id: Any = None, day: Any = None, **members: Any) -> Proposal:  # noqa: A002
    """A proposal as a client writes it; what is not a member of its data is a member of the envelope."""
    variant = CATALOGUE[type_]
    inside = set(variant.cls.__struct_fields__) if "data" not in members else {"data"}
    data = {name: members.pop(name) for name in inside & members.keys()}
    said = {"type": type_, "event_id": id, **members, "data": data.get("data", data) if inside == {"data"} else data}
    if day is not None:
        said["occurred_at"] = DAY_0 + timedelta(days=day)
    return msgspec.convert(msgspec.to_builtins(said), variant.proposal)


class Story:
    """A stream and everything recorded on it. `tell` records; what is refused leaves the story as it was."""

    def __init__(self, stream_id: str) -> None:
        self.stream: Stream = initial(stream_id)
        self.records: list[Recorded] = []

    def tell(self, *proposals: Proposal, by: Caller = THE_SELLER, at: datetime | None = None) -> list[Fact]:
        """Record proposals as one atomic batch, `at` the moment (by default after everything that is told)."""
        moment = at or max([DAY_0, *(one.occurred_at for one in proposals if one.occurred_at is not None)])
        fork = self.stream.fork()
        facts = decide(fork, [(one, one.event_id or uuid4()) for one in proposals], by, moment)
        fork.merge()
        recorded_at = max(moment, self.records[-1].recorded_at) if self.records else moment
        self.records += [Recorded(one, len(self.records) + nth, recorded_at) for nth, one in enumerate(facts)]
        return facts

    def seen_by(self, caller: Caller) -> list[Recorded]:
        return visible(self.records, caller)

    def thing(self, name: str) -> Any:
        return self.stream.thing(known_as(name))

    def state(self, name: str) -> str:
        return str(self.thing(name).state)


def a_deal(*told: Proposal, shared: bool = False) -> Story:
    """A deal with a seller, two people on the buyer's side, a coach, and what is told; `shared` with guests or not."""
    story = Story(DEAL)
    story.tell(
        opened(visibility="shared" if shared else "team"),
        joined(BUYER, "buyer"),
        joined(USER, "buyer"),
        joined(COACH, "coach"),
    )
    if told:
        story.tell(*told)
    return story


def a_goal(*told: Proposal) -> Story:
    """A goal whose owner is the seller of the deals, with a coach, and what is told."""
    story = Story(GOAL)
    story.tell(goal_set(), joined(COACH, "coach"))
    if told:
        story.tell(*told)
    return story


# -- how the business says it


def opened(**more: Any) -> Proposal:
    return fact("deal.opened", **{"title": "Shift planning", **more})


def goal_set(**more: Any) -> Proposal:
    return fact("goal.set", **{"statement": "Speak Portuguese at the table", "horizon": "medium", **more})


def joined(party: UUID, side: str, **more: Any) -> Proposal:
    return fact("participant.joined", party_id=party, side=side, **more)


def noted(text: str = "He paused before he said yes", **more: Any) -> Proposal:
    return fact("note.recorded", text=text, **more)


def objection(name: str, by: UUID = BUYER, **more: Any) -> Proposal:
    said = {"dimension": "process", "category": "risk", "statement": "Not in the season", "raised_by": by, **more}
    return fact("objection.raised", objection_id=known_as(name), **said)


def on_objection(step: str, name: str, **more: Any) -> Proposal:
    needed = {"answered": {"answer": "One depot first"}, "resolved": {"resolution": "answered"}}
    said = {"reopened": {"reason": "It is back"}, **needed}.get(step, {})
    return fact(f"objection.{step}", objection_id=known_as(name), **{**said, **more})


def promise(name: str, debtor: UUID = SELLER, creditor: UUID = BUYER, **more: Any) -> Proposal:
    said = {"debtor": debtor, "creditor": creditor, "statement": "Send the list", **more}
    return fact("commitment.made", commitment_id=known_as(name), **said)


def request(name: str, debtor: UUID = SELLER, creditor: UUID = BUYER, **more: Any) -> Proposal:
    said = {"debtor": debtor, "creditor": creditor, "statement": "Send the list", **more}
    return fact("commitment.requested", commitment_id=known_as(name), **said)


def on_promise(step: str, name: str, **more: Any) -> Proposal:
    said = {"disputed": {"because": "It never came"}, "renegotiated": {"change": "later", "reason": "The fair"}}
    return fact(f"commitment.{step}", commitment_id=known_as(name), **{**said.get(step, {}), **more})


def voided(event: UUID, **more: Any) -> Proposal:
    return fact("event.voided", target_event_id=event, reason="On the wrong deal", **more)


def corrected(event: UUID, data: dict[str, Any], **more: Any) -> Proposal:
    return fact("event.corrected", data={"target_event_id": event, "data": data, "reason": "Misheard"}, **more)


# -- what is expected


@contextmanager
def refused(refusal: type[Refusal], story: Story) -> Iterator["Told"]:
    """What is told inside is refused for this reason, and the story stays as it was."""
    before = told_state(story.stream), len(story.records)
    told = Told()
    try:
        yield told
    except Refusal as found:
        told.refusal = found
    assert told.refusal is not None, "nothing was refused"
    assert type(told.refusal) is refusal, f"refused as {told.refusal.slug}: {told.refusal.detail}"
    assert (told_state(story.stream), len(story.records)) == before


class Told:
    """The refusal that came, for a closer look after the `with`."""

    refusal: Refusal | None = None

    @property
    def members(self) -> dict[str, Any]:
        assert self.refusal is not None
        return self.refusal.members


def told_state(stream: Stream) -> dict[str, Any]:
    """Everything that is so on a stream, apart from how many facts it took and when they came."""
    return {
        "closed": stream.closed and stream.closed.event_id,
        "stage": (stream.stage, stream.stage_at, stream.stage_event),
        "goal": (stream.lifecycle, stream.achievement, stream.status_event),
        "pause": stream.pause,
        "terms": stream.terms,
        "counts": {family: count for family, count in stream.counts.items() if count},
        "people": {
            one.party_id: (one.side, one.roles, one.name, one.joined_at, one.left)
            for one in stream.participants.values()
        },
        "things": {
            one.id: (
                one.kind,
                one.state,
                one.moved,
                one.born,
                one.at,
                one.due,
                one.statement,
                one.intensity,
                one.result,
            )
            for one in stream.things()
        },
        "by": {one.id: one.by for one in stream.things() if one.by},
        "open": {one.id for one in stream.open_things()},
    }


def refolded(story: Story) -> Stream:
    """The stream folded from nothing, out of what was recorded."""
    return fold(story.stream.stream_id, [record.fact for record in story.records])


def evolved(stream_id: str, facts: list[Fact]) -> Stream:
    """The stream that taking one fact after the other gives."""
    stream = initial(stream_id)
    for one in facts:
        evolve(stream, one)
    return stream
