"""A deal in a few lines, written from the rules' description and not from their code: what is accepted, what holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

STAGES_BEFORE_CLOSE = ("active_looking", "deciding")
STAGES = (*STAGES_BEFORE_CLOSE, "onboarding")

OBJECTION = {
    ("raised", "objection.acknowledged"): "acknowledged",
    ("raised", "objection.answered"): "answered",
    ("raised", "objection.resolved"): "resolved",
    ("raised", "objection.accepted"): "accepted",
    ("acknowledged", "objection.answered"): "answered",
    ("acknowledged", "objection.resolved"): "resolved",
    ("acknowledged", "objection.accepted"): "accepted",
    ("answered", "objection.resolved"): "resolved",
    ("answered", "objection.accepted"): "accepted",
    ("resolved", "objection.reopened"): "raised",
    ("accepted", "objection.reopened"): "raised",
}
COMMITMENT = {
    ("made", "commitment.fulfilled"): "fulfilled",
    ("made", "commitment.broken"): "broken",
    ("made", "commitment.cancelled"): "cancelled",
    ("fulfilled", "commitment.confirmed"): "confirmed",
    ("fulfilled", "commitment.disputed"): "disputed",
    ("disputed", "commitment.fulfilled"): "fulfilled",
    ("disputed", "commitment.broken"): "broken",
}
STEPS: Mapping[str, Mapping[tuple[str, str], str]] = {"objection": OBJECTION, "commitment": COMMITMENT}
FAMILY = {
    "deal.opened": "deal",
    "deal.changed": "deal",
    "deal.closed": "deal",
    "deal.reopened": "deal",
    "stage.entered": "deal",
    "participant.joined": "people",
    "participant.left": "people",
    "note.recorded": "record",
    **{type_: "objections" for _, type_ in OBJECTION},
    **{type_: "commitments" for _, type_ in COMMITMENT},
    "objection.raised": "objections",
    "commitment.made": "commitments",
}


@dataclass(frozen=True)
class Told:
    """A fact that was accepted."""

    event_id: str
    type: str
    data: Mapping[str, Any]
    position: int


@dataclass
class Deal:
    """What the facts so far amount to."""

    me: str
    title: str = ""
    stage: str | None = None
    outcome: str | None = None
    present: dict[str, bool] = field(default_factory=dict)
    things: dict[str, tuple[str, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def refusal(self, type_: str, data: Mapping[str, Any]) -> str | None:
        """The slug of the refusal that a fact would meet; None when it is accepted. Not for facts about facts."""
        if type_ == "deal.opened":
            return "already-opened"
        kind = type_.partition(".")[0]
        thing = self.things.get(data.get(f"{kind}_id", ""))
        if kind in STEPS and type_ not in ("objection.raised", "commitment.made"):
            if thing is None or thing[0] != kind:
                return "no-such-thing"
        elif type_ == "objection.raised" and thing is not None:
            return "id-is-taken"
        named = [data[name] for name in ("raised_by", "debtor", "creditor", "by") if name in data]
        if type_ == "participant.left":
            named.append(data["party_id"])
        if any(party not in self.present for party in named):
            return "not-a-participant"
        if thing is not None:
            return self._step(STEPS[kind], thing[1], type_)
        return self._standing(type_, data)

    def _standing(self, type_: str, data: Mapping[str, Any]) -> str | None:
        match type_:
            case "stage.entered":
                if self.outcome and data["stage"] in STAGES_BEFORE_CLOSE:
                    return "deal-is-closed"
                return "already-so" if data["stage"] == self.stage else None
            case "deal.closed":
                if self.outcome:
                    return "already-so" if data["outcome"] == self.outcome else "deal-is-closed"
            case "deal.reopened":
                return None if self.outcome else "deal-is-open"
            case "participant.joined":
                return "already-so" if self.present.get(data["party_id"]) else None
            case "participant.left":
                return None if self.present[data["party_id"]] else "already-so"
        return None

    @staticmethod
    def _step(steps: Mapping[tuple[str, str], str], state: str, type_: str) -> str | None:
        if (state, type_) in steps:
            return None
        leads_to = {after for (_, by), after in steps.items() if by == type_} or {"made"}
        return "already-so" if state in leads_to else "out-of-order"

    def take(self, type_: str, data: Mapping[str, Any]) -> None:
        """Let a fact have its effect."""
        self.counts[FAMILY[type_]] += 1
        kind = type_.partition(".")[0]
        if kind in STEPS:
            first = {"objection.raised": "raised", "commitment.made": "made"}.get(type_)
            leads_to = first or next(after for (_, by), after in STEPS[kind].items() if by == type_)
            self.things[data[f"{kind}_id"]] = (kind, leads_to)
        match type_:
            case "deal.opened":
                self.title, self.present[self.me] = data["title"], True
            case "deal.changed":
                self.title = data["title"]
            case "stage.entered":
                self.stage = data["stage"]
            case "deal.closed":
                self._close(data["outcome"])
            case "deal.reopened":
                self.outcome = None
            case "participant.joined" | "participant.left":
                self.present[data["party_id"]] = type_ == "participant.joined"

    def _close(self, outcome: str) -> None:
        self.outcome = outcome
        for thing, (kind, state) in self.things.items():
            if outcome != "won" and (kind, state) == ("commitment", "made"):
                self.things[thing] = (kind, "released")

    def number(self, kind: str, *states: str) -> int:
        return sum(what == kind and state in states for what, state in self.things.values())


def what_holds(told: Sequence[Told]) -> list[tuple[Told, str, Mapping[str, Any]]]:
    """The facts without the voided ones and what voided them, with the data that the last corrections gave them."""
    voided = {one.data["target_event_id"] for one in told if one.type == "event.voided"}
    corrected = {
        one.data["target_event_id"]: one.data["data"]
        for one in told
        if one.type == "event.corrected" and one.event_id not in voided
    }
    return [
        (one, one.type, corrected.get(one.event_id, one.data))
        for one in told
        if one.event_id not in voided and one.type not in ("event.voided", "event.corrected")
    ]


def deal_of(me: str, told: Sequence[Told]) -> Deal:
    """The deal that these facts make."""
    deal = Deal(me)
    for _, type_, data in what_holds(told):
        deal.take(type_, data)
    return deal


def refusal_of(me: str, told: Sequence[Told], type_: str, data: Mapping[str, Any]) -> str | None:
    """The slug of the refusal that a fact would meet on a deal with these facts; None when it is accepted."""
    if type_ not in ("event.voided", "event.corrected"):
        return deal_of(me, told).refusal(type_, data)
    target = next((one for one in told if one.event_id == data["target_event_id"]), None)
    if target is None:
        return "no-such-fact"
    is_void = type_ == "event.voided"
    if not is_void and target.type in ("event.voided", "event.corrected"):
        return "not-correctable"
    if any(one.type == "event.voided" and one.data["target_event_id"] == target.event_id for one in told):
        return "already-so" if is_void else "target-is-voided"
    if is_void and target.type == "event.voided":
        return "void-is-final"
    if is_void and target is told[0]:
        return "first-fact-stands"
    return _dependants(me, told, target, Told("", type_, data, len(told)))


def _dependants(me: str, told: Sequence[Told], target: Told, rewriting: Told) -> str | None:
    """`later-facts-depend` when a later fact would not be accepted any more; that it is so already does no harm."""
    deal, after = Deal(me), False
    for one, type_, data in what_holds([*told, rewriting]):
        after = after or one.position > target.position
        if after and deal.refusal(type_, data) not in (None, "already-so"):
            return "later-facts-depend"
        deal.take(type_, data)
    return None
