"""Rows of essay C about noes, alternatives, features and the people on the way to a decision."""

from typing import Any
from uuid import uuid4

from tests.coverage.conftest import Told, fact


def a_no(stream: Told, **more: Any) -> dict[str, Any]:
    who = stream.buyer if stream.kind == "deal" else stream.me
    said = {"scope": "price", "kind": "final", "said_by": who, "statement": "Not at that price"}
    return fact("no.received", **{**said, **more})


def test_C8_a_hesitation_after_a_feature_that_nobody_asked_for(deal: Told) -> None:
    feature = deal.on(1, fact("feature.presented", feature="Live map", requested=False))
    hesitation = str(uuid4())
    deal.on(2, fact("hesitation.noticed", hesitation_id=hesitation, signal="vagueness", after=feature[0]))
    found = deal.asks("requirements")
    assert (found["unasked"], found["unasked_hesitations"]) == (1, 1)
    assert found["features"][0]["hesitations"] == [hesitation]
    (noticed,) = [one for one in deal.asks("timeline")["entries"] if one.get("type") == "hesitation.noticed"]
    assert noticed["links"]["refers_to"] == feature


def test_C17_a_no_is_information_and_costs_no_trust(stream: Told) -> None:
    before = [(one["score"], one["rows"]) for one in stream.asks("trust")["dimensions"]]
    stream.on(0, a_no(stream), a_no(stream, scope="deal"))
    found = stream.asks("noes")
    assert (found["received"], [one["statement"] for one in found["noes"]]) == (2, ["Not at that price"] * 2)
    assert [(one["score"], one["rows"]) for one in stream.asks("trust")["dimensions"]] == before
    assert {score for score, _ in before} == {0.5}


def test_C18_in_which_order_alternatives_were_ruled_out(deal: Told) -> None:
    wall, rival, own = (str(uuid4()) for _ in range(3))
    for day, id_, kind in ((1, wall, "status_quo"), (2, rival, "competitor"), (3, own, "in_house")):
        deal.on(day, fact("alternative.considered", alternative_id=id_, kind=kind, name=kind))
    for day, id_, reason in ((5, rival, "Too dear"), (6, wall, "Nobody trusts it")):
        deal.on(day, fact("alternative.eliminated", alternative_id=id_, reason=reason, by=deal.buyer))
    found = deal.asks("noes")
    assert [(one["alternative_id"], one["reason"]) for one in found["eliminated"]] == [
        (rival, "Too dear"),
        (wall, "Nobody trusts it"),
    ]
    assert [one["alternative_id"] for one in found["still_standing"]] == [own]


def test_C19_what_each_no_brought_to_light(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    force, objection = str(uuid4()), str(uuid4())
    doubt = {"dimension": "product", "category": "price", "statement": "Too dear", "raised_by": who}
    fear = {"force": "anxiety", "statement": "The drivers may refuse", "intensity": 4}
    stream.on(1, fact("force.observed", force_id=force, **fear))
    stream.on(1, fact("objection.raised", objection_id=objection, **doubt))
    reveals = [("force", force), ("objection", objection), ("topic", "timeline")]
    stream.on(2, a_no(stream, reveals=[{"kind": kind, "id": id_} for kind, id_ in reveals]))
    stream.on(3, a_no(stream, scope="timing", kind="deferral"))
    found = stream.asks("noes")
    assert found["information_yield"] == 0.5
    price, timing = ({one["scope"]: one for one in found["grid"]}[scope] for scope in ("price", "timing"))
    assert [price[name] for name in ("final", "anxieties", "habits", "objections", "topics")] == [1, 1, 0, 1, 1]
    assert [timing[name] for name in ("deferral", "anxieties", "objections", "topics")] == [1, 0, 0, 0]


def test_C21_the_buyer_and_the_user_do_not_agree(deal: Told) -> None:
    deal.on(1, fact("participant.joined", party_id=deal.user, side="buyer", roles=["user"]))
    between = {"between": [deal.buyer, deal.user], "gap": "He counts hours, she counts free weekends"}
    deal.on(2, fact("alignment.recorded", subject="success", aligned="yes", stated_by=deal.buyer, **between))
    deal.on(3, fact("alignment.recorded", subject="success", aligned="no", stated_by=deal.user, **between))
    found = deal.asks("alignment")
    (row,) = found["misaligned"]
    assert ([one["roles"] for one in row["parties"]], row["subject"], row["gap"]) == (
        [["buyer", "economic_buyer"], ["user"]],
        "success",
        "He counts hours, she counts free weekends",
    )
    assert found["user_represented"] is True
    assert deal.asks("alignment", 34)["user_represented"] is False


def test_C26_gatekeepers_let_pass_what_is_about_their_problem(deal: Told) -> None:
    gate = str(uuid4())
    deal.on(1, fact("participant.joined", party_id=gate, side="buyer", roles=["gatekeeper"]))
    call = {"direction": "outbound", "initiated_by": deal.me, "participants": [gate]}
    for topic, result in (
        ("their_problem", "passed"),
        ("their_problem", "deferred"),
        ("our_product", "blocked"),
        ("our_product", "blocked"),
    ):
        deal.on(2, fact("interaction.logged", talked_about=topic, result=result, **call))
    rates = {one["talked_about"]: one["pass_rate"] for one in deal.asks("alignment")["gatekeepers"]}
    assert rates == {"their_problem": 0.5, "our_product": 0.0}


def test_C27_half_of_the_features_answer_what_was_required(deal: Told) -> None:
    must = str(uuid4())
    deal.on(1, fact("requirement.stated", requirement_id=must, text="In two minutes", strength="must"))
    link = [{"kind": "requirement", "id": must}]
    deal.on(2, fact("feature.presented", feature="Three taps", requested=True, linked_to=link))
    deal.on(2, fact("feature.presented", feature="Live map", requested=False))
    found = deal.asks("requirements")
    assert found["relevance"] == 0.5
    assert [one["linked_to"] for one in found["features"]] == [link, []]
