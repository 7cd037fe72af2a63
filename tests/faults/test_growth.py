"""Tables beside the log grow: clearing them up is bounded in time, keeps what was promised, and holds nobody up."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.ledger.sync.devices import REFUSALS_CLEARED_MAX, REFUSALS_KEPT
from service.ledger.tickets import TICKETS_PER_KEY_MAX
from tests.conftest import Database
from tests.faults.conftest import Connect, a_deal, noted
from tests.faults.history import History, check, stored
from tests.faults.load import Client
from tests.running import Start

ROWS = 100_000
# What any of it may add to a call: the bound of a statement is five times that, the promise of an answer three.
HELD_UP_S = 1.0

_REFUSALS = """
INSERT INTO refusal (workspace_id, party_id, event_id, item_digest, device_id, epoch, device_sequence, makes, problem,
                     refused_at)
SELECT %(workspace)s, gen_random_uuid(), gen_random_uuid(), '\\x00', gen_random_uuid(), 1, 1, '{}', '\\x00',
       now() - %(kept)s * 1.1
  FROM generate_series(1, %(rows)s)
"""
_TICKETS = """
INSERT INTO ticket (workspace_id, ticket_id, secret_sha256, credential_id, issued_at)
SELECT %(workspace)s, gen_random_uuid(), '\\x00', gen_random_uuid(), now() - interval '1 day'
  FROM generate_series(1, %(rows)s)
"""
_KEYS = """
INSERT INTO credential (workspace_id, credential_id, secret_sha256, party_id, role, name, created_at, expires_at)
SELECT %(workspace)s, gen_random_uuid(), '\\x00', gen_random_uuid(), 'member', 'Old', now() - interval '1 year',
       now() - interval '1 day'
  FROM generate_series(1, %(rows)s)
"""


def took_s(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def pushed(client: Client, device: str, sequence: int) -> Any:
    """A push of one item that the rules refuse: the goal that it is about was never set."""
    item = {"device_sequence": sequence, "skipped": True}
    body = {"device_id": device, "epoch": 1, "device_now": "2026-05-04T18:00:00Z", "items": [item]}
    answer = client.ask("POST", "/v1/sync/push", body)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.slow
def test_F28_a_hundred_thousand_rows_in_each_side_table_hold_nobody_up(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(folder / "service", database=database), History()
    client = connect(service)
    deal = a_deal(client, history)
    workspace = UUID(client.ask("GET", "/v1/me").json["workspace_id"])
    with psycopg.connect(database.owner, autocommit=True) as owner:
        for rows in (_REFUSALS, _TICKETS, _KEYS):
            owner.execute(rows, {"workspace": workspace, "kept": REFUSALS_KEPT, "rows": ROWS})
    client = connect(service)  # the rows may have taken longer than an idle connection is kept
    device = str(uuid4())
    told = {
        "a push that clears up": took_s(lambda: pushed(client, device, 1)),
        "a ticket": took_s(lambda: client.ask("POST", "/v1/tickets")),
        "a page of keys": took_s(lambda: client.ask("GET", "/v1/credentials")),
        "a call with a new connection": took_s(lambda: connect(service).ask("GET", "/v1/me")),
        "an append": took_s(lambda: client.write(history, deal, [noted()])),
    }
    for what, seconds in told.items():
        print(f"{seconds:.3f} s  {what}")  # noqa: T201  # the evidence
        assert seconds < HELD_UP_S, what
    statuses = [client.ask("POST", "/v1/tickets").status for _ in range(TICKETS_PER_KEY_MAX)]
    assert statuses[0] == 201
    assert statuses[-1] == 429, "one key holds a bounded number"
    check(history, stored(database.app))


@pytest.mark.slow
def test_F28_whoever_clears_up_holds_up_neither_writers_nor_other_devices(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    """A push whose clean-up has been done and not committed yet, for as long as everybody else works."""
    service, history = service_process(folder / "service", database=database), History()
    client = connect(service)
    deal = a_deal(client, history)
    me = client.ask("GET", "/v1/me").json
    workspace, party, device, push = UUID(me["workspace_id"]), UUID(me["party_id"]), uuid4(), uuid4()
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute(_REFUSALS, {"workspace": workspace, "kept": REFUSALS_KEPT, "rows": ROWS})
        left = "SELECT count(*) FROM refusal WHERE workspace_id = %s"
        with psycopg.connect(database.app) as held:
            held.execute("SELECT begin_push(%s, %s, %s, 1, %s, 20, 100, now())", (workspace, party, device, push))
            done = held.execute(
                "SELECT end_push(%s, %s, %s, %s, 2, now(), '{}', '{}', '{}', '{}', '{}', '{}', '{}', now() - %s, %s)",
                (workspace, party, device, push, REFUSALS_KEPT, REFUSALS_CLEARED_MAX),
            ).fetchone()
            assert done == (True,)
            worst = max(took_s(lambda: client.write(history, deal, [noted()])) for _ in range(50))
            other = took_s(lambda: pushed(client, str(uuid4()), 1))
            assert owner.execute(left, (workspace,)).fetchone() == (ROWS - REFUSALS_CLEARED_MAX,)
            held.commit()
        assert owner.execute(left, (workspace,)).fetchone() == (ROWS - 2 * REFUSALS_CLEARED_MAX,)
    print(f"{worst:.3f} s the slowest append, {other:.3f} s another device's push")  # noqa: T201  # the evidence
    assert max(worst, other) < HELD_UP_S
    check(history, stored(database.app))
