"""What is kept of refused proposals does not grow without end, and clearing it up keeps nobody waiting (F28)."""

import time
from uuid import uuid4

import httpx
import psycopg

from service.ledger.sync.devices import REFUSALS_CLEARED_MAX, REFUSALS_KEPT
from tests.http.conftest import World
from tests.http.devices import Device

ROWS = 100_000

_INSERT = """
INSERT INTO refusal (workspace_id, party_id, event_id, item_digest, device_id, epoch, device_sequence, makes, problem,
                     refused_at)
SELECT %s, gen_random_uuid(), gen_random_uuid(), '\\x00', gen_random_uuid(), 1, 1, '{}', '\\x00', now() - %s
  FROM generate_series(1, %s)
"""


def test_F28_verdicts_past_their_time_are_cleared_a_bounded_number_at_a_time(
    world: World, member: httpx.Client
) -> None:
    phone = Device(member)
    goal = phone.sets_a_goal()
    again = phone.says(goal["stream_id"], "goal.set", statement="Run again", horizon="short")
    told = phone.push(goal, again)
    with psycopg.connect(world.database.owner, autocommit=True) as connection:
        connection.execute(_INSERT, (world.here.id, REFUSALS_KEPT * 1.1, ROWS))

        def left() -> int:
            row = connection.execute(
                "SELECT count(*) FROM refusal WHERE workspace_id = %s", (world.here.id,)
            ).fetchone()
            assert row is not None
            return int(row[0])

        before = left()
        began = time.monotonic()
        assert phone.push(again) == told[1:], "a verdict inside its time is kept, and the statement is not timed out"
        took_s = time.monotonic() - began
        assert before - left() == REFUSALS_CLEARED_MAX
        for _ in range(3):
            phone.push()
        assert before - left() == 4 * REFUSALS_CLEARED_MAX
        connection.execute(
            "DELETE FROM refusal WHERE device_id <> %s AND refused_at < now() - %s", (uuid4(), REFUSALS_KEPT)
        )
    print(f"{REFUSALS_CLEARED_MAX} of {ROWS} cleared within a push of {took_s:.3f} s")  # noqa: T201  # the evidence
