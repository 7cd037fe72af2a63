"""The way to the end: where it stands, what slips, what was tried, and how it was concluded."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from projections.journey import Conclusion, Experiment, Journey, LastCommitment, MilestoneStanding, journey
from tests.domain.telling import BUYER, SELLER, Story, a_deal, a_goal, day, fact, known_as, promise, voided
from tests.projections.standing import asked, erased, mapped, on, wordless
from tests.projections.test_any_history import HISTORIES, tell


def asked_at(story: Story, number: float) -> Journey:
    return journey(asked(story, day(number)))


def reached(name: str, when: float) -> Proposal:
    return fact("milestone.reached", milestone_id=known_as(name), day=when)


def tried(name: str, milestone: str, when: float) -> Proposal:
    said = {"milestone_id": known_as(milestone), "change": "A driver shows it"}
    return fact("experiment.started", experiment_id=known_as(name), **said, day=when)


def concluded(when: float, by: str, **more: Any) -> Proposal:
    said = {"kind": "conclusion", "statement": "We start in May", "subject": "buyer", "uncovered_by": by, **more}
    return fact("insight.recorded", day=when, **said)


def ids(*names: str) -> list[Any]:
    return [known_as(name) for name in names]


def a_mapped_deal() -> Story:
    """Mapped from the end: signed, pilot, kickoff."""
    milestones = [("signed", "buyer", day(30)), ("pilot", "seller", day(10)), ("kickoff", "seller", None)]
    return a_deal(mapped(*((name, side, None if due is None else due.isoformat()) for name, side, due in milestones)))


def test_no_way_was_mapped() -> None:
    assert asked_at(a_deal(), 5) == Journey(
        end_state=None,
        mapped=0,
        mapped_at=None,
        reached=0,
        total=0,
        reached_share=None,
        next=None,
        milestones=[],
        forward=[],
        conclusion=None,
        last_commitment=None,
        changes_at=None,
    )


def test_e2_from_the_end_backward_and_forward() -> None:
    story = a_mapped_deal()
    story.tell(reached("kickoff", 3))
    found = asked_at(story, 5)
    assert (found.end_state, found.mapped, found.mapped_at) == ("Every shift is filled", 1, day(0))
    assert [one.milestone_id for one in found.milestones] == ids("signed", "pilot", "kickoff")
    assert found.forward == ids("kickoff", "pilot", "signed")
    assert (found.reached, found.total, found.reached_share) == (1, 3, 0.333333)
    assert (found.next, found.changes_at) == (known_as("pilot"), day(10))


def test_how_far_each_milestone_slips() -> None:
    story = a_mapped_deal()
    story.tell(reached("signed", 28))
    found = asked_at(story, 12.5)
    assert [(one.state, one.slip_days) for one in found.milestones] == [
        ("reached", -2.0),
        ("overdue", 2.5),
        ("ahead", None),
    ]
    assert asked_at(story, 8).milestones[1].slip_days == -2.0
    assert [asked_at(story, number).milestones[1].state for number in (9.9, 10)] == ["ahead", "overdue"]
    assert found.changes_at is None
    assert found.milestones[0].reached_at == day(28)


def test_one_milestone_with_its_promises_and_experiments() -> None:
    one_step = {"milestone_id": known_as("pilot"), "name": "One depot", "owner_side": "seller"}
    story = a_deal(
        fact(
            "journey.mapped",
            end_state="Filled",
            milestones=[one_step | {"exit_criterion": "Two weeks without the chart", "due": on("2026-03-20")}],
        )
    )
    trial = known_as("trial")
    story.tell(
        promise("demo", milestone_id=known_as("pilot"), day=1),
        fact(
            "experiment.started", experiment_id=trial, milestone_id=known_as("pilot"), change="A driver shows it", day=2
        ),
    )
    running = asked_at(story, 3).milestones[0].experiments[0]
    assert (running.result, running.ended_at) == (None, None)
    story.tell(fact("experiment.ended", experiment_id=trial, result="Three signed up", day=4))
    found = asked_at(story, 5)
    due = found.milestones[0].due_at
    assert due is not None
    assert due.isoformat() == "2026-03-20T23:00:00+00:00"
    assert found.milestones == [
        MilestoneStanding(
            milestone_id=known_as("pilot"),
            name="One depot",
            owner_side="seller",
            exit_criterion="Two weeks without the chart",
            due_at=due,
            state="ahead",
            reached_at=None,
            slip_days=-13.5833,
            promises=[known_as("demo")],
            experiments=[
                Experiment(
                    experiment_id=trial,
                    change="A driver shows it",
                    started_at=day(2),
                    result="Three signed up",
                    ended_at=day(4),
                )
            ],
        )
    ]


def test_mapping_again_drops_what_was_not_reached_and_keeps_what_was() -> None:
    story = a_mapped_deal()
    story.tell(reached("pilot", 2), reached("kickoff", 3))
    story.tell(mapped(("rolled out", "buyer", None), ("signed", "buyer", None)))
    found = asked_at(story, 5)
    assert (found.mapped, found.reached, found.total) == (2, 2, 4)
    assert found.forward == ids("pilot", "kickoff", "signed", "rolled out")  # in the order in which they were reached
    assert [one.due_at for one in found.milestones[:2]] == [None, None]
    story.tell(mapped(("signed", "buyer", None)))
    assert asked_at(story, 6).forward == ids("pilot", "kickoff", "signed")


def test_nobody_is_on_the_way_any_more() -> None:
    story = a_mapped_deal()
    story.tell(reached("kickoff", 3), fact("deal.closed", outcome="lost", day=5))
    found = asked_at(story, 20)
    assert [(one.state, one.slip_days) for one in found.milestones] == [
        ("lapsed", None),
        ("lapsed", None),
        ("reached", None),
    ]
    assert (found.next, found.changes_at, found.reached_share) == (None, None, 0.333333)


def test_the_way_goes_on_after_a_deal_was_won() -> None:
    story = a_mapped_deal()
    story.tell(fact("deal.closed", outcome="won", day=5))
    assert asked_at(story, 20).next == known_as("kickoff")


def test_all_reached() -> None:
    story = a_goal(mapped(("done", "self", None)), reached("done", 1))
    found = asked_at(story, 2)
    assert (found.next, found.reached_share) == (None, 1.0)


def test_d13_their_own_conclusion_and_the_size_of_the_last_promise() -> None:
    story = a_deal(
        concluded(1, "seller"),
        promise("trial", BUYER, SELLER, stake="large", day=2),
        concluded(5, "buyer", insight_id=known_as("end")),
        promise("sign", BUYER, SELLER, stake="small", next_step=True, proposed_by_side="buyer", day=6),
        promise("deliver", SELLER, BUYER, stake="large", day=7),
    )
    found = asked_at(story, 8)
    assert found.conclusion == Conclusion(
        insight_id=known_as("end"), statement="We start in May", uncovered_by="buyer", own=True, at=day(5)
    )
    assert found.last_commitment == LastCommitment(
        commitment_id=known_as("sign"), size="small", next_step=True, proposed_by_side="buyer", at=day(6)
    )
    early = asked_at(a_deal(concluded(1, "seller")), 2)
    assert early.conclusion is not None
    assert (early.conclusion.own, early.last_commitment) == (False, None)


def test_on_a_goal_the_owner_concludes_and_promises() -> None:
    story = a_goal(concluded(1, "self", subject="self"), promise("book", SELLER, SELLER, day=2))
    found = asked_at(story, 3)
    assert found.conclusion is not None
    assert found.last_commitment is not None
    assert (found.conclusion.own, found.last_commitment.commitment_id) == (True, known_as("book"))


def test_as_it_was_before_it_was_mapped_again() -> None:
    story = a_mapped_deal()
    story.tell(mapped(("other", "buyer", None)), at=day(4))
    assert journey(asked(story, as_of=day(3))).forward == ids("kickoff", "pilot", "signed")


def test_a_voided_milestone_was_never_reached() -> None:
    story = a_mapped_deal()
    before = asked_at(story, 5)
    done = story.tell(reached("pilot", 3))[0]
    assert asked_at(story, 5).reached == 1
    story.tell(voided(done.event_id), at=day(4))
    assert asked_at(story, 5) == before


def test_erased_words_change_no_figure() -> None:
    story = a_mapped_deal()
    story.tell(concluded(1, "buyer"))
    story.tell(tried("trial", "pilot", 2))
    now = journey(erased(story, day(12)))
    assert (now.end_state, now.milestones[0].name, now.milestones[1].experiments[0].change) == (None, None, None)
    assert wordless(story, now) == wordless(story, asked_at(story, 12))


@settings(max_examples=80, deadline=None)
@given(HISTORIES, st.integers(0, 60))
def test_the_way_adds_up_whatever_happened(happened: list[Proposal | int], number: int) -> None:
    found = asked_at(tell(happened), number)
    assert found.forward == [one.milestone_id for one in found.milestones][::-1]
    assert len(set(found.forward)) == found.total
    assert found.reached == sum(one.reached_at is not None for one in found.milestones)
    assert found.changes_at is None or found.changes_at > day(number)
