"""What is stored, read back: derived rows, facts of every age, facts of no known type, and very many on one stream."""

import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from domain.events import CATALOGUE, EventType, samples
from domain.events.declaring import Data
from domain.events.record import EventCorrected
from domain.facts import Caller, Proposal
from domain.refusals import Refusal
from projections.stream_state import stream_state
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.questions import AgendaQuestion, RowsQuestion
from service.ledger.wire import event_json
from tests.conftest import Database
from tests.domain.golden_facts import golden
from tests.faults.chance import SAYS, START, Telling
from tests.faults.conftest import GIVEN_KEY, Connect, a_deal, noted, ready
from tests.faults.history import History, check, stored
from tests.faults.load import Client
from tests.faults.replay import assert_rows_equal_a_replay
from tests.ledger.conftest import Opening
from tests.ledger.test_chain import leaf
from tests.running import Start

SEED = 20260322
TOLD = 900
COMPARED_EVERY = 20
LONG = 10_000
BATCH = 100
SOON = START.replace(year=2027)


@pytest.mark.anyio
async def test_F19_after_any_commands_the_derived_rows_are_those_of_a_replay(
    ledger: Ledger, noor: Identity, database: Database, opening: Opening
) -> None:
    """On deals and goals, through two processes in turn; most kinds of refusals are among the answers."""
    chance, accepted, refused = random.Random(SEED), Counter[str](), Counter[str]()
    kinds = ("deal", "goal") * 3
    streams = {f"{kind}/{uuid4()}": Telling(SEED + nth, noor.caller.party_id) for nth, kind in enumerate(kinds)}
    for stream, telling in streams.items():
        await ledger.append(noor, stream, [telling.opening(stream.partition("/")[0])], opens=True)
    async with opening() as other:
        for turn in range(TOLD):
            if turn % COMPARED_EVERY == 0:  # a later fact may put right what an earlier one left wrong
                await asyncio.to_thread(assert_rows_equal_a_replay, database.app, GIVEN_KEY)
            stream = chance.choice(list(streams))
            proposals = [streams[stream].next() for _ in range(chance.choice([1, 1, 2]))]
            try:
                appended = await chance.choice([ledger, other]).append(noor, stream, proposals, opens=False)
                accepted.update(record.fact.type for record in appended.events)
            except Refusal as refusal:
                refused[refusal.slug] += 1
    assert SAYS.keys() == accepted.keys(), SAYS.keys() - accepted.keys()
    assert len(refused) > 10
    assert sum(accepted.values()) > 200
    compared = await asyncio.to_thread(assert_rows_equal_a_replay, database.app, GIVEN_KEY)
    assert compared == len(streams)


@pytest.mark.anyio
async def test_F21_facts_as_they_were_first_stored_are_sealed_read_folded_and_shown(
    ledger: Ledger, database: Database, opening: Opening
) -> None:
    """Each golden fact goes into a workspace of its own, behind what it needs; a process that starts then reads it."""
    expected: list[tuple[str, Identity, str, Data]] = []
    for name, stored_as in golden().items():
        type_, _, version = name.partition("/")
        event_type = CATALOGUE[type_]
        assert int(version) == event_type.schema_version, "an older version is not proposed any more: store its bytes"
        data = msgspec.json.decode(stored_as["data"], type=event_type.cls)
        for kind in sorted(event_type.on):
            owner = Identity(uuid4(), uuid4(), Caller(UUID(samples.SELLER), "owner"), "owner")
            await ledger.create_workspace(owner.workspace_id, name)
            stream_id = f"{kind}/{owner.workspace_id}"
            proposals = [*needed(event_type, kind), proposed(event_type, msgspec.to_builtins(data))]
            await ledger.append(owner, stream_id, proposals, opens=True)
            expected.append((name, owner, stream_id, data))
    agenda = set()
    async with opening() as restarted:
        for name, owner, stream_id, data in expected:
            history = await restarted.history(owner, stream_id)
            read = history.records[-1].fact
            if isinstance(data, EventCorrected):
                data = msgspec.structs.replace(data, target_type="note.recorded")  # noqa: PLW2901
            assert (f"{read.type}/{read.schema_version}", read.data) == (name, data)
            assert json.loads(event_json(history.records[-1]))["data"] == json.loads(msgspec.json.encode(data))
            assert history.stream is not None
            if history.stream.kind == "workspace":
                continue
            state = stream_state(history.stream, SOON)
            (row,) = (await restarted.rows(owner, RowsQuestion(kind=history.stream.kind))).rows
            assert (row.status, row.opened_at) == (state.status, state.opened_at)
            assert owner.caller.party_id in {one.party_id for one in state.participants}
            window = AgendaQuestion(party=None, start=START, end=SOON)
            agenda |= {item.kind for item in (await restarted.agenda(owner, window)).items}
    assert agenda == {"commitment", "milestone", "no", "routine"}
    await asyncio.to_thread(assert_rows_equal_a_replay, database.app, GIVEN_KEY)


def needed(event_type: EventType, kind: str) -> list[Proposal]:
    """What must be on a stream before the example of a type can be."""
    opening = {"deal": "deal.opened", "goal": "goal.set"}.get(kind)
    if opening is None:
        return [proposed(CATALOGUE[name], CATALOGUE[name].example["data"]) for name in comes_before(event_type)]
    if opening == event_type.name:
        return []
    side = "buyer" if kind == "deal" else "coach"
    people = [
        proposed(CATALOGUE["participant.joined"], {"party_id": party, "side": side})
        for party in (samples.BUYER, samples.USER, samples.COACH)
    ]
    before = [CATALOGUE[name] for name in comes_before(event_type) if kind in CATALOGUE[name].on]
    first = CATALOGUE[opening]
    return [proposed(first, first.example["data"]), *people, *(proposed(one, one.example["data"]) for one in before)]


def comes_before(event_type: EventType) -> list[str]:
    found: list[str] = []
    for name in event_type.after:
        found += [one for one in (*comes_before(CATALOGUE[name]), name) if one not in found]
    return found


def proposed(event_type: EventType, data: Any) -> Proposal:
    said = {**event_type.example, "data": data}
    if event_type.name == "note.recorded":
        said["event_id"] = samples.NOTE_EVENT
    made: Proposal = msgspec.convert(said, event_type.proposal)
    return made


def record_as_of_the_future(database: Database) -> None:
    """The last fact becomes one of a type that only a newer release knows, chained as that release would have."""
    before, row = stored(database.app)[-2:]
    row = {**row, "envelope": row["envelope"].replace(b"note.recorded", b"deal.teleported")}
    fitting = leaf(row, before["leaf"])
    where = (row["workspace_id"], row["stream_id"], row["version"])
    with psycopg.connect(database.superuser) as connection:
        connection.execute(
            "UPDATE event SET type = 'deal.teleported', envelope = %s, leaf = %s "
            "WHERE workspace_id = %s AND stream_id = %s AND version = %s",
            (row["envelope"], fitting, *where),
        )
        connection.execute(
            "UPDATE stream SET last_leaf = %s WHERE workspace_id = %s AND stream_id = %s", (fitting, *where[:2])
        )


def test_F22_a_fact_of_a_type_that_is_not_known_here_stops_its_own_stream_alone(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    """A newer release has recorded it on a deal that this process has in memory."""
    service, history = service_process(folder / "data", database=database), History()
    clients = [connect(service) for _ in range(4)]
    sound, strange = a_deal(clients[0], history), a_deal(clients[0], history)
    assert clients[0].read(history, strange)
    newer = connect(service_process(folder / "newer", database=database), key_of=service)
    assert newer.write(history, strange, [noted("In words of the future")]).status == 201
    record_as_of_the_future(database)
    path = f"/v1/deals/{strange.partition('/')[2]}"
    asks = (("GET", path, None), ("GET", f"{path}/events", None), ("POST", f"{path}/events", noted()))
    for method, where, body in asks:
        answer = clients[0].ask(method, where, body)
        assert (answer.status, answer.json["type"]) == (500, "/problems/fact-unreadable")
        assert "teleported" not in answer.body.decode()
        assert path in answer.json["instance"]
        told = [line for line in service.output.splitlines() if answer.json["request_id"] in line and "failed" in line]
        assert len(told) == 1
        assert "deal.teleported" in told[0]
        assert strange in told[0]
    assert clients[1].write(history, sound, [noted("Goes on")]).status == 201
    assert clients[1].read(history, sound)
    opened = a_deal(clients[2], history)
    listed = clients[2].ask("GET", "/v1/deals").json["items"]
    assert {f"deal/{row['id']}" for row in listed} == {strange, sound, opened}
    assert clients[2].ask("GET", "/v1/deals?known_at=1").status == 200
    assert clients[2].ask("GET", "/v1/parties").status == 200
    assert ready(service)
    check(history, stored(database.app))


@pytest.mark.slow
def test_F29_ten_thousand_facts_on_one_stream_are_read_and_written_like_ten(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    """Times are told, not judged: they are the machine's."""
    service, history, told = service_process(folder / "data", database=database), History(), {}
    client = connect(service)
    deal = a_deal(client, history)
    began = time.monotonic()
    for _ in range(LONG // BATCH):
        assert client.write(history, deal, [noted() for _ in range(BATCH)]).status == 201
    told[f"append {LONG} in hundreds"] = time.monotonic() - began
    path = f"/v1/deals/{deal.partition('/')[2]}"

    def timed(what: str, asked: Client, method: str, where: str, body: Any = None) -> Any:
        began = time.monotonic()
        answer = asked.ask(method, where, body)
        told[what] = time.monotonic() - began
        assert answer.status in (200, 201), answer.body
        return answer.json

    fresh = connect(service_process(folder / "fresh", database=database), key_of=service)
    for who, asked in (("", client), ("as a fresh process, ", fresh)):
        state = timed(f"{who}read the state", asked, "GET", path)
        assert state["stream_version"] >= LONG + 1
        assert state["state"]["counts"]["record"] >= LONG
        last = timed(f"{who}read the last page", asked, "GET", f"{path}/events?direction=backward&limit=100")
        assert len(last["events"]) == 100
        timed(f"{who}read as of a moment", asked, "GET", f"{path}?as_of=2030-01-01T00:00:00Z")
        timed(f"{who}append one", asked, "POST", f"{path}/events", noted())
    rows = stored(database.app)
    check(history, rows)
    assert sum(row["stream"] == deal for row in rows) == LONG + 3
    print("\n" + "\n".join(f"{seconds:8.3f} s  {what}" for what, seconds in told.items()))  # noqa: T201
