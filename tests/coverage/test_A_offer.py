"""Rows of essay A about what is required of the offer, and what became of each requirement."""

from tests.coverage.conftest import Told, fact, known_as


def required(name: str, strength: str, *, prompted: bool = False) -> dict[str, object]:
    said = {"text": f"It needs {name}", "strength": strength, "prompted": prompted}
    return fact("requirement.stated", requirement_id=known_as(name), **said)


def test_A9_what_the_buyer_must_have_is_told_from_what_they_wish_for(deal: Told) -> None:
    assert deal.asks("requirements")["no_hard_requirements"] is True
    deal.on(1, required("a dark mode", "wish", prompted=True), required("an export", "should"))
    assert deal.asks("requirements")["no_hard_requirements"] is True
    deal.on(2, required("offline use", "must"))
    found = deal.asks("requirements")
    assert (found["no_hard_requirements"], found["prompted"]) == (False, 1)
    assert found["strengths"] == {"must": 1, "should": 1, "wish": 1}


def test_A10_how_each_is_met_and_whether_somebody_checked(deal: Told) -> None:
    deal.on(1, *(required(name, "must") for name in ("offline use", "an export", "a login", "a log")))
    deal.on(
        2,
        fact("requirement.answered", requirement_id=known_as("offline use"), how="Kept on the phone", by=deal.me),
        fact("requirement.answered", requirement_id=known_as("an export"), how="As a spreadsheet", by=deal.me),
    )
    checked = {"requirement_id": known_as("offline use"), "verified_by": deal.buyer}
    deal.on(3, fact("requirement.verified", met="partial", **checked))
    found = deal.asks("requirements")
    assert (found["answered_share"], found["verified_share"], found["met_share"]) == (0.5, 0.25, 0.0)
    assert found["unanswered"] == [str(known_as("a login")), str(known_as("a log"))]
    first = found["requirements"][0]
    assert (first["how"], first["met"], first["verified_by"]) == ("Kept on the phone", "partial", deal.buyer)
    deal.on(4, fact("requirement.verified", met="yes", **checked))
    assert deal.asks("requirements")["met_share"] == 0.25
