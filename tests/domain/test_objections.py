"""Objections: heard, answered, settled, back again."""

import pytest

from domain.lifecycles import OBJECTION
from domain.refusals import AlreadySo, IdIsTaken, NoSuchThing, OutOfOrder, WrongSide
from tests.domain.telling import BUYER, SELLER, USER, a_deal, a_goal, fact, known_as, objection, on_objection, refused

PATHS = {
    "raised": [],
    "acknowledged": ["acknowledged"],
    "answered": ["answered"],
    "resolved": ["resolved"],
    "confirmed": ["confirmed"],
    "dismissed": ["dismissed"],
    "accepted": ["accepted"],
}
STEPS = ["acknowledged", "answered", "resolved", "confirmed", "dismissed", "accepted", "reopened"]
NEEDS_SOMEBODY = {"confirmed", "dismissed"}


def step(name: str) -> object:
    return on_objection(name, "o", by=BUYER) if name in NEEDS_SOMEBODY else on_objection(name, "o")


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("taken", STEPS)
def test_an_objection_moves_by_its_table_and_not_otherwise(state: str, taken: str) -> None:
    deal = a_deal(objection("o"), *(step(name) for name in PATHS[state]))  # type: ignore[arg-type]
    after = OBJECTION.get((state, f"objection.{taken}"))
    if after is not None:
        deal.tell(step(taken))  # type: ignore[arg-type]
        assert deal.state("o") == after
        return
    already = state == taken or (state, taken) == ("raised", "reopened")
    with refused(AlreadySo if already else OutOfOrder, deal):
        deal.tell(step(taken))  # type: ignore[arg-type]


def test_an_objection_nobody_raised_is_not_answered() -> None:
    deal = a_deal()
    with refused(NoSuchThing, deal) as told:
        deal.tell(on_objection("answered", "o"))
    assert told.members == {"id": known_as("o"), "kinds": ("objection",)}


def test_an_objection_is_raised_once_under_its_id() -> None:
    deal = a_deal(objection("o"))
    with refused(IdIsTaken, deal):
        deal.tell(objection("o", statement="Something else"))


def test_the_seller_does_not_confirm_for_the_buyer() -> None:
    deal = a_deal(objection("o"), on_objection("resolved", "o"))
    with refused(WrongSide, deal) as told:
        deal.tell(on_objection("confirmed", "o", by=SELLER))
    assert told.members == {"side": "buyer"}


def test_the_seller_may_record_that_the_buyer_confirmed() -> None:
    deal = a_deal(objection("o"), on_objection("resolved", "o"), on_objection("confirmed", "o", by=USER))
    assert deal.state("o") == "confirmed"


def test_a_settled_objection_that_is_back_can_be_answered_again() -> None:
    deal = a_deal(objection("o"), *(on_objection(one, "o") for one in ("answered", "resolved", "reopened")))
    assert deal.state("o") == "raised"
    deal.tell(on_objection("answered", "o"))
    assert deal.state("o") == "answered"


def test_an_objection_to_oneself_is_raised_and_settled_alone() -> None:
    goal = a_goal(objection("o", by=SELLER, dimension="self"), on_objection("resolved", "o"))
    goal.tell(on_objection("confirmed", "o", by=SELLER))
    assert goal.state("o") == "confirmed"


def test_an_objection_grows_out_of_a_force_that_is_there() -> None:
    deal = a_deal()
    with refused(NoSuchThing, deal):
        deal.tell(objection("o", force_id=known_as("f")))
    deal.tell(fact("force.observed", force_id=known_as("f"), force="anxiety", statement="Blame", intensity=3))
    deal.tell(objection("o", force_id=known_as("f")))
    assert deal.state("o") == "raised"
