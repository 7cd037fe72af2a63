"""What is recorded in the measurements: bodies of everyday facts, the same for every contender, and whole deals."""

from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

SELLER = "0190d2c4-5a00-7000-8000-000000000001"
BUYER = "0190d2c4-5a00-7000-8000-000000000002"

Body = dict[str, Any]


def stream_id(name: str, number: int) -> str:
    """The id of one stream; scattered over the key space, the same in every run."""
    return str(uuid5(NAMESPACE_URL, f"{name}/{number}"))


def opening(number: int) -> list[Body]:
    """The first facts of a deal: what it is about, and two people."""
    return [
        {
            "type": "deal.opened",
            "data": {
                "title": f"Route planning for depot {number}",
                "customer": f"Brightwater Couriers {number % 500}",
                "product": "Route planner",
                "amount": "12500.00",
                "currency": "EUR",
            },
        },
        _joined(SELLER, "Imke Sand", "seller", "seller"),
        _joined(BUYER, "Tomas Vidal", "buyer", "economic_buyer"),
    ]


def everyday(number: int) -> Body:
    """A fact of the kind that is recorded all day, four kinds in turn; about 350 bytes as JSON."""
    return _EVERYDAY[number % len(_EVERYDAY)](number)


def deal(number: int, facts: int) -> list[Body]:
    """A deal with a life: everyday facts, and every eighth a question, an insight, a promise or an objection."""
    told = opening(number)
    for at in range(facts - len(told)):
        told.append(_step(number, at) if at % 8 == 0 else everyday(number + at))
    return told


def _joined(party: str, name: str, side: str, role: str) -> Body:
    return {"type": "participant.joined", "data": {"party_id": party, "name": name, "side": side, "roles": [role]}}


def _contact(number: int) -> Body:
    return {
        "type": "interaction.logged",
        "data": {
            "channel": "video",
            "direction": "outbound",
            "initiated_by": SELLER,
            "purpose": "discovery",
            "participants": [SELLER, BUYER],
            "duration_minutes": 15 + number % 40,
            "talk_share": 0.35,
            "value_given": True,
            "talked_about": "their_problem",
        },
        "evidence": [{"kind": "quote", "text": "On Mondays I plan forty routes by hand and hope for no rain"}],
    }


def _qualification(number: int) -> Body:
    return {
        "type": "qualification.updated",
        "data": {
            "topic": ("cost_of_inaction", "spend", "effort_people")[number % 3],
            "status": "stated",
            "value": "Two hours of overtime for each of nine drivers in every week that has a holiday in it",
            "source": "Second call with the depot's manager, confirmed by the roster she sent the day after",
            "prompted": True,
        },
    }


def _note(number: int) -> Body:
    return {
        "type": "note.recorded",
        "data": {
            "text": f"Visit {number}: he keeps the old paper map on the wall and looks at it before he answers; the "
            "screen beside it was off. The drivers come to him with changes, not to the office, and he likes that.",
            "about": {"kind": "party", "id": BUYER},
        },
    }


def _heard(number: int) -> Body:
    return {
        "type": "understanding.confirmed",
        "data": {
            "summary": f"You want Mondays without overtime, {number % 9 + 1} calls fewer before seven, and "
            "nobody who has to learn a new screen before the summer is over; the planner itself is a means to that",
            "by": BUYER,
            "accurate": "yes",
        },
    }


_EVERYDAY: tuple[Callable[[int], Body], ...] = (_contact, _qualification, _note, _heard)


def _step(number: int, at: int) -> Body:
    """A step in the life of something: made in one turn, settled in the next of its kind."""
    turn, kind = divmod(at // 8, 4)
    thing = str(_thing(number, kind, turn // 2))
    if turn % 2 == 0:
        return (_asked, _wanted, _promised, _objected)[kind](thing)
    return (_answered, _met, _kept, _resolved)[kind](thing)


def _thing(number: int, kind: int, turn: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"thing/{number}/{kind}/{turn}")


def _asked(thing: str) -> Body:
    data = {"question_id": thing, "text": "Who plans when you are ill?", "asked_of": BUYER, "intent": "learn"}
    return {"type": "question.asked", "data": data}


def _answered(thing: str) -> Body:
    return {
        "type": "question.answered",
        "data": {"question_id": thing, "answer": "Nobody; the routes stay as they are"},
    }


def _wanted(thing: str) -> Body:
    return {
        "type": "requirement.stated",
        "data": {"requirement_id": thing, "text": "A driver can swap two stops on the road", "strength": "must"},
    }


def _met(thing: str) -> Body:
    data = {"requirement_id": thing, "how": "A long press and a drag, also without a network", "by": SELLER}
    return {"type": "requirement.answered", "data": data}


def _promised(thing: str) -> Body:
    return {
        "type": "commitment.made",
        "data": {
            "commitment_id": thing,
            "debtor": SELLER,
            "creditor": BUYER,
            "statement": "Send the roster of a depot of the same size",
            "due_at": "2099-03-20T09:00:00Z",
        },
    }


def _kept(thing: str) -> Body:
    return {"type": "commitment.fulfilled", "data": {"commitment_id": thing}}


def _objected(thing: str) -> Body:
    return {
        "type": "objection.raised",
        "data": {
            "objection_id": thing,
            "raised_by": BUYER,
            "dimension": "process",
            "category": "risk",
            "severity": "minor",
            "statement": "The summer crew changes every week",
        },
    }


def _resolved(thing: str) -> Body:
    return {"type": "objection.resolved", "data": {"objection_id": thing, "resolution": "offer_changed"}}
