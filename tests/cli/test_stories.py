"""The demo's stories by the rules alone: what they must contain, and that each fact is admitted or refused as told."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.admission import admit, complete
from domain.events import ClientProposal
from domain.facts import Caller
from domain.refusals import Refusal
from domain.stream import Stream, evolve, fold, initial
from projections.proof_loop import proof_loop
from projections.resources import RESOURCES
from projections.right_deal import right_deal
from projections.trust.score import trust
from projections.view import View
from service.demo.story import NAMES, Line, Telling, default_telling, story

ME = UUID("0190c5a0-7b1e-7000-8000-000000000001")
FIRST_DAY = date(2026, 1, 5)

INGREDIENTS = {
    "deal": {
        "no.received",
        "hesitation.noticed",
        "commitment.broken",
        "commitment.renegotiated",
        "help.given",
        "feature.presented",
        "force.observed",
        "force.changed",
        "motive.recorded",
        "requirement.stated",
        "requirement.verified",
        "decision.explained",
        "usage.observed",
        "outcome.measured",
        "renewal.decided",
        "referral.given",
    },
    "goal": {
        "routine.set",
        "setback.recorded",
        "insight.recorded",
        "value_check.answered",
        "commitment.renegotiated",
        "commitment.broken",
        "no.received",
        "motive.recorded",
        "identity.stated",
        "attribution.recorded",
        "confidence.stated",
        "outcome.measured",
        "milestone.reached",
    },
}


def told(name: str, telling: UUID | None = None) -> tuple[Stream, list[tuple[Line, Refusal | None]]]:
    """A story folded by the rules alone, with what each line met."""
    one = Telling(story(name), telling or default_telling(ME), ME)
    caller = Caller(ME, "owner")
    now = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=one.story.last_day + 1)
    stream = initial(f"{one.story.kind}/{one.stream_id}")
    met: list[tuple[Line, Refusal | None]] = []
    for line in one.story.facts:
        proposal = msgspec.convert(one.proposal(line, FIRST_DAY), ClientProposal)
        try:
            fact = complete(stream, proposal, caller, event_id=proposal.event_id, at=now)
            admit(stream, fact, caller, now)
        except Refusal as refusal:
            met.append((line, refusal))
        else:
            evolve(stream, fact)
            met.append((line, None))
    return stream, met


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_is_admitted_or_refused_as_the_story_says(name: str) -> None:
    _, met = told(name)
    assert [(line.told, refusal.slug if refusal else None) for line, refusal in met] == [
        (line.told, line.refused) for line in story(name).facts
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_story_has_between_thirty_and_a_hundred_facts_in_the_order_they_happened(name: str) -> None:
    stream, _ = told(name)
    assert 30 <= stream.version <= 100
    moments = [fact.occurred_at for fact in stream.facts]
    assert moments == sorted(moments)


@pytest.mark.parametrize("name", NAMES)
def test_a_story_has_what_it_is_told_for(name: str) -> None:
    counts = Counter(fact.type for fact in told(name)[0].facts)
    assert INGREDIENTS[name] - counts.keys() == set()


def test_one_refusal_is_part_of_the_deal_and_none_of_the_goal() -> None:
    refused = {name: [line.refused for line in story(name).facts if line.refused] for name in NAMES}
    assert refused == {"deal": ["wrong-side"], "goal": []}


def test_the_deal_shows_a_feature_nobody_asked_for_and_what_came_of_it() -> None:
    facts = told("deal")[0].facts
    unasked = next(fact for fact in facts if fact.type == "feature.presented" and not fact.data.requested)
    noticed = next(fact for fact in facts if fact.type == "hesitation.noticed")
    assert (noticed.data.after, noticed.data.signal) == (unasked.event_id, "price_negotiation")


def test_the_no_reveals_a_force_that_fades_later() -> None:
    facts = told("deal")[0].facts
    no = next(fact for fact in facts if fact.type == "no.received")
    revealed = {one.id for one in no.data.reveals}
    assert any(fact.type == "force.changed" and fact.data.force_id in revealed for fact in facts)


def test_the_goal_has_check_ins_of_every_kind_and_a_smaller_routine_after_the_setback() -> None:
    facts = told("goal")[0].facts
    assert {fact.data.status for fact in facts if fact.type == "checkin.recorded"} == {
        "done",
        "partial",
        "missed",
        "skipped",
    }
    setback = next(fact for fact in facts if fact.type == "setback.recorded")
    sizes = [(fact.data.size, fact.occurred_at > setback.occurred_at) for fact in facts if fact.type == "routine.set"]
    assert sizes == [("large", False), ("small", True), ("normal", True)]


def test_the_goal_climbs_a_ladder_of_whys_and_keeps_some_facts_to_itself() -> None:
    facts = told("goal")[0].facts
    whys = [fact for fact in facts if fact.type == "insight.recorded" and fact.data.kind == "why"]
    assert [fact.data.answers for fact in whys] == [None, whys[0].data.insight_id, whys[1].data.insight_id]
    assert {fact.visibility.value for fact in facts} == {"private", "participants"}


@pytest.mark.parametrize("name", NAMES)
def test_an_objection_and_a_promise_are_left_open(name: str) -> None:
    open_kinds = Counter(thing.kind for thing in told(name)[0].open_things())
    assert open_kinds["objection"] == 1
    assert open_kinds["commitment"] >= 1


def test_another_telling_shares_no_id_with_the_first_but_the_teller() -> None:
    one, other = Telling(story("deal"), default_telling(ME), ME), Telling(story("deal"), uuid4(), ME)
    first, second = ({one.proposal(line, FIRST_DAY)["event_id"] for line in one.story.facts} for one in (one, other))
    assert first & second == set()
    assert str(ME) in msgspec.json.encode([other.proposal(line, FIRST_DAY) for line in other.story.facts]).decode()


def test_a_telling_ends_the_day_before_today() -> None:
    telling = Telling(story("goal"), default_telling(ME), ME)
    first_day = telling.last_possible_start(date(2026, 7, 1))
    assert telling.proposal(telling.story.facts[-1], first_day)["occurred_at"].startswith("2026-06-30T")


def test_the_goal_lapses_and_comes_back() -> None:
    stream, _ = told("goal")
    loop = proof_loop(view(stream))
    assert [(one.name, one.running, one.longest) for one in loop.routines] == [
        ("Ten breaths with the face in the water", False, 5),
        ("Along the shore, where I cannot stand", True, 2),
    ]
    assert [period.status for period in loop.routines[1].periods] == ["done", "done", "missed", "done", "done"]


@pytest.mark.parametrize(("name", "dimension"), [("deal", "seller"), ("goal", "self")])
def test_trust_was_worse_on_the_turning_day_than_at_the_end(name: str, dimension: str) -> None:
    stream, _ = told(name)
    turning = datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=story(name).turning_day + 1)
    until_then = fold(stream.stream_id, [entry.fact for entry in stream.entries() if entry.at < turning])
    then, now = (trust(one) for one in (View(until_then, turning), view(stream)))
    assert then.weakest_dimension == dimension
    scores = [{one.dimension: one.score for one in answer.dimensions}[then.weakest_dimension] for answer in (then, now)]
    assert (scores[0] < 0.3, scores[1] > 0.5) == (True, True)


# Members that a story leaves empty tell nothing to whoever reads the examples of answers.
FILLED = {
    "deal": {
        "discovery": "gaps struggling_moments progress cost_of_inaction.costs understood volunteered",
        "forces": "push pull anxiety habit conflict pull_bias",
        "motives": "stated inferred threatened",
        "objections": "resolved unaddressed median_days_to_resolve",
        "noes": "openness eliminated information_yield invitations",
        "commitments": "ppc never_promised variances renegotiated",
        "alignment": "alignments collaboration users",
        "requirements": "answered_share verified_share unanswered unasked_hesitations",
        "journey": "next reached last_commitment",
        "value_filter": "self_trust next_question",
        "help": "help_share pauses_kept pressures intents disclosed_first",
        "conduct": "buyer_pull listening discovery_depth_before_pitch",
        "right_deal": "explanation referrals counted_on progress",
        "calibration": "brier ratings",
    },
    "goal": {
        "discovery": "progress topics cost_of_inaction.value",
        "forces": "push pull anxiety habit",
        "noes": "noes information_yield",
        "commitments": "ppc time_price.kept_share made_smaller",
        "alignment": "alignments",
        "proof_loop": "routines",
        "value_filter": "would_buy reaffirmed self_trust",
        "help": "received",
        "conduct": "coaches",
        "questions": "questions",
        "calibration": "brier ratings",
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_a_story_gives_every_answer_something_to_say(name: str) -> None:
    whole = view(told(name)[0])
    empty = [
        f"{key}.{member}"
        for key, members in FILLED[name].items()
        for member in members.split()
        if not attrgetter(member)(RESOURCES[key.replace("_", "-")].of(whole))
    ]
    assert empty == []


def test_every_rung_after_the_close_is_reached() -> None:
    assert all(rung.reached for rung in right_deal(view(told("deal")[0])).ladder)


def view(stream: Stream) -> View:
    """The story as it stands the day after its last fact."""
    last_day = story(stream.kind).last_day
    return View(stream, datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + timedelta(days=last_day + 1))
