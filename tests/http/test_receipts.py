"""Score receipts over HTTP: the live answer, digit for digit, with its proof; and closed to everybody else."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner

from projections.trust.policy import TRUST_1
from service.proof.command import command as verify
from service.proof.flaws import UNRECKONED
from tests.http.conftest import STRICT, Person, World, a_deal, client, fact, noted, opened
from tests.http.test_decoding import refused
from tests.http.test_guests import Invited, invited
from tests.http.test_log import checkpoint_of

__all__ = ["invited"]


@pytest.mark.parametrize("kind", ["deals", "goals"])
def test_without_a_key_there_is_no_receipt(nobody: httpx.Client, kind: str) -> None:
    assert nobody.get(f"/v1/{kind}/{uuid4()}/trust/receipt").status_code == 401


def test_another_workspaces_deal_has_none(member: httpx.Client, stranger: httpx.Client) -> None:
    deal = a_deal(member)
    answer = stranger.get(f"{deal}/trust/receipt")
    assert answer.status_code == 404
    assert answer.content == stranger.get(f"/v1/deals/{uuid4()}/trust/receipt").content


def told(member: httpx.Client) -> str:
    """A deal on which the seller pressed, helped and promised."""
    me = member.get("/v1/me").json()["party_id"]
    buyer = str(uuid4())
    return a_deal(
        member,
        fact("participant.joined", party_id=buyer, side="buyer"),
        fact("pressure.applied", kind="chasing", beneficiary="seller"),
        fact("help.given", to=buyer, kind="advice", outside_sale=True),
        fact("commitment.made", commitment_id=str(uuid4()), debtor=me, creditor=buyer, statement="Send the list"),
        noted("He paused"),
    )


def without_positions(receipt: dict[str, Any]) -> dict[str, Any]:
    """What the answer to `trust` says."""
    told = receipt["trust"]
    for leg in told["dimensions"]:
        for row in leg["rows"]:
            assert type(row.pop("position")) is int
    return told  # type: ignore[no-any-return]


@pytest.mark.parametrize("policy", [TRUST_1, STRICT])
def test_the_digits_are_those_of_the_live_answer(member: httpx.Client, policy: Any) -> None:
    deal = told(member)
    file = member.get(f"{deal}/trust/receipt?policy={policy.key}").json()
    receipt = file["receipt"]
    at, size = receipt["trust"]["at"], receipt["size"]
    assert file["policy"] == {"policy": policy.key, "sha256": policy.digest, "document": policy.document.decode()}
    assert receipt["policy_sha256"] == policy.digest
    assert file["checkpoint"].split("\n")[1] == str(size)
    events = {one["event_id"]: one["position"] for one in member.get(f"{deal}/events").json()["events"]}
    rows = [row for leg in receipt["trust"]["dimensions"] for row in leg["rows"]]
    assert rows
    assert all(row["position"] == events[row["event_id"]] for row in rows)
    live = member.get(f"{deal}/trust", params={"as_of": at, "known_at": size, "policy": policy.key}).json()
    assert without_positions(receipt) == live["trust"]


def test_a_goal_has_one_for_its_owner(member: httpx.Client, owner: httpx.Client) -> None:
    goal = member.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
    path = goal.headers["Location"]
    receipt = member.get(f"{path}/trust/receipt").json()["receipt"]
    at, size = receipt["trust"]["at"], receipt["size"]
    live = member.get(f"{path}/trust", params={"as_of": at, "known_at": size}).json()
    assert without_positions(receipt) == live["trust"]
    assert owner.get(f"{path}/trust/receipt").status_code == 404


def ended(folder: Path, bundle: httpx.Response, receipt: httpx.Response) -> tuple[int, str]:
    """What `throughline verify --receipt` ends with, and says."""
    assert (bundle.status_code, receipt.status_code) == (200, 200)
    (folder / "bundle.jsonl").write_bytes(bundle.content)
    (folder / "receipt.json").write_bytes(receipt.content)
    done = CliRunner().invoke(verify, [str(folder / "bundle.jsonl"), "--receipt", str(folder / "receipt.json")])
    return done.exit_code, done.output


def test_a_receipt_is_made_again_from_the_deals_bundle_and_from_the_logs(member: httpx.Client, tmp_path: Path) -> None:
    deal = told(member)
    receipt = member.get(f"{deal}/trust/receipt")
    size = receipt.json()["receipt"]["size"]
    more = fact("pressure.applied", kind="chasing", beneficiary="seller")
    assert member.post(f"{deal}/events", json=more).status_code == 201
    for path in (f"{deal}/export?since={size}", "/v1/export"):
        code, said = ended(tmp_path, member.get(path), receipt)
        assert code == 0, said
        assert f"the receipt is right: trust on deal/{deal.rpartition('/')[2]} at " in said
    at = receipt.json()["receipt"]["trust"]["at"]
    strict = member.get(
        f"{deal}/trust/receipt?as_of={at}&policy=strict/1"
    )  # first: that a copy was taken is a fact too
    code, said = ended(tmp_path, member.get(f"{deal}/export?since={size}&policy=strict/1"), strict)
    assert code == 0, said
    assert f"under strict/1 ({STRICT.digest})" in said


def test_a_bundles_receipts_are_of_the_moment_and_the_policy_asked_for(member: httpx.Client) -> None:
    deal = told(member)
    at = member.get(f"{deal}/trust/receipt").json()["receipt"]["trust"]["at"]
    lines = member.get(f"{deal}/export", params={"as_of": at, "policy": "strict/1"}).text.splitlines()
    assert [line.startswith('{"line":"policy"') for line in lines].count(True) == 2
    assert f'"at":"{at}","policy":"strict/1"' in next(line for line in lines if line.startswith('{"line":"receipt"'))
    assert refused(member.get(f"{deal}/export?policy=strict/2"))["parameter"] == "policy"
    assert refused(member.get(f"{deal}/trust/receipt?known_at=3"))["accepted"] == ["as_of", "policy"]


def test_somebody_who_sees_less_has_another_receipt(
    world: World, member: httpx.Client, owner: httpx.Client, tmp_path: Path
) -> None:
    deal = told(member)
    hidden = fact("pressure.applied", kind="chasing", beneficiary="seller") | {"visibility": "private"}
    assert member.post(f"{deal}/events", json=hidden).status_code == 201
    mine, theirs = (http.get(f"{deal}/trust/receipt") for http in (member, owner))
    assert mine.json()["receipt"]["trust"]["overall"] < theirs.json()["receipt"]["trust"]["overall"]
    assert [len(one.json()["receipt"]["hidden"]) for one in (mine, theirs)] == [0, 1]
    size = max(one.json()["receipt"]["size"] for one in (mine, theirs))
    checkpoint_of(member, size)
    for http, own, others in ((member, mine, theirs), (owner, theirs, mine)):
        bundle = http.get(f"{deal}/export?since={own.json()['receipt']['size']}")
        assert ended(tmp_path, bundle, own)[0] == 0
        bundle = http.get(f"{deal}/export?since={others.json()['receipt']['size']}")
        assert ended(tmp_path, bundle, others)[0] == UNRECKONED.exit_code


def verify_alone(bundle: httpx.Response) -> int:
    """What `throughline verify` ends with."""
    return CliRunner().invoke(verify, ["-"], input=bundle.content).exit_code


def receipts_in(bundle: httpx.Response) -> int:
    return sum(line.startswith('{"line":"receipt"') for line in bundle.text.splitlines())


def test_a_guest_has_none_where_the_answer_rests_on_the_invitation(member: httpx.Client, invited: Invited) -> None:
    """That the guest is the buyer is told by the invitation: whose trust a broken promise is rests on that."""
    me, promise = member.get("/v1/me").json()["party_id"], str(uuid4())
    assert member.get(f"{invited.deal}/trust/receipt").status_code == 200
    made = fact("commitment.made", commitment_id=promise, debtor=invited.buyer, creditor=me, statement="Send the list")
    broken = fact("commitment.broken", commitment_id=promise)
    for one in (made, broken):
        assert invited.http.post(f"{invited.deal}/events", json=one).status_code == 201
    answer = invited.http.get(f"{invited.deal}/trust/receipt")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-provable")
    bundle = invited.http.get(f"{invited.deal}/export")
    assert receipts_in(bundle) == 0
    assert verify_alone(bundle) == 0


def test_a_guest_has_one_where_they_are_shown_what_it_rests_on(world: World, member: httpx.Client) -> None:
    buyer = str(uuid4())
    shared = [opened(), fact("participant.joined", party_id=buyer, side="buyer")]
    facts = [*({**one, "visibility": "shared"} for one in shared), {**noted(), "visibility": "team"}]
    deal = member.post("/v1/deals", json={"facts": facts}).headers["Location"]
    key = member.post(f"{deal}/guests", json={"party_id": buyer, "name": "phone"}).json()["key"]
    with client(world, Person(uuid4(), key)) as http:
        receipt = http.get(f"{deal}/trust/receipt").json()["receipt"]
        at, size = receipt["trust"]["at"], receipt["size"]
        live = http.get(f"{deal}/trust", params={"as_of": at, "known_at": size}).json()
        bundle = http.get(f"{deal}/export")
    assert (receipt["facts"], len(receipt["hidden"])) == (3, 1)
    assert without_positions(receipt) == live["trust"]
    assert (receipts_in(bundle), verify_alone(bundle)) == (1, 0)


def test_of_before_the_deal_there_is_none(member: httpx.Client) -> None:
    assert member.get(f"{a_deal(member)}/trust/receipt?as_of=2020-01-01T00:00:00Z").status_code == 404


def erased(owner: httpx.Client, **wanted: str) -> None:
    answer = owner.post("/v1/erasures", json={"reason": "Asked for", **wanted})
    assert answer.status_code == 201, answer.text


def test_a_receipt_outlives_the_words_and_not_the_deal(
    member: httpx.Client, owner: httpx.Client, tmp_path: Path
) -> None:
    deal = told(member)
    receipt = owner.get(f"{deal}/trust/receipt")
    events = owner.get(f"{deal}/events").json()["events"]
    size = receipt.json()["receipt"]["size"]
    (promise,) = (one["event_id"] for one in events if one["type"] == "commitment.made")
    erased(owner, scope="event", target_event_id=promise)
    bundle = owner.get(f"{deal}/export?since={size}")
    assert "Send the list" not in bundle.text
    assert ended(tmp_path, bundle, receipt)[0] == 0
    erased(owner, scope="stream", stream_id=f"deal/{deal.rpartition('/')[2]}")
    bundle = owner.get(f"{deal}/export?since={size}")
    code, said = ended(tmp_path, bundle, receipt)
    assert code == UNRECKONED.exit_code, said
    assert "was erased after the receipt was made" in said
    assert receipts_in(bundle) == 0
    assert owner.get(f"{deal}/trust/receipt").status_code == 404
