"""What docs/webhooks.md shows is done as its reader would do it: both receivers run, and check what they get."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.ledger.webhooks import addresses, delivering, messages, rows, schedule, sending
from tests.http.conftest import a_deal, noted
from tests.running import ROOT

PAGE = Path(ROOT, "docs", "webhooks.md").read_text()
DEADLINE_S = 15.0
PROGRAMS = [
    ("python", ".py", [sys.executable]),
    pytest.param(
        "javascript", ".js", ["node"], marks=pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
    ),
]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], secret: str, port: int, output: Path) -> Iterator[None]:
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end, "the receiver did not start"
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("language", "suffix", "command"), PROGRAMS)
def test_the_receiver_takes_what_is_genuine_and_nothing_else(
    owner: httpx.Client, tmp_path: Path, language: str, suffix: str, command: list[str]
) -> None:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    program, output, port = tmp_path / f"receiver{suffix}", tmp_path / "output", free_port()
    program.write_text(text)
    made = owner.post(
        "/v1/webhooks", json={"url": f"http://127.0.0.1:{port}/", "name": "page", "kinds": ["deal"]}
    ).json()
    address = f"/v1/webhooks/{made['webhook']['webhook_id']}"
    try:
        with running([*command, str(program)], made["secret"], port, output):
            a_deal(owner, noted())
            end = time.monotonic() + DEADLINE_S
            while output.read_text().split() != ["deal.opened", "note.recorded"]:
                assert time.monotonic() < end, output.read_text()
                time.sleep(0.05)
            owner.post(f"{address}/rotate", json={"overlap_s": 0})
            assert owner.post(f"{address}/test").json()["status"] == 401, "it does not know the new secret"
    finally:
        owner.delete(address)


def test_the_bounds_on_the_page_are_the_code_s() -> None:
    text = " ".join(PAGE.split())
    for sentence in (
        f"at most {rows.WEBHOOKS_PER_WORKSPACE_MAX}.",
        f"more than {messages.PAYLOAD_BYTES_MAX // 1024} KiB",
        f"nothing within {schedule.TOTAL_S:g} seconds ({sending.CONNECT_S:g} to connect)",
        f"no more than {sending.ANSWER_BYTES_MAX // 1024} KiB is read",
        f"for up to {sending.CHECKED_S:g} seconds of messages",
        f"holds it for {rows.HOLD_S} seconds",
        f"up to {delivering.IN_FLIGHT_MAX} webhooks at once",
        f"at most {1 / delivering.PACE_S:g} messages a second",
        f"kept for {rows.DELIVERIES_KEPT.days} days, and the newest {rows.DELIVERIES_KEPT_MAX:,}",
    ):
        assert sentence in text, sentence
    assert (schedule.FIRST_S, schedule.LONGEST_S, schedule.JITTER) == (1, 4 * 3600, 0.2)
    assert schedule.GIVE_UP.days == 3
    assert addresses.ADDRESSES_MAX == 3
    assert delivering.LOOK_EVERY_S == 0.5
