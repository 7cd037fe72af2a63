"""What answers cost that rest on a whole story: CPU time in one process, of the ledger and projections without HTTP."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from benchmarks import filling
from benchmarks.bench import Bench
from benchmarks.contending import encode
from benchmarks.facts import SELLER, deal, stream_id
from benchmarks.filling import Filled
from benchmarks.ours import environment
from domain.admission import decide
from domain.events import ClientProposal
from domain.facts import Caller
from domain.stream import fold, initial
from projections.resources import RESOURCES
from projections.trust.policy import DEFAULT
from projections.trust.score import trust
from projections.view import View
from service.database import connect
from service.http.answers import encode as answered
from service.ledger.ledger import Ledger
from service.ledger.questions import RowsQuestion
from service.masterkey import obtain
from service.settings import read_settings

TRUST_FACTS = 500
LISTED_FACTS = 50
REPEATS = 15
"""Of each answer, the first not counted: it reads the streams and fills what is kept."""

_proposal = msgspec.json.Decoder(ClientProposal).decode


@dataclass(frozen=True)
class Story:
    """CPU ms of one answer each: trust with its rows on a deal of `TRUST_FACTS`, a list of `listed` deals with trust;
    and of every answer there is about one deal of `long_facts`, by name, each from the fold alone."""

    listed: int
    long_facts: int
    trust_ms: list[float]
    list_ms: list[float]
    answers_ms: dict[str, float]


def story(bench: Bench) -> Story:
    """Fill two databases through the ledger and ask it; then ask a long fold, which needs no database."""
    deals = bench.sizes.read_deals
    with filling.filled(bench, "told", 1, TRUST_FACTS) as one:
        trust_ms = _asked(bench, one, _trust)
    with filling.filled(bench, "listed", deals, LISTED_FACTS) as many:
        list_ms = _asked(bench, many, lambda ledger, key: _list(ledger, key, deals))
    facts = bench.sizes.long_deal_facts
    return Story(deals, facts, trust_ms, list_ms, _answers(facts))


def _asked(bench: Bench, log: Filled, ask: Callable[[Ledger, str], Awaitable[None]]) -> list[float]:
    """CPU ms of each repeat, the first left out."""
    settings = read_settings(
        environment(bench.postgres, log.name, bench.folder / "story") | {"THROUGHLINE_PORT": "0"},
    )
    dsn = bench.postgres.app_address(log.name)
    with connect(dsn, "benchmark") as connection:
        master_key = obtain(settings, connection)

    async def run() -> list[float]:
        found = []
        async with Ledger.open(dsn, master_key, settings) as ledger:
            for _ in range(REPEATS):
                started = time.process_time()
                await ask(ledger, log.key)
                found.append((time.process_time() - started) * 1_000)
        return found[1:]

    return asyncio.run(run())


async def _trust(ledger: Ledger, key: str) -> None:
    identity = await ledger.identify(key)
    history = await ledger.history(identity, f"deal/{UUID(stream_id('read', 0))}")
    answered(trust(history.view(ledger.clock.now(), DEFAULT)))


async def _list(ledger: Ledger, key: str, deals: int) -> None:
    page = await ledger.rows(await ledger.identify(key), RowsQuestion(kind="deal", limit=min(deals, 500)))
    answered(page.rows)


def _answers(facts: int) -> dict[str, float]:
    """CPU ms of every answer about one deal of so many facts, one an hour, at the moment of the last one."""
    now = datetime.now(UTC)
    stream = initial(f"deal/{uuid4()}")
    hours = (now - timedelta(hours=facts - nth) for nth in range(facts))
    proposals = [
        (_proposal(encode(body | {"occurred_at": at.isoformat()})), uuid4())
        for body, at in zip(deal(0, facts), hours, strict=True)
    ]
    decided = decide(stream, proposals, Caller(UUID(SELLER), "owner"), now)
    told = fold(stream.stream_id, decided)
    assert told.last_at is not None
    found = {}
    for resource in RESOURCES.values():
        if "deal" in resource.kinds:
            view = View(told, told.last_at)
            started = time.process_time()
            resource.of(view)
            found[resource.name] = (time.process_time() - started) * 1_000
    return found
