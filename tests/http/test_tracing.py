"""Traces: one request can be followed through its group to PostgreSQL, and nothing of its content is in them."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.http.app import create_app
from service.ledger.commits import Commits
from service.ledger.ledger import Ledger
from service.ledger.prepared import Prepared
from service.ledger.store import Store
from service.ledger.writer import Writer
from service.settings import read_settings
from service.tracing import _asked, tracing
from tests.conftest import Database
from tests.http.conftest import MASTER_KEY, fact, new_workspace, noted, opened
from tests.running import ROOT, Start, command

pytestmark = pytest.mark.anyio
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SECRET = "marzipan-lighthouse"
PLACES = ((Writer, "submit"), (Writer, "_commit_together"), (Commits, "send"), (Prepared, "call"), (Store, "read"))


@asynccontextmanager
async def traced(
    database: Database, folder: Path, queue_max: int = 4_096
) -> AsyncIterator[tuple[httpx.AsyncClient, InMemorySpanExporter]]:
    """A client of a service whose spans are kept."""
    settings = read_settings({"THROUGHLINE_DATA": str(folder)})
    async with Ledger.open(database.app, MASTER_KEY, settings) as ledger:
        here = await new_workspace(ledger, "Depot deals")
    app, exporter = (
        create_app(replace(settings, queue_proposals_max=queue_max), database.app, MASTER_KEY),
        InMemorySpanExporter(),
    )
    with tracing(app, SimpleSpanProcessor(exporter)) as wrapped:
        async with app.lifespan():
            transport = httpx.ASGITransport(app=wrapped)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://depot.test", headers=here.member.headers
            ) as http:
                yield http, exporter


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


async def test_an_append_is_followed_from_the_callers_trace_to_postgresql(database: Database, folder: Path) -> None:
    async with traced(database, folder) as (http, exporter):
        answer = await http.post("/v1/deals", json={"facts": [opened()]}, headers={"traceparent": PARENT})
        assert answer.status_code == 201
        (request,) = named(exporter, "POST /v1/deals")
        assert request.parent is not None
        assert request.context is not None
        assert (f"{request.context.trace_id:032x}", f"{request.parent.span_id:016x}") == (TRACE, PARENT[36:52])
        told = dict(request.attributes or {})
        assert told.pop("throughline.request") == answer.headers["Throughline-Request"]
        assert told == {
            "http.request.method": "POST",
            "http.route": "/v1/deals",
            "http.response.status_code": 201,
        }
        (group,) = named(exporter, "append")
        assert group.parent is not None
        assert group.parent.span_id == request.context.span_id
        assert dict(group.attributes or {}) == {"throughline.asks": 1, "throughline.facts": 1}
        assert group.context is not None
        under = [
            span for span in named(exporter, "SQL") if span.parent and span.parent.span_id == group.context.span_id
        ]
        assert "append" in [dict(span.attributes or {})["db.query.summary"] for span in under]


async def test_those_who_were_appended_together_are_linked(database: Database, folder: Path) -> None:
    async with traced(database, folder) as (http, exporter):
        deals = [(await http.post("/v1/deals", json={"facts": [opened()]})).headers["Location"] for _ in range(8)]
        exporter.clear()
        answers = await asyncio.gather(*(http.post(f"{deal}/events", json=noted()) for deal in deals))
        assert {answer.status_code for answer in answers} == {201}
        requests = {
            span.context.span_id
            for span in exporter.get_finished_spans()
            if span.name.startswith("POST") and span.context
        }
        groups = named(exporter, "append")
        assert sum(dict(span.attributes or {})["throughline.asks"] for span in groups) == 8  # type: ignore[misc]  # integers
        assert len(groups) < 8
        told = [span.parent.span_id for span in groups if span.parent] + [
            link.context.span_id for span in groups for link in span.links
        ]
        assert set(told) == requests
        assert not _asked


async def test_nothing_of_content_keys_or_ids_is_in_a_span(database: Database, folder: Path) -> None:
    async with traced(database, folder) as (http, exporter):
        deal = (await http.post("/v1/deals", json={"facts": [opened(SECRET)]})).headers["Location"]
        await http.post(f"{deal}/events", json=noted(SECRET))
        await http.get(f"{deal}?as_of=2026-01-01T00:00:00Z")
        await http.get(f"/v1/deals?customer={SECRET}")
        await http.get(f"/v1/{SECRET}")
        await http.request(SECRET.upper(), "/v1/deals")
        wrong = await http.post(f"{deal}/events", json=fact("note.recorded", txt=SECRET))
        assert wrong.status_code == 400
        spans = exporter.get_finished_spans()
        said = "".join(span.to_json() for span in spans)
        for private in (
            SECRET,
            SECRET.upper(),
            deal.rpartition("/")[2],
            http.headers["Authorization"].partition(" ")[2],
        ):
            assert private not in said
        names = {span.name for span in spans}
        assert len(names) < 10
        refusals = {dict(span.attributes or {}).get("throughline.refusal"): span.name for span in spans}
        assert refusals["body-malformed"] == "POST /v1/deals/{stream_id}/events"


async def test_what_the_queue_refuses_leaves_nothing_behind(database: Database, folder: Path) -> None:
    async with traced(database, folder, queue_max=1) as (http, _):
        assert (await http.post("/v1/deals", json={"facts": [opened(), noted()]})).status_code == 503
        assert not _asked


async def test_a_malformed_parent_begins_a_trace_of_its_own(database: Database, folder: Path) -> None:
    async with traced(database, folder) as (http, exporter):
        await http.get("/health/live", headers={"traceparent": PARENT.upper()})
        (request,) = named(exporter, "GET /health/live")
        assert request.parent is None


async def test_when_it_is_over_everything_is_as_before(database: Database, folder: Path) -> None:
    before = [getattr(*place) for place in PLACES]
    async with traced(database, folder):
        assert all(getattr(*place) is not one for place, one in zip(PLACES, before, strict=True))
    assert [getattr(*place) for place in PLACES] == before


def test_off_nothing_of_it_is_imported() -> None:
    program = (
        "import service.serve, service.http.app, sys; "
        "sys.exit(any(name.startswith('opentelemetry') or name == 'service.tracing' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0


def test_without_the_extra_it_is_told_how_to_get_it(folder: Path, database: Database) -> None:
    """The packages are hidden from the program, as if they were not installed."""
    hidden = folder / "hidden" / "opentelemetry"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('not installed')")
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
        "PYTHONPATH": f"{hidden.parent}:{ROOT}",
        "DATABASE_URL": database.app,
        "DATABASE_MIGRATE_URL": database.owner,
    }
    (folder / "data").mkdir()
    done = command(folder / "data", "serve", environment=environment)
    assert done.returncode == 2
    assert "install throughline[traces], or unset it" in done.stderr
    assert "Traceback" not in done.stderr


class Collector(BaseHTTPRequestHandler):
    """Keeps what is sent to it."""

    def do_POST(self) -> None:
        taken: list[tuple[str, bytes]] = self.server.taken  # type: ignore[attr-defined]  # given below
        taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # as the library names it
        """Nothing."""


@pytest.mark.slow
def test_a_service_sends_its_spans_to_the_collector_and_the_last_ones_when_it_stops(
    folder: Path, database: Database, service_process: Start
) -> None:
    collector = HTTPServer(("127.0.0.1", 0), Collector)
    taken: list[tuple[str, bytes]] = []
    collector.taken = taken  # type: ignore[attr-defined]  # read above
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{collector.server_port}"
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
        service = service_process(folder / "data", database=database, environment=environment)
        answer = httpx.post(f"{service.url}/v1/deals", headers=service.headers, json={"facts": [opened()]})
        assert answer.status_code == 201
        assert service.stop() == 0
    finally:
        collector.shutdown()
        thread.join()
        collector.server_close()
    assert {path for path, _ in taken} == {"/v1/traces"}
    sent = b"".join(body for _, body in taken)
    assert b"POST /v1/deals" in sent
    assert b"append" in sent
    assert service.owner_key.encode() not in sent
