"""Exports over HTTP: streamed, complete for who asks, and closed to everybody else."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest

from service.proof.continuing import verify_growth
from service.proof.flaws import Flaw
from service.proof.note import VerifierKey
from service.proof.verifying import Verdict, verify
from tests.http.conftest import World, a_deal, client, noted
from tests.http.test_guests import Invited, said
from tests.http.test_log import checkpoint_of, position_of


def lines(answer: httpx.Response) -> Iterator[bytes]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/jsonl"
    return iter(answer.content.splitlines(keepends=True))


def checked(http: httpx.Client, path: str, older: str | None = None) -> Verdict:
    """What an export proves to somebody who knew the keys before."""
    keys = [VerifierKey.parse(key["key"]) for key in http.get("/v1/log/keys").json()["keys"]]
    return verify(lines(http.get(path)), keys, older)


@pytest.mark.parametrize("path", ["", f"/deals/{UUID(int=7)}", f"/goals/{UUID(int=7)}"])
def test_without_a_key_nothing_is_exported(nobody: httpx.Client, path: str) -> None:
    assert nobody.get(f"/v1{path}/export").status_code == 401


def test_a_deal_just_recorded_is_exported_whole(member: httpx.Client) -> None:
    checkpoint_of(member)
    deal = a_deal(member, noted(), noted("Zwei ü"))
    verdict = checked(member, f"{deal}/export")
    assert (verdict.scope, verdict.events, verdict.shown) == ("deal/" + deal.rpartition("/")[2], 3, 3)
    name = member.get(f"{deal}/export").headers["Content-Disposition"]
    assert name == f'attachment; filename="deal-{deal.rpartition("/")[2]}.jsonl"'


def test_the_log_is_exported_with_the_proof_that_it_only_grew(member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member)
    checkpoint_of(member)
    older = member.get("/v1/log/checkpoint").text
    size = older.split("\n")[1]
    member.post(f"{deal}/events", json=noted())
    assert checked(owner, "/v1/export", older).against == int(size)
    verdict = checked(member, f"{deal}/export?since={size}", older)
    assert verdict.against == int(size)
    assert verdict.size > int(size)


def test_another_workspaces_deal_is_not_exported(member: httpx.Client, stranger: httpx.Client) -> None:
    deal = a_deal(member)
    answer = stranger.get(f"{deal}/export")
    assert answer.status_code == 404
    assert answer.content == stranger.get(f"/v1/deals/{uuid4()}/export").content
    assert deal.rpartition("/")[2] not in stranger.get("/v1/export").text


def test_a_goal_is_exported_for_its_owner_alone(member: httpx.Client, owner: httpx.Client) -> None:
    goal = member.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
    path = goal.headers["Location"]
    assert checked(member, f"{path}/export").events == 1
    assert owner.get(f"{path}/export").status_code == 404
    checkpoint_of(member, position_of(member, path) + 1)
    whole = owner.get("/v1/export")
    assert path.rpartition("/")[2] not in whole.text
    verify(lines(whole))


def test_auditors_are_told_who_took_a_copy_of_what(world: World, member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member)
    goal = member.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
    start = position_of(member, goal.headers["Location"]) + 1
    sizes = [checked(member, f"{deal}/export").size, checked(owner, "/v1/export").size]
    assert owner.get(f"{goal.headers['Location']}/export").status_code == 404
    sizes.append(checked(member, f"{goal.headers['Location']}/export").size)
    with client(world, world.here.auditor) as auditor:
        facts = auditor.get("/v1/events", params={"from": start, "types": "export.made"}).json()["events"]
    told = [{key: one["data"].get(key) for key in ("scope", "stream_id", "size")} for one in facts]
    named = f"deal/{deal.rpartition('/')[2]}"
    assert told == [
        {"scope": "stream", "stream_id": named, "size": sizes[0]},
        {"scope": "workspace", "stream_id": None, "size": sizes[1]},
        {"scope": "stream", "stream_id": None, "size": sizes[2]},
    ], "of a private goal only that there was a copy"
    mine = member.get("/v1/me").json()["party_id"]
    assert [one["actor"]["party_id"] == mine for one in facts] == [True, False, True]
    assert member.get("/v1/events", params={"from": start, "types": "export.made"}).json()["events"] == []


def test_a_size_that_is_not_signed_for_is_not_found(member: httpx.Client) -> None:
    deal = a_deal(member)
    checkpoint_of(member, position_of(member, deal) + 1)
    assert member.get(f"{deal}/export?since=9007199254740991").status_code == 404
    assert member.get("/v1/export?since=9007199254740991").status_code == 404
    assert member.get(f"{deal}/export?since=-1").status_code == 400
    assert member.get("/v1/export?until=3").status_code == 400


def test_a_guest_gets_the_leaves_of_what_they_may_not_know(world: World, member: httpx.Client) -> None:
    invited = Invited(world, member)
    said(member, invited, noted("Behind the guest's back"))
    said(member, invited, noted("To the guest's face"), visibility="shared")
    checkpoint_of(member, position_of(member, invited.deal) + 1)
    with invited.http as http:
        verdict = checked(http, "/v1/export")
        told = http.get("/v1/export").text
        of_deal = checked(http, f"{invited.deal}/export")
        feed = http.get("/v1/events").json()
    assert not feed["has_more"]
    assert verdict.shown == of_deal.shown == len(feed["events"]) == 1
    assert told.count('"line":"event"') == of_deal.events  # places of the deal's facts, whatever is in them
    assert "To the guest's face" in told
    assert "Behind the guest's back" not in told


def test_what_came_over_the_line_can_be_told_from_what_did_not(member: httpx.Client) -> None:
    deal = a_deal(member, noted())
    whole = list(lines(member.get(f"{deal}/export")))
    for cut in range(1, len(whole)):
        with pytest.raises(Flaw, match="malformed"):
            verify(whole[:cut])


def test_what_came_with_a_pull_or_a_push_is_a_kept_checkpoint(member: httpx.Client) -> None:
    """The whole answer is kept, and compared later: with a bundle, and with today's checkpoint and a proof alone."""
    deal = a_deal(member)
    checkpoint_of(member, position_of(member, deal) + 1)
    pulled = member.get("/v1/sync/pull?from=0")
    kept = int(pulled.json()["signed_checkpoint"].split("\n")[1])
    member.post(f"{deal}/events", json=noted())
    assert checked(member, f"{deal}/export?since={kept}", pulled.text).against == kept
    assert checked(member, "/v1/export", pulled.text).against == kept
    now = member.get("/v1/log/checkpoint").text
    keys = [VerifierKey.parse(key["key"]) for key in member.get("/v1/log/keys").json()["keys"]]
    proof = member.get(f"/v1/log/proof/consistency?from={kept}&to={now.split(chr(10))[1]}").content
    grown = verify_growth(now, pulled.text, proof, keys)
    assert (grown.old, grown.new) == (kept, int(now.split("\n")[1]))
    assert grown.new > grown.old
    with pytest.raises(Flaw, match="rewritten"):
        verify_growth(now, pulled.text, proof.replace(b'"path":["', b'"path":["' + b"0" * 64 + b'","'), keys)
