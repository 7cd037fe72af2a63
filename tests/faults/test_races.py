"""Several write at once: to one stream, with one id, through two processes. Nobody loses what was acknowledged."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from service.ledger.store import statement
from tests.conftest import Database
from tests.faults.conftest import GIVEN_KEY, Connect, Elsewhere, Pair, a_deal, noted, said
from tests.faults.history import History, check, stored
from tests.faults.load import Answer, Client, busy_clients
from tests.faults.replay import assert_rows_equal_a_replay
from tests.running import Running, Start

WRITERS = 16
WINS_EACH = 50
AT_ONCE = 32
TAIL_FACTS = 40
TOGETHER_S = 5.0


def test_F12_of_those_who_write_at_one_version_one_wins_and_the_others_are_told_what_they_missed(
    pair: Pair, connect: Connect
) -> None:
    """Each of 16 writes until it has tried 50 times, each time at the version that it knows of."""
    history, clients = History(), pair.clients(connect, WRITERS)
    deal = a_deal(clients[0], history)

    def tries(client: Client) -> None:
        version = 1
        for _ in range(WINS_EACH):
            write = client.write(history, deal, [noted()], if_match=version)
            if write.status == 201:
                assert write.versions == (version + 1,)
                version += 1
            else:
                assert write.status == 412
                problem = write.problem
                missed = [event["stream_version"] for event in problem["missed"]]
                assert missed == list(range(version + 1, problem["current_version"] + 1))
                version = problem["current_version"]

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(tries, clients))
    rows = stored(pair.database.app)
    check(history, rows)
    wins = history.told("ok")
    assert len(wins) + len(history.told("refused")) == WRITERS * WINS_EACH + 1
    assert sorted(version for write in wins for version in write.versions) == list(range(1, len(wins) + 1))
    assert len(wins) == sum(row["stream"] == deal for row in rows)
    assert len(wins) > WINS_EACH  # each round has a winner


def at_once(clients: list[Client], path: str, bodies: list[object], **headers: str) -> list[Answer]:
    barrier = threading.Barrier(len(clients))

    def one(client: Client, body: object) -> Answer:
        barrier.wait()
        return client.ask("POST", path, body, **headers)

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(one, clients, bodies))


@pytest.mark.parametrize("named", ["by event id", "by Idempotency-Key"])
def test_F13_one_id_sent_32_times_at_once_is_one_fact_and_one_answer(pair: Pair, connect: Connect, named: str) -> None:
    """Half of them through another process."""
    clients = pair.clients(connect, AT_ONCE)
    stream = a_deal(clients[0], History())
    fact, headers = noted("At once"), {}
    if named == "by Idempotency-Key":
        del fact["event_id"]
        headers = {"Idempotency-Key": str(uuid4())}
    answers = at_once(clients, f"/v1/deals/{stream.partition('/')[2]}/events", [fact] * AT_ONCE, **headers)
    assert sorted(answer.status for answer in answers) == [200] * (AT_ONCE - 1) + [201]
    assert {str(answer.json["events"]) for answer in answers} == {str(answers[0].json["events"])}
    assert {answer.json["position"] for answer in answers} == {answers[0].json["events"][0]["position"] + 1}
    for answer in answers:
        assert answer.headers.get("idempotency-replayed") == ("true" if answer.status == 200 else None)
    assert [row["type"] for row in stored(pair.database.app) if row["stream"] == stream] == [
        "deal.opened",
        "note.recorded",
    ]


def test_F14_one_id_with_other_words_is_refused_and_nothing_of_it_is_stored(pair: Pair, connect: Connect) -> None:
    """One after the other, through another process, and at the same time."""
    history, clients = History(), pair.clients(connect, AT_ONCE // 2)
    deal = a_deal(clients[0], history)
    path = f"/v1/deals/{deal.partition('/')[2]}/events"
    first = noted("The first words")
    assert clients[0].ask("POST", path, first).status == 201
    for asked in clients[:2]:
        answer = asked.ask("POST", path, {**first, "data": {"text": "Other words"}})
        assert (answer.status, answer.json["type"]) == (422, "/problems/event-id-reused")
        batch = {"facts": [noted("In one batch with"), {**first, "data": {"text": "Other words"}}]}
        assert asked.ask("POST", path, batch).status == 422
    second = str(uuid4())
    bodies: list[object] = [{**noted(f"Words {nth}"), "event_id": second} for nth in range(len(clients))]
    answers = at_once(clients, path, bodies)
    assert sorted(answer.status for answer in answers) == [201] + [422] * (len(clients) - 1)
    rows = stored(pair.database.app)
    check(history, rows)
    assert sum(row["type"] == "note.recorded" and row["stream"] == deal for row in rows) == 2


class Tail(threading.Thread):
    """Reads the log as a follower does: how long it is now, then everything that came since, by position."""

    def __init__(self, database: Database) -> None:
        super().__init__(name="tail")
        self.seen: list[tuple[int, str]] = []
        self.stop = threading.Event()
        self._database = database

    def run(self) -> None:
        head_of, facts = statement("head"), "SELECT position, event_id FROM event WHERE workspace_id = %s AND "
        with psycopg.connect(self._database.owner, autocommit=True) as connection:
            (workspace,) = connection.execute("SELECT workspace_id FROM workspace").fetchall()[0]
            while True:
                last_round = self.stop.is_set()
                head = connection.execute(head_of.encode(), {"workspace": workspace}).fetchall()[0][0]
                rows = connection.execute(
                    (facts + "position >= %s AND position < %s ORDER BY position").encode(),
                    (workspace, len(self.seen), head),
                ).fetchall()
                self.seen += [(position, str(event_id)) for position, event_id in rows]
                if last_round:
                    return


def test_F15_a_reader_at_the_tail_sees_every_position_once_and_in_order(pair: Pair, connect: Connect) -> None:
    """Eight writers through two processes, with one fact or forty at a time; the reader asks without a pause."""
    history, tail = History(), Tail(pair.database)
    clients = pair.clients(connect, 8)
    before = len(stored(pair.database.app))
    deals = [a_deal(clients[0], history) for _ in range(4)]
    tail.start()

    def writes(nth: int) -> None:
        chance = random.Random(nth)
        for _ in range(60):
            number = TAIL_FACTS if chance.random() < 0.3 else 1
            write = clients[nth].write(history, chance.choice(deals), [noted() for _ in range(number)])
            assert write.status == 201

    with ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(writes, range(len(clients))))
    tail.stop.set()
    tail.join(10)
    rows = stored(pair.database.app)
    check(history, rows)
    assert len(rows) - before > 5_000
    assert tail.seen == [(row["position"], str(row["event_id"])) for row in rows]


def test_F18_two_processes_share_a_workspace_and_the_survivor_of_one_knows_everything(
    folder: Path, elsewhere: Elsewhere, service_process: Start, connect: Connect
) -> None:
    """Writers and readers on both; then one is killed, and what the other knows is what is stored.

    The survivor is short of memory besides: it lets streams go and reads them again all the time.
    """
    short = {"THROUGHLINE_CACHED_EVENTS_MAX": "1000"}
    first = service_process(folder / "first", database=elsewhere)
    second = service_process(folder / "second", database=elsewhere, environment=short)
    history, streams = History(), list[str]()
    with busy_clients([first.url, second.url], first.owner_key, history, streams):
        time.sleep(TOGETHER_S / 2)
        first.kill()
        time.sleep(TOGETHER_S / 2)
    assert {write.status for write in history.writes} <= {201, 409, None}
    assert_no_conflict_without_cause(history)
    survivor, rows = connect(second, key_of=first), stored(elsewhere.app)
    for stream in streams:
        read = survivor.read(history, stream)
        assert read is not None
        assert list(read.events) == [str(row["event_id"]) for row in rows if row["stream"] == stream]
    check(history, rows)
    there = {row["stream"] for row in rows}  # one more, where the answer to its opening went down with the first
    assert there >= set(streams)
    assert assert_rows_equal_a_replay(elsewhere.app, GIVEN_KEY) == len(there)
    assert_survivor_answers_like_a_fresh_process(folder, elsewhere, service_process, connect, survivor, streams, first)


def assert_no_conflict_without_cause(history: History) -> None:
    """The only thing these writers do that can contradict what is recorded is to enter the stage that is on."""
    for write in history.told("refused"):
        if write.status is not None:
            assert [fact["type"] for fact in write.body["facts"]] == ["stage.entered"], write
            assert write.problem["type"] == "/problems/already-so", write


def assert_survivor_answers_like_a_fresh_process(
    folder: Path,
    elsewhere: Elsewhere,
    service_process: Start,
    connect: Connect,
    survivor: Client,
    streams: list[str],
    first: Running,
) -> None:
    """Every state and every list, from what the survivor has in memory and from what another reads anew."""
    fresh = connect(service_process(folder / "fresh", database=elsewhere), key_of=first)
    paths = [f"/v1/deals/{stream.partition('/')[2]}" for stream in streams]
    paths += ["/v1/deals?limit=500", "/v1/deals?sort=next_due&order=asc", "/v1/parties?limit=500"]
    for path in paths:
        kept, replayed = survivor.ask("GET", path), fresh.ask("GET", path)
        assert (kept.status, kept.json) == (200, replayed.json), path


def test_F18_a_write_decided_on_what_another_process_has_just_changed_is_decided_again(
    pair: Pair, connect: Connect
) -> None:
    """Two take turns on one deal, each write resting on the other's last one: no conflict, and no refusal."""
    clients, history = pair.clients(connect, 2), History()
    deal = a_deal(clients[0], history)
    buyer = str(uuid4())
    for turn in range(40):
        writer, reader = clients[turn % 2], clients[(turn + 1) % 2]
        objection = str(uuid4())
        if turn == 0:
            assert writer.write(history, deal, [said("participant.joined", party_id=buyer, side="buyer")]).status == 201
        raised = {"dimension": "product", "category": "risk", "statement": "Drivers refuse it", "raised_by": buyer}
        raising = writer.write(history, deal, [said("objection.raised", objection_id=objection, **raised)])
        answering = reader.write(history, deal, [said("objection.answered", objection_id=objection, answer="Try it")])
        assert (raising.status, answering.status) == (201, 201)
    check(history, stored(pair.database.app))
