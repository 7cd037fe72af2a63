"""Sentences about the course of a deal or a goal: its stages, its journey, its routines, what came of it."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import UNSET, structs

from domain.facts import Fact
from projections.sentences.teller import Teller, listed, number, said, spoken

Sentence = Callable[[Teller, Fact, Any], str]

OUTCOMES = {
    "won": "The deal was won",
    "lost": "The deal was lost",
    "no_decision": "The deal ended without a decision",
    "disqualified": "The deal was disqualified",
    "referred_out": "The deal was referred to somebody else",
}
CHECKED = {
    "worth_it": "it is worth it",
    "aligned": "it fits who they want to be",
    "follow_through": "they will follow through",
}
WOULD_BUY = {"yes": "would buy it", "no": "would not buy it", "not_yet": "would not buy it yet"}
LOCUS = {"internal": "what they did", "external": "circumstances", "mixed": "what they did and circumstances"}
VERDICTS = {"open": "still open", "achieved": "achieved", "missed": "missed"}
DONE = {"done": "was done", "partial": "was partly done", "missed": "was missed", "skipped": "was skipped on purpose"}


def _changed(data: Any) -> str:
    return listed([spoken(name) for name, value in structs.asdict(data).items() if value is not UNSET] or ["terms"])


def _status(_t: Teller, _f: Fact, d: Any) -> str:
    achieved = "" if d.achievement is None else f", {spoken(d.achievement)}"
    return f"The goal is {spoken(d.lifecycle)}{achieved}{said(d.reason)}"


def _checked(t: Teller, f: Fact, d: Any) -> str:
    score = "" if d.score is None else f", {number(d.score)} of 10"
    return f"{t.doer(f)} answered whether {CHECKED[d.question]}: {d.answer}{score}"


def _count(how_many: int, what: str) -> str:
    return f"{how_many} {what}{'' if how_many == 1 else 's'}"


SENTENCES: Mapping[str, Sentence] = {
    "deal.opened": lambda t, f, d: f"{t.doer(f)} opened the deal{said(d.title)}",
    "stage.entered": lambda _t, _f, d: f"The buyer came to the stage of {spoken(d.stage)}",
    "deal.closed": lambda _t, _f, d: f"{OUTCOMES[d.outcome]}{said(d.reason)}",
    "deal.reopened": lambda _t, _f, d: f"The deal was reopened{said(d.reason)}",
    "deal.changed": lambda _t, _f, d: f"The {_changed(d)} of the deal changed",
    "decision.explained": lambda t, _f, d: f"{t.who(d.asked_of)} explained the decision{said(d.why_now)}",
    "goal.set": lambda t, f, d: f"{t.doer(f)} set the goal{said(d.statement)}",
    "goal.status_changed": _status,
    "goal.linked": lambda _t, _f, _d: "The goal supports a larger one",
    "goal.decomposed": lambda _t, _f, d: (
        f"{'An agent' if d.proposed_by == 'agent' else 'A person'} proposed {_count(len(d.steps), 'smaller step')}"
    ),
    "goal.decomposition_accepted": lambda t, f, d: (
        f"{t.doer(f)} took over {_count(len(d.step_ids), 'step')} of the proposal"
    ),
    "setback.recorded": lambda _t, _f, d: f"A setback{said(d.reason)}",
    "goal.restated": lambda _t, _f, d: f"The {_changed(d)} of the goal changed",
    "journey.mapped": lambda _t, _f, d: (
        f"A way of {_count(len(d.milestones), 'milestone')} was mapped from the end{said(d.end_state)}"
    ),
    "milestone.reached": lambda t, _f, d: f"The milestone{t.thing(d.milestone_id)} was reached",
    "experiment.started": lambda _t, _f, d: f"An experiment began{said(d.change)}",
    "experiment.ended": lambda t, _f, d: f"The experiment{t.thing(d.experiment_id)} ended{said(d.result)}",
    "value_check.answered": _checked,
    "buy_check.answered": lambda t, f, d: f"{t.doer(f)} {WOULD_BUY[d.answer]}{said(d.offer)}",
    "confidence.stated": lambda t, f, d: f"{t.doer(f)} is {number(d.value)} of 10 sure{said(d.about)}",
    "trust.rated": lambda t, f, d: f"{t.doer(f)} rated trust in the {d.dimension} at {number(d.rating)} of 10",
    "attribution.recorded": lambda t, f, d: f"{t.doer(f)} puts something down to {LOCUS[d.locus]}{said(d.because)}",
    "value.reaffirmed": lambda t, f, d: f"{t.doer(f)} reaffirmed why it matters{said(d.how)}",
    "routine.set": lambda t, f, d: f"{t.doer(f)} set a routine{said(d.name)}",
    "routine.ended": lambda t, _f, d: f"The routine{t.thing(d.routine_id)} ended{said(d.reason)}",
    "checkin.recorded": lambda t, _f, d: f"The routine{t.thing(d.routine_id)} {DONE[d.status]} on {d.local_date}",
    "outcome.defined": lambda _t, _f, d: f"An outcome was defined, target {number(d.target)}{said(d.measure)}",
    "outcome.measured": lambda t, _f, d: (
        f"The outcome{t.thing(d.outcome_id)} was measured at {number(d.value)}: {VERDICTS[d.verdict]}"
    ),
    "usage.observed": lambda _t, _f, d: f"It is in use, {number(d.value)} in {d.period}{said(d.measure)}",
    "renewal.decided": lambda _t, _f, d: f"The customer {'stayed' if d.renewed else 'left'}{said(d.reason)}",
    "referral.given": lambda t, _f, d: f"The customer referred {t.who(d.to)}",
    "customer.returned": lambda _t, _f, d: f"The customer came back{said(d.reason)}",
}
