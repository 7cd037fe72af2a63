"""Sentences about what was said between people: discovery, forces, noes, objections, promises."""

from collections.abc import Mapping
from typing import Any

from domain.facts import Fact
from projections.sentences.course import Sentence
from projections.sentences.teller import Teller, listed, said, spoken, until

SIDES = {"seller": "the seller's", "buyer": "the buyer's", "self": "the owner's", "coach": "the coach's"}
FOUND_BY = {"buyer": "The buyer", "seller": "The seller", "together": "Both sides together", "self": "The owner"}
FOUND = {
    "pain": "a pain",
    "struggling_moment": "a struggling moment",
    "progress": "what would be progress",
    "consequence": "a consequence",
    "metric": "a figure",
    "emotion": "a feeling",
    "why": "a reason why",
    "tradeoff": "a trade-off",
    "said_vs_valued": "a gap between what is said and what is valued",
    "constraint": "a constraint",
    "conclusion": "a conclusion",
}
TOPICS = {
    "spend": "What may be spent",
    "problem": "The problem",
    "cost_of_inaction": "The cost of doing nothing",
    "effort_people": "The effort and the people that it takes",
    "timeline": "The timeline",
}
KNOWN = {"unknown": "is not known", "assumed": "was assumed", "stated": "was stated", "confirmed": "was confirmed"}
TESTED = {"held": "held", "wrong": "was wrong", "unclear": "stayed unclear"}
ACCURATE = {"yes": "accurate", "partly": "partly accurate", "no": "not accurate"}
FORCES = {"push": "A push", "pull": "A pull", "anxiety": "An anxiety", "habit": "A habit"}
NOES = {"final": "a final no", "conditional": "a conditional no", "deferral": "a not yet"}
HESITATIONS = {
    "silence": "silence",
    "vagueness": "vague answers",
    "price_negotiation": "haggling about the price",
    "rescheduling": "a meeting put off",
    "new_condition": "a new condition",
}
SEVERITIES = {"minor": "a minor objection", "normal": "an objection", "blocking": "a blocking objection"}
DIMENSIONS = {"seller": "the seller", "product": "the product", "process": "the process", "self": "themselves"}
RESOLVED = {
    "answered": "by an answer",
    "evidence": "by evidence",
    "offer_changed": "by a changed offer",
    "risk_accepted": "because the risk is accepted",
    "withdrawn": "because it was withdrawn",
}
RENEGOTIATED = {"smaller": "made smaller", "later": "put off", "other": "changed"}


def _joined(t: Teller, _f: Fact, d: Any) -> str:
    roles = f" as {listed(map(spoken, d.roles))}" if d.roles else ""
    return f"{t.who(d.party_id)} takes part on {SIDES[d.side]} side{roles}"


def _qualified(_t: Teller, _f: Fact, d: Any) -> str:
    return f"{TOPICS[d.topic]} {KNOWN[d.status]}{said(d.value)}"


def _force_changed(t: Teller, _f: Fact, d: Any) -> str:
    now = "is gone" if d.intensity == 0 else f"is now at {d.intensity} of 5"
    return f"The force{t.thing(d.force_id)} {now}{said(d.because)}"


def _promised(t: Teller, _f: Fact, d: Any) -> str:
    to = "themselves" if d.creditor == d.debtor else t.who(d.creditor)
    return f"{t.who(d.debtor)} promised {to}{until(d.due_at)}{said(d.statement)}"


def _confirmed(t: Teller, _f: Fact, d: Any) -> str:
    return f"{t.who(d.by)} confirmed that the promise{t.thing(d.commitment_id)} was kept"


SENTENCES: Mapping[str, Sentence] = {
    "participant.joined": _joined,
    "participant.left": lambda t, _f, d: f"{t.who(d.party_id)} takes part no longer{said(d.reason)}",
    "identity.stated": lambda t, _f, d: (
        f"{t.who(d.party_id)} said who they are{' becoming' if d.about == 'becoming' else ''}{said(d.statement)}"
    ),
    "question.asked": lambda t, f, d: f"{t.doer(f)} asked {t.who(d.asked_of)}{said(d.text)}",
    "question.answered": lambda t, _f, d: f"The question{t.thing(d.question_id)} was answered{said(d.answer)}",
    "insight.recorded": lambda _t, _f, d: f"{FOUND_BY[d.uncovered_by]} found {FOUND[d.kind]}{said(d.statement)}",
    "insight.confirmed": lambda t, _f, d: f"{t.who(d.by)} confirmed the insight{t.thing(d.insight_id)}",
    "qualification.updated": _qualified,
    "assumption.recorded": lambda t, f, d: f"{t.doer(f)} takes something for true without proof{said(d.statement)}",
    "assumption.tested": lambda t, _f, d: f"The assumption{t.thing(d.assumption_id)} {TESTED[d.result]}",
    "understanding.confirmed": lambda t, _f, d: (
        f"{t.who(d.by)} found the summary of their situation {ACCURATE[d.accurate]}{said(d.summary)}"
    ),
    "motive.recorded": lambda t, _f, d: (
        f"{'An' if d.layer == 'ego' else 'A'} {spoken(d.layer)} motive of {t.who(d.party_id)} is {d.polarity}"
        f"{said(d.statement)}"
    ),
    "force.observed": lambda _t, _f, d: f"{FORCES[d.force]} of strength {d.intensity} showed itself{said(d.statement)}",
    "force.changed": _force_changed,
    "no.invited": lambda t, _f, d: f"{t.who(d.by)} made it easy to say no",
    "no.received": lambda t, _f, d: (
        f"{t.who(d.said_by)} gave {NOES[d.kind]} about the {spoken(d.scope)}{said(d.statement)}"
    ),
    "no.lifted": lambda t, _f, d: f"The no{t.thing(d.no_id)} does not stand any more{said(d.because)}",
    "alternative.considered": lambda _t, _f, d: f"The buyer looks at another way{said(d.name)}",
    "alternative.eliminated": lambda t, _f, d: (
        f"{t.who(d.by)} ruled the other way{t.thing(d.alternative_id)} out{said(d.reason)}"
    ),
    "hesitation.noticed": lambda _t, _f, d: f"A hesitation showed: {HESITATIONS[d.signal]}",
    "hesitation.cleared": lambda _t, _f, d: f"A hesitation was cleared up{said(d.because)}",
    "objection.raised": lambda t, _f, d: (
        f"{t.who(d.raised_by)} raised {SEVERITIES[d.severity]} about {DIMENSIONS[d.dimension]}{said(d.statement)}"
    ),
    "objection.acknowledged": lambda t, _f, d: f"The objection{t.thing(d.objection_id)} was heard{said(d.finding)}",
    "objection.answered": lambda t, _f, d: f"The objection{t.thing(d.objection_id)} was answered{said(d.answer)}",
    "objection.resolved": lambda t, _f, d: (
        f"The objection{t.thing(d.objection_id)} was settled {RESOLVED[d.resolution]}"
    ),
    "objection.confirmed": lambda t, _f, d: (
        f"{t.who(d.by)} confirmed that the objection{t.thing(d.objection_id)} is settled"
    ),
    "objection.dismissed": lambda t, _f, d: (
        f"{t.who(d.by)} put the objection{t.thing(d.objection_id)} aside{said(d.reason)}"
    ),
    "objection.accepted": lambda t, _f, d: (
        f"The objection{t.thing(d.objection_id)} is right and the no stands{said(d.reason)}"
    ),
    "objection.reopened": lambda t, _f, d: f"The objection{t.thing(d.objection_id)} is back{said(d.reason)}",
    "commitment.requested": lambda t, _f, d: (
        f"{t.who(d.creditor)} asked {t.who(d.debtor)} for a promise{until(d.due_at)}{said(d.statement)}"
    ),
    "commitment.made": _promised,
    "commitment.declined": lambda t, _f, d: (
        f"The promise{t.thing(d.commitment_id)} that was asked for was not given{said(d.reason)}"
    ),
    "commitment.renegotiated": lambda t, _f, d: (
        f"The promise{t.thing(d.commitment_id)} was {RENEGOTIATED[d.change]}{until(d.due_at)}{said(d.reason)}"
    ),
    "commitment.fulfilled": lambda t, _f, d: f"The promise{t.thing(d.commitment_id)} was kept",
    "commitment.confirmed": _confirmed,
    "commitment.disputed": lambda t, _f, d: (
        f"{t.who(d.by)} disputed that the promise{t.thing(d.commitment_id)} was kept{said(d.because)}"
    ),
    "commitment.broken": lambda t, _f, d: f"The promise{t.thing(d.commitment_id)} was broken{said(d.reason)}",
    "commitment.cancelled": lambda t, _f, d: f"The promise{t.thing(d.commitment_id)} was taken back{said(d.reason)}",
    "commitment.released": lambda t, _f, d: f"The promise{t.thing(d.commitment_id)} was let go{said(d.reason)}",
}
