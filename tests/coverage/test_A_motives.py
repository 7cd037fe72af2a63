"""Rows of essay A about who somebody is and what they have to win or lose."""

from tests.coverage.conftest import Told, fact


def test_A16_five_layers_and_the_question_that_opens_the_next(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    said = {"party_id": who, "statement": "They would ask me first", "polarity": "served"}
    stream.on(
        1,
        fact("motive.recorded", layer="professional", basis="stated", **said),
        fact("motive.recorded", layer="ego", basis="inferred", **said),
    )
    (found,) = [one for one in stream.asks("motives")["parties"] if one["party_id"] == who]
    assert {one["layer"]: one["status"] for one in found["cells"]} == {
        "relational": "unknown",
        "user_centered": "unknown",
        "professional": "stated",
        "personal": "unknown",
        "ego": "inferred",
    }
    assert found["coverage"] == 0.2
    assert found["next_question"] == found["cells"][0]["question"]
    assert found["next_question"].endswith("?")
