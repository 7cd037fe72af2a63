"""Erasing over HTTP: who may, what is asked for, and that no answer shows what is gone."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.http.operations import Operation, operation_of
from service.http.routes import ROUTES
from tests.http.conftest import World, client, fact, opened

GETS: list[Operation] = [
    found for route in ROUTES if (found := operation_of(route)) is not None and found.method == "GET"
]
PARAMETER = re.compile(r"\{(\w+):str\}")


def addressed(path: str, ids: dict[str, str]) -> str:
    """The path with these ids, and ids that name nothing for the rest."""
    return PARAMETER.sub(lambda found: ids.get(found[1], str(uuid4())), path)


class Tale:
    """A deal and a goal with the mark in every kind of words, about Ada, and what names them."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.mark = f"marzipan-{uuid4().hex}"
        self.ada = str(uuid4())
        joins = fact("participant.joined", party_id=self.ada, side="buyer", name=self.mark)
        evidence = {**fact("note.recorded", text=self.mark, about={"kind": "party", "id": self.ada})}
        evidence["evidence"] = [{"kind": "quote", "text": self.mark, "ref": self.mark}]
        promise = fact("commitment.made", debtor=self.ada, creditor=self.ada, statement=self.mark)
        no = fact("no.received", scope="price", kind="final", said_by=self.ada, statement=self.mark)
        raised = fact("objection.raised", dimension="product", category="fit", statement=self.mark, raised_by=self.ada)
        identity = fact("identity.stated", party_id=self.ada, statement=self.mark, about="is")
        force = fact(
            "force.observed", force="push", statement=self.mark, intensity=3, party_id=self.ada, source="product"
        )
        told = [joins, evidence, promise, no, raised, identity, force]
        self.deal = self.made("deals", opened(), told)
        supports = {**joins, "data": {**joins["data"], "side": "coach"}}
        shared = {**fact("goal.set", statement="Run", horizon="long"), "visibility": "team"}
        self.goal = self.made("goals", shared, [{**one, "visibility": "team"} for one in [supports, promise, identity]])

    def made(self, kind: str, first: dict[str, Any], rest: list[dict[str, Any]]) -> str:
        answer = self.http.post(f"/v1/{kind}", json={"facts": [first, *rest]})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"].rpartition("/")[2])

    def answers(self, http: httpx.Client) -> dict[str, httpx.Response]:
        """What every GET answers about them."""
        found = {}
        for operation in GETS:
            stream = self.goal if operation.path.startswith("/v1/goals") else self.deal
            ids = {"stream_id": stream, "party_id": self.ada}
            if operation.path == "/v1/events":
                found["feed"] = http.get("/v1/events", params={"limit": 500})
            elif "event_id" in operation.path:
                events = http.get(operation.path.split("{")[0] + f"{stream}/events").json()["events"]
                for one in events:
                    place = {**ids, "event_id": one["event_id"]}
                    found[f"{operation.id} {one['type']}"] = http.get(addressed(operation.path, place))
            else:
                found[operation.id] = http.get(addressed(operation.path, ids))
        return found


@pytest.fixture
def tale(owner: httpx.Client) -> Tale:
    return Tale(owner)


def erasing(http: httpx.Client, scope: str, **more: Any) -> httpx.Response:
    params = {"dry_run": "true"} if more.pop("dry_run", False) else None
    return http.post("/v1/erasures", json={"scope": scope, "reason": "Asked for in writing", **more}, params=params)


def test_without_a_key_nothing_is_erased(nobody: httpx.Client, tale: Tale) -> None:
    assert erasing(nobody, "party", party_id=tale.ada).status_code == 401


def test_another_workspace_s_owner_erases_nothing_here(stranger: httpx.Client, tale: Tale) -> None:
    assert erasing(stranger, "stream", stream_id=f"deal/{tale.deal}").status_code == 404
    assert erasing(stranger, "party", party_id=tale.ada).json()["type"] == "/problems/nothing-to-erase"


def test_only_owners_erase_and_they_say_why(
    world: World, owner: httpx.Client, member: httpx.Client, tale: Tale
) -> None:
    assert erasing(member, "party", party_id=tale.ada).status_code == 403
    with client(world, world.here.auditor) as auditor:
        assert erasing(auditor, "party", party_id=tale.ada).status_code == 403
    without = owner.post("/v1/erasures", json={"scope": "party", "party_id": tale.ada})
    assert (without.status_code, without.json()["type"]) == (400, "/problems/body-malformed")
    assert erasing(owner, "everything").status_code == 400
    assert erasing(owner, "stream", stream_id=f"goal/{tale.deal}").status_code == 404


def test_a_dry_run_tells_what_would_go_and_changes_nothing(owner: httpx.Client, tale: Tale) -> None:
    before = owner.get(f"/v1/deals/{tale.deal}/events").json()
    planned = erasing(owner, "party", party_id=tale.ada, dry_run=True)
    assert planned.status_code == 200
    told = planned.json()
    assert (told["scope"], told["facts"], told["hidden"]) == ("party", 10, 0)
    assert {one["stream_id"]: one["facts"] for one in told["streams"]} == {
        f"deal/{tale.deal}": 7,
        f"goal/{tale.goal}": 3,
    }
    assert owner.get(f"/v1/deals/{tale.deal}/events").json() == before


def test_after_a_partys_erasure_no_answer_shows_its_words(world: World, owner: httpx.Client, tale: Tale) -> None:
    shown = {name for name, answer in tale.answers(owner).items() if tale.mark in answer.text}
    assert {"feed", "list_parties", "read_party", "export_deal", "read_deal_event objection.raised"} <= shown, shown
    done = erasing(owner, "party", party_id=tale.ada)
    assert done.status_code == 201, done.text
    assert (done.json()["facts"], done.json()["streams"]) == (10, 2)
    audit = owner.get("/v1/audit", params={"direction": "backward", "limit": 1}).json()["entries"][0]
    assert (audit["type"], audit["recorded_by"]["party_id"]) == ("party.erased", str(world.here.owner.party_id))
    for name, answer in tale.answers(owner).items():
        assert tale.mark not in answer.text, name
        assert answer.status_code < 500 or answer.status_code == 503, (name, answer.text)
    state = owner.get(f"/v1/deals/{tale.deal}/objections")
    assert state.status_code == 200
    again = erasing(owner, "party", party_id=tale.ada)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == done.json()


@pytest.mark.parametrize("kind", ["deal", "goal"])
def test_after_a_streams_erasure_no_answer_shows_it(owner: httpx.Client, tale: Tale, kind: str) -> None:
    stream = tale.deal if kind == "deal" else tale.goal
    done = erasing(owner, "stream", stream_id=f"{kind}/{stream}")
    assert done.status_code == 201, done.text
    for name, answer in tale.answers(owner).items():
        assert answer.status_code < 500 or answer.status_code == 503, (name, answer.text)
        if kind in name and name not in ("list_goals", "list_deals"):
            assert tale.mark not in answer.text, name
    assert owner.get(f"/v1/{kind}s/{stream}").status_code == 404
    kept = owner.get(f"/v1/{kind}s/{stream}/events").json()["events"]
    assert kept[-1]["type"] == "content.erased"
    assert {one["data"] for one in kept[:-1]} == {None}
    added = owner.post(f"/v1/{kind}s/{stream}/events", json=fact("note.recorded", text="More"))
    assert (added.status_code, added.json()["type"]) == (409, "/problems/content-is-erased")
    listed = owner.get(f"/v1/{kind}s", params={"limit": 500}).json()["items"]
    assert stream not in {one["id"] for one in listed}


def test_one_fact_is_erased_and_what_was_sent_may_be_sent_again(owner: httpx.Client, tale: Tale) -> None:
    events = owner.get(f"/v1/deals/{tale.deal}/events").json()["events"]
    no = next(one for one in events if one["type"] == "no.received")
    sent = str(uuid4())
    done = erasing(owner, "event", target_event_id=no["event_id"], event_id=sent)
    assert (done.status_code, done.json()["event_id"]) == (201, sent)
    read = owner.get(f"/v1/deals/{tale.deal}/events/{no['event_id']}").json()["event"]
    assert (read["data"]["statement"], read["erased"]) == ("[erased]", True)
    other = erasing(owner, "party", party_id=tale.ada, event_id=sent)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/event-id-reused")
    repeat = {
        **fact("no.received", scope="price", kind="final", said_by=tale.ada, statement="x"),
        "event_id": no["event_id"],
    }
    again = owner.post(f"/v1/deals/{tale.deal}/events", json=repeat)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json()["events"][0]["data"]["statement"] == "[erased]"


def test_what_is_held_on_a_person_is_handed_out_and_recorded(
    owner: httpx.Client, member: httpx.Client, stranger: httpx.Client, tale: Tale
) -> None:
    address = f"/v1/parties/{tale.ada}/export"
    assert member.get(address).status_code == 403
    assert stranger.get(address).status_code == 404
    answer = owner.get(address)
    assert answer.status_code == 200
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (lines[0]["line"], lines[0]["party_id"]) == ("manifest", tale.ada)
    facts = [line for line in lines if line["line"] == "fact"]
    assert lines[-1] == {"line": "end", "facts": len(facts)}
    assert len(facts) == 11  # the export itself names them
    whys = {(line["event"]["type"], tuple(line["why"])) for line in facts}
    assert ("no.received", ("acted", "subject", "named")) in whys
    assert ("participant.joined", ("subject", "named")) in whys
    assert ("export.made", ("named",)) in whys
    told = owner.get("/v1/audit", params={"direction": "backward", "limit": 1}).json()["entries"][0]
    assert told["type"] == "export.made"
    assert erasing(owner, "party", party_id=tale.ada).status_code == 201
    after = owner.get(address)
    assert tale.mark not in after.text
    assert after.text.count('"line":"fact"') == 15  # also what was recorded of both exports and of the erasure
