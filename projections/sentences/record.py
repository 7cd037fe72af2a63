"""Sentences about the offer, about how people dealt with each other, about the record itself and the workspace."""

from collections.abc import Mapping
from typing import Any

from domain.facts import Fact
from projections.sentences.course import Sentence
from projections.sentences.teller import Teller, number, said, spoken

STRENGTHS = {"must": "A hard requirement", "should": "A requirement", "wish": "A wish"}
MET = {"yes": "is met", "partial": "is partly met", "no": "is not met"}
CONTACTS = {
    "social": "a social contact",
    "discovery": "a discovery talk",
    "planning": "a planning talk",
    "demo": "a demo",
    "negotiation": "a negotiation",
    "support": "a support contact",
    "working_session": "a working session",
    "review": "a review",
    "onboarding": "an onboarding session",
    "interview": "an interview",
    "other": "a contact",
}
HELP = {
    "advice": "with advice",
    "introduction": "with an introduction",
    "content": "with content",
    "time": "with time",
    "removal_of_obstacle": "by removing an obstacle",
}
INSTEAD = {"competitor": "a competitor", "in_house": "doing it themselves", "do_nothing": "doing nothing"}
PRESSURE = {
    "quarter_end": "the end of the quarter",
    "discount_deadline": "a discount that ends",
    "chasing": "chasing",
    "persuasion": "persuasion",
    "escalation": "going over somebody's head",
}
ALIGNED = {"yes": "agreement", "partly": "partial agreement", "no": "disagreement"}
SEEN_BY = {"participants": "those who take part", "team": "the team", "shared": "the team and guests"}
ERASED_SCOPE = {
    "event": "The content of a fact was erased",
    "party": "The words about a person were erased",
    "stream": "The content of all facts was erased",
}


def _contact(t: Teller, _f: Fact, d: Any) -> str:
    others = [party for party in d.participants if party != d.initiated_by]
    who = f" with {t.people(others)}" if others else ""
    long = "" if d.duration_minutes is None else f", {number(d.duration_minutes)} minutes"
    return f"{t.who(d.initiated_by)} began {CONTACTS[d.purpose]}{who}{long}"


def _helped(t: Teller, f: Fact, d: Any) -> str:
    return f"{t.doer(f)} helped {t.who(d.to)} {HELP[d.kind]}{', outside the sale' if d.outside_sale else ''}"


def _verified(t: Teller, _f: Fact, d: Any) -> str:
    return f"{t.who(d.verified_by)} checked: the requirement{t.thing(d.requirement_id)} {MET[d.met]}"


SENTENCES: Mapping[str, Sentence] = {
    "requirement.stated": lambda _t, _f, d: f"{STRENGTHS[d.strength]} was stated{said(d.text)}",
    "requirement.answered": lambda t, _f, d: (
        f"It was said how the requirement{t.thing(d.requirement_id)} is met{said(d.how)}"
    ),
    "requirement.verified": _verified,
    "feature.presented": lambda _t, _f, d: (
        f"A feature was shown, {'as asked for' if d.requested else 'though nobody had asked'}{said(d.feature)}"
    ),
    "interaction.logged": _contact,
    "help.given": _helped,
    "help.confirmed": lambda t, _f, d: f"{t.who(d.by)} found the help {'useful' if d.useful else 'of no use'}",
    "alternative.recommended": lambda t, f, d: f"{t.doer(f)} recommended {INSTEAD[d.kind]}{said(d.reason)}",
    "pressure.applied": lambda _t, _f, d: f"Pressure was applied: {PRESSURE[d.kind]}",
    "intent.declared": lambda t, _f, d: f"{t.who(d.by)} said what they are after: to {d.intent}",
    "selling_pause.started": lambda _t, _f, _d: "A pause from selling began",
    "selling_pause.ended": lambda _t, _f, _d: "The pause from selling ended",
    "coaching.asked": lambda t, _f, d: f"{t.who(d.coach)} asked {t.who(d.coachee)} as a coach{said(d.question)}",
    "alignment.recorded": lambda t, _f, d: (
        f"{t.who(d.stated_by)} stated {ALIGNED[d.aligned]} on {spoken(d.subject)}{said(d.gap)}"
    ),
    "note.recorded": lambda _t, _f, d: f"A note{said(d.text)}",
    "event.corrected": lambda _t, _f, d: f"A fact was corrected{said(d.reason)}",
    "event.voided": lambda _t, _f, d: f"A fact was taken out{said(d.reason)}",
    "event.annotated": lambda _t, _f, d: f"Something was added to a fact{said(d.note)}",
    "visibility.widened": lambda _t, _f, d: f"A fact may now be seen by {SEEN_BY[d.to]}",
    "content.erased": lambda _t, _f, d: f"{ERASED_SCOPE[d.scope]}{said(d.reason)}",
    "member.joined": lambda _t, _f, d: f"A member joined as {d.role}{said(d.name)}",
    "member.left": lambda _t, _f, d: f"A member left{said(d.reason)}",
    "role.changed": lambda _t, _f, d: f"A member's role is now {d.role}",
    "credential.issued": lambda _t, _f, d: f"A key was handed out for the role {d.role}",
    "credential.revoked": lambda _t, _f, d: f"A key was revoked{said(d.reason)}",
    "policy.published": lambda _t, _f, d: f"The policy {d.name}/{d.version} came into force",
    "setting.changed": lambda _t, _f, d: f"The setting {spoken(d.name)} changed{said(d.value)}",
    "export.made": lambda _t, _f, d: (
        f"A copy of the {'record of a person' if d.scope == 'party' else d.scope} was made"
    ),
    "party.erased": lambda _t, _f, d: f"Every word about a person was erased{said(d.reason)}",
}
