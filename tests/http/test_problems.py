"""Every way of saying no: in one table, on a page of its own, and without a word about what is inside."""

import json
import re
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain import refusals
from domain.refusals import ALL_REFUSALS, Refusal
from service.http.operations import operation_of
from service.http.problem_kinds import ALL_KINDS, HTTP_PROBLEMS, ProblemKind
from service.http.problems import answer_to
from service.http.routes import ROUTES
from service.ledger.refusals import (
    Absent,
    AddressRefused,
    DeviceFenced,
    EventIdReused,
    KeyMadeBefore,
    LedgerRefusal,
    NoSuchKey,
    NotCheckpointed,
    NothingToErase,
    NotProvable,
    NotSummarised,
    OtherLog,
    Overloaded,
    PositionAhead,
    StoreUnavailable,
    TooManyDevices,
    TooManyFollowers,
    TooManyTests,
    TooManyTickets,
    TooManyWebhooks,
    Unreadable,
    VersionMismatch,
    WebhookWithoutKey,
)
from tests.http.conftest import ORIGIN, a_deal
from tests.http.test_decoding import refused

SCOPE = {
    "throughline.request": "0123456789abcdef",
    "raw_path": b"/v1/deals/x",
    "path_template": "/v1/deals/{stream_id}",
}
LEDGER_SAYS_NO: dict[type[LedgerRefusal], tuple[LedgerRefusal, int]] = {
    Absent: (Absent(), 404),
    NoSuchKey: (NoSuchKey(), 401),
    VersionMismatch: (VersionMismatch(3, ()), 412),
    EventIdReused: (EventIdReused(uuid4()), 422),
    Overloaded: (Overloaded(), 503),
    NotCheckpointed: (NotCheckpointed(3), 503),
    NotSummarised: (NotSummarised(), 503),
    NothingToErase: (NothingToErase(), 409),
    NotProvable: (NotProvable(), 409),
    OtherLog: (OtherLog(), 410),
    DeviceFenced: (DeviceFenced(3), 403),
    TooManyDevices: (TooManyDevices(1_000), 409),
    TooManyWebhooks: (TooManyWebhooks(20), 409),
    WebhookWithoutKey: (WebhookWithoutKey(), 409),
    AddressRefused: (AddressRefused("It is no URL."), 422),
    PositionAhead: (PositionAhead(7), 410),
    TooManyFollowers: (TooManyFollowers(), 429),
    TooManyTickets: (TooManyTickets(), 429),
    TooManyTests: (TooManyTests(), 429),
    StoreUnavailable: (StoreUnavailable("SELECT secret FROM hidden at 10.0.0.1"), 503),
    Unreadable: (Unreadable("deal/x", 3, "AESGCM InvalidTag in sealing.py"), 500),
}


@pytest.mark.parametrize("before", range(295, 301))
def test_a_long_path_is_cut_between_its_escaped_characters(before: int) -> None:
    path = b"/v1/deals/".ljust(before, b"x") + b"%F0%9D%95%8B"
    problem = json.loads(answer_to({**SCOPE, "raw_path": path}, NoSuchKey()).body)
    told = problem["instance"].partition("#")[0]
    assert path.startswith(told.encode())
    assert len(told) > before - 3
    assert not re.search(r"%(?![0-9A-F]{2})", told)


def subclasses(of: type[Exception]) -> set[type[Exception]]:
    direct = of.__subclasses__()
    return set(direct).union(*map(subclasses, direct))


def problem_for(exc: Exception) -> tuple[int, dict[str, Any]]:
    answer = answer_to(SCOPE, exc)
    return answer.code, json.loads(answer.body)


def test_every_refusal_of_the_rules_is_in_the_table() -> None:
    defined = {cls for cls in vars(refusals).values() if isinstance(cls, type) and issubclass(cls, Refusal)} - {Refusal}
    assert defined == set(ALL_REFUSALS) == {cls for cls in subclasses(Refusal) if cls.__module__ == refusals.__name__}
    for refusal in ALL_REFUSALS:
        kind = ALL_KINDS[refusal.slug]
        assert (kind.status, kind.rule, kind.remedy) == (409, refusal.rule, refusal.accepted)


def test_slugs_are_unique_and_no_refusal_has_the_slug_of_a_problem() -> None:
    slugs = [refusal.slug for refusal in ALL_REFUSALS]
    assert len(set(slugs)) == len(slugs)
    assert not set(slugs) & set(HTTP_PROBLEMS)


@pytest.mark.parametrize("kind", ALL_KINDS.values(), ids=lambda kind: kind.slug)
def test_every_kind_says_the_rule_and_what_to_do(kind: ProblemKind) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]+", kind.slug)
    assert 400 <= kind.status < 600
    for text in (kind.title, kind.rule, kind.remedy):
        assert text[0] == text[0].upper()
    assert kind.rule.endswith(".")
    assert kind.remedy.endswith(".")
    assert kind.example or kind.status == 409


def test_every_problem_that_an_operation_names_is_in_the_table() -> None:
    named = {slug for route in ROUTES if (operation := operation_of(route)) for slug in operation.problems}
    assert named <= set(HTTP_PROBLEMS)


def test_every_no_of_the_ledger_has_an_answer() -> None:
    assert subclasses(LedgerRefusal) - {KeyMadeBefore} == set(LEDGER_SAYS_NO), "that one is answered with 200"
    for exc, status in LEDGER_SAYS_NO.values():
        assert problem_for(exc)[0] == status


def test_A20_a_fault_of_ours_leaves_only_the_requests_id(caplog: pytest.LogCaptureFixture) -> None:
    secret = RuntimeError("SELECT * FROM credential; postgresql://app:hunter2@10.0.0.1/db /srv/service/ledger.py")
    status, problem = problem_for(secret)
    assert status == 500
    assert problem == {
        "type": "/problems/internal",
        "title": "Something went wrong here",
        "status": 500,
        "detail": HTTP_PROBLEMS["internal"].rule,
        "instance": "/v1/deals/x#0123456789abcdef",
        "request_id": "0123456789abcdef",
    }
    assert caplog.records[-1].exc_info
    assert "0123456789abcdef" in caplog.records[-1].getMessage()


@pytest.mark.parametrize("exc", [StoreUnavailable("SELECT 1"), Unreadable("deal/x", 1, "InvalidTag"), KeyError("dsn")])
def test_A20_nothing_inside_is_told(exc: Exception, caplog: pytest.LogCaptureFixture) -> None:
    told = answer_to(SCOPE, exc).body.decode()
    for inside in ("SELECT", "InvalidTag", "dsn", "Traceback", "psycopg", ".py", "service."):
        assert inside not in told


def test_a_503_says_when_to_come_back() -> None:
    answer = answer_to(SCOPE, Overloaded())
    assert (b"retry-after", b"1") in answer.raw_headers
    assert json.loads(answer.body)["retry_after_s"] == 1


def test_members_of_a_refusal_never_replace_the_standard_ones() -> None:
    refusal = ALL_REFUSALS[0]("No.", type="evil", status=200, instance="evil", more=1)
    _, problem = problem_for(refusal)
    assert (problem["type"], problem["status"], problem["more"]) == (f"/problems/{refusal.slug}", 409, 1)


@pytest.mark.parametrize("slug", ALL_KINDS)
def test_a_problems_type_answers_with_its_page(nobody: httpx.Client, slug: str) -> None:
    page = nobody.get(f"/problems/{slug}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    entry = nobody.get(f"/problems/{slug}").json()
    assert (entry["type"], entry["status"]) == (f"/problems/{slug}", ALL_KINDS[slug].status)


def test_problems_are_listed(nobody: httpx.Client) -> None:
    assert len(nobody.get("/problems").json()["problems"]) == len(ALL_KINDS)
    page = nobody.get("/problems", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}).text
    assert all(f"/problems/{slug}" in page for slug in ALL_KINDS)
    refused(nobody.get("/problems/nonsense"), 404)


def test_an_unknown_address_is_a_problem_too(nobody: httpx.Client) -> None:
    for path in ("/", "/v2/deals", "/v1", "/schema", "/favicon.ico", "/.env"):
        refused(nobody.get(path), 404)


def test_every_answer_has_the_requests_id_and_safe_headers(member: httpx.Client, nobody: httpx.Client) -> None:
    seen = set()
    for answer in (member.get("/v1/me"), nobody.get("/v1/me"), nobody.get("/nowhere"), nobody.get("/docs")):
        seen.add(answer.headers["Throughline-Request"])
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
    assert len(seen) == 4


def test_scripts_of_listed_origins_may_call(member: httpx.Client) -> None:
    answer = member.get("/v1/me", headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Throughline-Position" in answer.headers["Access-Control-Expose-Headers"]
    preflight = member.options(
        "/v1/deals",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
        },
    )
    assert preflight.status_code == 204


@pytest.mark.parametrize(
    "origin", ["https://evil.example", ORIGIN + ".evil.example", "https://appXexample.org", "null"]
)
def test_scripts_of_other_origins_may_not(member: httpx.Client, origin: str) -> None:
    answer = member.get("/v1/me", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    preflight = member.options("/v1/deals", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 400


def test_A21_one_line_for_each_request_and_no_secret_in_it(
    member: httpx.Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    deal = a_deal(member)
    with caplog.at_level("INFO"):
        member.get(f"{deal}/events", params={"cursor": "secret-cursor"})
        member.post(f"{deal}/events", json={"type": "note.recorded", "data": {"text": "secret words"}})
        member.get("/v1/%0a%1b[31m")
        lines: list[dict[str, Any]] = []
        end = time.monotonic() + 5
        while len(lines) < 3 and time.monotonic() < end:
            lines += [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert [(line["method"], line["status"]) for line in lines[-3:]] == [("GET", 400), ("POST", 201), ("GET", 404)]
    assert lines[-1]["path"] == "/v1/%0a%1b[31m"
    assert lines[-2]["ms"] >= 0
    told = json.dumps(lines)
    key = member.headers["Authorization"].removeprefix("Bearer ")
    assert not any(secret in told for secret in ("secret-cursor", "secret words", key))
