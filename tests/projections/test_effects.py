"""What facts do: the stream without them against the stream with them, and each of them when it happened."""

from uuid import UUID

from domain.facts import Proposal
from domain.stream import initial
from projections.effects import Effects, effects
from projections.timeline.entries import CoverageChange, NetChange
from projections.view import View
from tests.domain.telling import COACH, SELLER, Story, a_deal, a_goal, day, fact, on_promise, promise, voided
from tests.projections.standing import force, standing


def done_by(story: Story, *proposals: Proposal, at: int) -> Effects:
    """What telling these facts does, told and looked at on one day."""
    before = View(standing(story), day(at))
    facts = story.tell(*proposals, at=day(at))
    return effects(before, View(standing(story), day(at)), [one.event_id for one in facts])


def names(of: Effects) -> tuple[list[str], list[str]]:
    return [one.name for one in of.signals_came], [one.name for one in of.signals_went]


def test_a_kept_promise_shows_in_trust_now_and_then() -> None:
    found = done_by(a_deal(promise("p")), on_promise("fulfilled", "p", day=2), at=92)
    (now,), (then,) = found.trust, found.events[0].effect.trust
    assert (found.at, found.policy) == (day(92), "trust/1")
    assert (then.dimension, then.score_before, then.score) == ("seller", 0.5, 0.6)
    assert (now.dimension, now.score_before, now.score, now.change) == ("seller", 0.5, 0.555556, 0.055556)  # 90 days on
    assert (found.forces_net, found.coverage) == (None, None)


def test_forces_and_coverage_as_a_whole_and_fact_by_fact() -> None:
    found = done_by(
        a_deal(),
        force("f", "push", 4),
        force("g", "anxiety", 1),
        fact("qualification.updated", topic="spend", status="stated"),
        at=1,
    )
    assert found.forces_net == NetChange(before=None, after=3)
    assert found.coverage == CoverageChange(before=0.0, after=0.2)
    assert [one.effect.forces_net for one in found.events] == [
        NetChange(before=None, after=4),
        NetChange(before=4, after=3),
        None,
    ]


def test_signals_that_come_and_go() -> None:
    story = a_deal()
    assert names(done_by(story, promise("p", next_step=True, day=1), at=1)) == ([], ["no_next_step"])
    assert names(done_by(story, on_promise("fulfilled", "p", day=2), at=2)) == (["no_next_step"], [])


def test_a_void_shows_in_the_whole_only() -> None:
    story = a_deal()
    (wrong,) = story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller", day=1), at=day(1))
    found = done_by(story, voided(wrong.event_id), at=1)
    assert [(one.dimension, one.score_before, one.score) for one in found.trust] == [("seller", 0.333333, 0.5)]
    assert found.events[0].effect.trust == []


def test_a_stream_begins() -> None:
    story = a_goal()
    event_ids: list[UUID] = [one.fact.event_id for one in story.records]
    view = View(standing(story), day(1))
    found = effects(View(initial(story.stream.stream_id), day(1)), view, event_ids)
    assert "inaction_risk" in names(found)[0]
    assert (found.trust, names(found)[1]) == ([], [])


def test_a_dimension_that_begins_to_count_had_no_evidence() -> None:
    story = a_goal(promise("p", SELLER, COACH, dimension="seller"))
    found = done_by(story, on_promise("broken", "p", day=1), at=1)
    assert [(one.dimension, one.score_before, one.uncertainty_before) for one in found.trust] == [("seller", 0.5, 1.0)]
