"""What is not taken: bodies, queries, paths and methods that are not what the documentation says."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.conftest import World, a_deal, fact, noted, opened

JSON = {"Content-Type": "application/json"}
LIMIT = 65_536


def refused(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    """The problem document of an answer, checked for its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert problem["status"] == status
    return problem


@pytest.fixture(scope="module")
def deal(world: World) -> str:
    with httpx.Client(base_url=world.url, headers=world.here.member.headers, trust_env=False) as http:
        return a_deal(http)


def send(http: httpx.Client, deal: str, body: bytes) -> httpx.Response:
    return http.post(f"{deal}/events", content=body, headers=JSON)


@pytest.mark.parametrize(
    ("body", "meant", "accepted"),
    [
        ({"type": "note.recorded", "data": {"txt": "x"}}, "text", ["text", "about"]),
        ({"type": "note.recorded", "dat": {"text": "x"}}, "data", None),
        ({"facts": [noted(), {"type": "deal.opened", "data": {"titel": "x"}}]}, "title", None),
        ({"fakts": [noted()], "facts": [noted()]}, "facts", ["facts", "stream_id"]),
    ],
)
def test_an_unknown_field_is_answered_with_those_that_are_known(
    member: httpx.Client, deal: str, body: Any, meant: str, accepted: Any
) -> None:
    problem = refused(member.post(f"{deal}/events", json=body))
    assert f"`{meant}`" in problem["detail"]
    assert meant in problem["accepted"]
    assert accepted is None or problem["accepted"] == accepted


def test_types_are_called_what_json_calls_them(member: httpx.Client, deal: str) -> None:
    problem = refused(member.post(f"{deal}/events", json={"type": "note.recorded", "data": {"text": 5}}))
    assert problem["detail"] == "Expected text, got a whole number."
    assert problem["accepted"] == "text"


@pytest.mark.parametrize(
    ("sent", "accepted"),
    [
        (fact("objection.raised", dimension="sellr"), ["process", "product", "self", "seller"]),
        ({"facts": [noted(), fact("objection.raised", dimension="sellr")]}, ["process", "product", "self", "seller"]),
        (fact("routine.set", schedule={"weekdays": ["friday", "mon"]}), "monday"),
        (noted() | {"visibility": "everybody"}, ["private", "participants", "team", "shared"]),
        (noted() | {"evidence": [{"kind": "film", "text": "x"}]}, ["file", "link", "measure", "quote"]),
        (noted() | {"occurred_at": "yesterday"}, "a time as in RFC 3339, such as 2026-05-01T09:00:00Z"),
        (noted() | {"local_date": "2026-02-30"}, "a date, such as 2026-05-01"),
        (noted() | {"event_id": "five"}, "a UUID"),
        (noted("a\rb"), "text without control characters other than newline and tab"),
        (fact("deal.changed", amount=1.5), "text or null"),
    ],
)
def test_a_value_that_cannot_be_is_answered_with_those_that_can(
    member: httpx.Client, deal: str, sent: Any, accepted: Any
) -> None:
    told = refused(member.post(f"{deal}/events", json=sent))["accepted"]
    assert told == accepted or accepted in told


def test_a_value_nearly_right_is_answered_with_the_one_that_was_meant(member: httpx.Client, deal: str) -> None:
    problem = refused(member.post(f"{deal}/events", json=fact("objection.raised", dimension="sellr")))
    assert problem["detail"] == "`sellr` is none of the values that may stand here. Did you mean `seller`, `self`?"


def test_so_it_is_in_bodies_that_are_no_facts(owner: httpx.Client) -> None:
    problem = refused(owner.post("/v1/members", json={"name": "Ada", "role": "boss"}))
    assert (problem["pointer"], set(problem["accepted"])) == (
        "/role",
        {"owner", "member", "coach", "auditor", "service"},
    )
    assert "name" in refused(owner.post("/v1/members", json={"nam": "Ada"}))["accepted"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "note.recorded", "data": {"text": 5}}, "/data/text"),
        ({"type": "note.recorded", "data": {}}, "/data/text"),
        ({"type": "note.recorded"}, "/data"),
        ({"type": "note.recorded", "data": {"text": "x", "colour": "red"}}, "/data/colour"),
        ({"type": "note.recorded", "data": {"text": "x", "a/b~c": 1}}, "/data/a~1b~0c"),
        ({"data": {"text": "x"}}, "/type"),
        ({"type": 5, "data": {"text": "x"}}, "/type"),
        ({"type": "note.recorded", "event_id": "five", "data": {"text": "x"}}, "/event_id"),
        ({"facts": [noted(), fact("note.recorded", text=[])]}, "/facts/1/data/text"),
        ({"facts": []}, "/facts"),
        ({"facts": [noted()] * 101}, "/facts"),
        ({"facts": [noted()], "atomic": True}, "/atomic"),
        ([], ""),
        ("text", ""),
    ],
)
def test_the_pointer_names_the_first_fault(member: httpx.Client, deal: str, body: Any, pointer: str) -> None:
    problem = refused(member.post(f"{deal}/events", json=body))
    assert problem["type"] == "/problems/body-malformed"
    assert problem["pointer"] == pointer
    assert problem["accepted"]


def test_an_unknown_type_is_answered_with_the_nearest_known(member: httpx.Client, deal: str) -> None:
    problem = refused(member.post(f"{deal}/events", json=fact("objection.rised", statement="Too dear")))
    assert problem["pointer"] == "/type"
    assert "objection.raised" in problem["accepted"]
    assert "`objection.rised`" in problem["detail"]


def test_what_only_the_service_records_is_no_type_for_clients(member: httpx.Client, deal: str) -> None:
    for name in ("content.erased", "credential.issued", "role.changed"):
        assert refused(member.post(f"{deal}/events", json=fact(name)))["pointer"] == "/type"


def test_a_batch_may_name_its_members_in_any_order(member: httpx.Client) -> None:
    stream = str(uuid4())
    body = b'{ "stream_id": "%b", "facts": [{"data": {"title": "Late tag"}, "type": "deal.opened"}]}' % stream.encode()
    answer = member.post("/v1/deals", content=body, headers=JSON)
    assert answer.headers["Location"] == f"/v1/deals/{stream}"
    twin = str(uuid4())
    body = b'{"facts": [{"type": "deal.opened", "data": {"title": "Facts"}}], "stream_id": "%b"}' % twin.encode()
    assert member.post("/v1/deals", content=body, headers=JSON).headers["Location"] == f"/v1/deals/{twin}"


@pytest.mark.parametrize("member_name", ["workspace_id", "stream_version", "position", "recorded_at", "actor", "role"])
def test_A5_what_the_service_says_cannot_be_said_by_a_client(member: httpx.Client, deal: str, member_name: str) -> None:
    before = len(member.get(f"{deal}/events").json()["events"])
    problem = refused(member.post(f"{deal}/events", json={**noted(), member_name: "x"}))
    assert problem["pointer"] == f"/{member_name}"
    assert len(member.get(f"{deal}/events").json()["events"]) == before


@pytest.mark.parametrize("value", [b'"3"', b"3.0", b"true", b"3e0", b"[]", b"{}", b"9" * 400, b"-1", b"6"])
def test_A6_a_number_is_a_number_inside_its_bounds(member: httpx.Client, deal: str, value: bytes) -> None:
    body = b'{"type":"force.observed","data":{"force":"push","statement":"x","intensity":%b}}' % value
    problem = refused(send(member, deal, body))
    assert problem["pointer"] == "/data/intensity"


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"0x1", b"01"])
def test_A6_a_float_is_json_and_finite(member: httpx.Client, deal: str, value: bytes) -> None:
    body = b'{"type":"confidence.stated","data":{"about":"x","value":%b}}' % value
    refused(send(member, deal, body))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"type":"note.recorded","data":{"text":' + b"[" * 60_000,
        b'{"type":"note.recorded","data":' + b'{"a":' * 12_000,
        b'{"facts":' + b"[" * 60_000,
    ],
)
def test_A7_nesting_is_refused_at_once(member: httpx.Client, deal: str, body: bytes) -> None:
    began = time.monotonic()
    refused(send(member, deal, body))
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\\udc00x",
        b"\\u0000",
        b"\x00",
        b"\\u0007",
        b"\\u001b[31m",
        b"\\u009b",
    ],
)
def test_A8_what_is_no_text_is_refused(member: httpx.Client, deal: str, text: bytes) -> None:
    refused(send(member, deal, b'{"type":"note.recorded","data":{"text":"a%b"}}' % text))


def test_A8_a_byte_order_mark_is_no_json(member: httpx.Client, deal: str) -> None:
    refused(send(member, deal, b'\xef\xbb\xbf{"type":"note.recorded","data":{"text":"a"}}'))


@pytest.mark.parametrize(
    "text", ["\u202eevil", "zero\u200bwidth", "line\nand\ttab", "🙂 ok", "'; DROP TABLE event; --"]
)
def test_A8_A14_any_other_text_comes_back_as_it_was(member: httpx.Client, deal: str, text: str) -> None:
    answer = member.post(f"{deal}/events", json=noted(text))
    assert answer.status_code == 201
    event_id = answer.json()["events"][0]["event_id"]
    assert member.get(f"{deal}/events/{event_id}").json()["event"]["data"]["text"] == text


def test_A8_combining_marks_do_not_hurt(member: httpx.Client, deal: str) -> None:
    assert member.post(f"{deal}/events", json=noted("a" + "\u0301" * 3_999)).status_code in (201, 409)
    refused(member.post(f"{deal}/events", json=noted("a" + "\u0301" * 4_000)))


def test_A9_one_byte_over_the_limit_is_refused_before_it_is_read(member: httpx.Client, deal: str) -> None:
    body = b'{"type":"note.recorded","data":{"text":"' + b"x" * LIMIT
    problem = refused(send(member, deal, body[: LIMIT + 1]), 413)
    assert problem["accepted"] == LIMIT
    refused(send(member, deal, body[:LIMIT]), 400)


def test_A9_a_chunked_body_is_refused_as_soon_as_it_is_too_large(member: httpx.Client, deal: str) -> None:
    answer = member.post(f"{deal}/events", content=(b" " * 8_192 for _ in range(64)), headers=JSON)
    assert refused(answer, 413)["type"] == "/problems/body-too-large"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity"])
def test_A9_compressed_bodies_are_not_taken(member: httpx.Client, deal: str, encoding: str) -> None:
    headers = {**JSON, "Content-Encoding": encoding}
    refused(member.post(f"{deal}/events", content=b"{}", headers=headers), 415)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/json; charset=latin-1"],
)
def test_only_json_is_taken(member: httpx.Client, deal: str, kind: str) -> None:
    body = b'{"type":"note.recorded","data":{"text":"x"}}'
    refused(member.post(f"{deal}/events", content=body, headers={"Content-Type": kind}), 415)
    refused(member.post(f"{deal}/events", content=body), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
def test_json_may_name_its_charset(member: httpx.Client, deal: str, kind: str) -> None:
    body = b'{"type":"note.recorded","data":{"text":"x"}}'
    assert member.post(f"{deal}/events", content=body, headers={"Content-Type": kind}).status_code == 201


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=1_0", "limit"),
        ("limit=+5", "limit"),
        ("limit=5.0", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=", "limit"),
        ("limit=100000000000000000000", "limit"),
        ("limit=-9223372036854775809", "limit"),
        ("limit=5&limit=6", "limit"),
        ("offset=5", "offset"),
        ("direction=up", "direction"),
        ("family=nonsense", "family"),
        ("type=nonsense", "type"),
        ("as_of=2026-05-01", "as_of"),
        ("as_of=2026-05-01T09:00:00", "as_of"),
        ("as_of=2026-05-01T09:00:00+01:00", "as_of"),  # a plus in a query is a space
        ("as_of=2026-02-30T09:00:00Z", "as_of"),
        ("as_of=0001-01-01T00:00:00%2B14:00", "as_of"),
        ("as_of=1777626000", "as_of"),
        ("known_at=-1", "known_at"),
        ("known_at=9223372036854775808", "known_at"),
        ("known_at=1.5", "known_at"),
    ],
)
def test_A12_A13_a_query_is_as_strict_as_a_body(member: httpx.Client, deal: str, query: str, parameter: str) -> None:
    problem = refused(member.get(f"{deal}/events?{query}"))
    assert problem["type"] == "/problems/query-malformed"
    assert problem["parameter"] == parameter
    assert problem["accepted"]


@pytest.mark.parametrize(("query", "accepted"), [("%ff=1", "UTF-8"), ("&".join(f"a{n}=1" for n in range(60)), 50)])
def test_a_fault_of_the_whole_query_is_laid_on_no_parameter(
    member: httpx.Client, deal: str, query: str, accepted: Any
) -> None:
    problem = refused(member.get(f"{deal}/events?{query}"))
    assert "parameter" not in problem
    assert (problem["type"], problem["accepted"]) == ("/problems/query-malformed", accepted)


def test_one_of_a_few_is_refused_with_those_there_are(member: httpx.Client) -> None:
    sort = member.get("/v1/deals?sort=newest").json()
    assert (sort["parameter"], sort["accepted"]) == ("sort", ["opened", "last_event", "next_due", "trust"])
    signal = member.get("/v1/deals?signal=lazy").json()
    assert {"any", "silence", "inaction_risk"} <= set(signal["accepted"])


def test_a_query_string_has_a_bound(member: httpx.Client, deal: str) -> None:
    refused(member.get(f"{deal}/events?cursor={'x' * 9_000}"), 414)


@pytest.mark.parametrize(
    "tail",
    [
        "nonsense",
        "01890000-0000-7000-8000-00000000000",
        "01890000-0000-7000-8000-00000000000G",
        "{01890000-0000-7000-8000-000000000001}",
        "urn:uuid:01890000-0000-7000-8000-000000000001",
        "018900000000700080000000000000ab",
        "٠1890000-0000-7000-8000-000000000001",
        "1_0",
        "9" * 30,
        "%00",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "01890000-0000-7000-8000-000000000001%0a",
        "01890000-0000-7000-8000-000000000001;x=1",
    ],
)
def test_A12_another_form_of_an_id_names_nothing(member: httpx.Client, tail: str) -> None:
    refused(member.get(f"/v1/deals/{tail}"), 404)


@pytest.mark.parametrize("path", ["//v1/me", "/v1//me", "/v1/me/", "/v1/me//", "/V1/me", "/v1/me%00", "/v1/./me/.."])
def test_A12_a_path_is_written_in_one_way(world: World, member: httpx.Client, path: str) -> None:
    request = httpx.Request("GET", httpx.URL(world.url).copy_with(raw_path=path.encode()), headers=member.headers)
    assert member.send(request).status_code in (400, 404)


def test_A14_filters_are_text_and_never_sql(member: httpx.Client) -> None:
    for evil in ("' OR 1=1 --", "%", "_", "\\", "$1", "%(workspace)s", "{}", "\u0130"):
        answer = member.get("/v1/deals", params={"text": evil, "customer": evil})
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD"])
@pytest.mark.parametrize(("path", "allow"), [("/v1/deals", "GET, POST"), ("/v1/me", "GET"), ("/docs", "GET")])
def test_A19_other_methods_are_told_which_ones_there_are(
    member: httpx.Client, method: str, path: str, allow: str
) -> None:
    answer = member.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allow
    if method != "HEAD":
        assert refused(answer, 405)["accepted"] == allow.split(", ")


@pytest.mark.parametrize("method", ["BREW", "PROPFIND"])
def test_A19_made_up_methods_do_nothing(member: httpx.Client, method: str) -> None:
    assert member.request(method, "/v1/deals").status_code in (400, 405, 501)


def test_A15_headers_do_not_move_a_call_elsewhere(world: World, member: httpx.Client) -> None:
    headers = {
        "X-HTTP-Method-Override": "DELETE",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "10.0.0.1",
        "X-Original-URL": "/v1/deals",
        "Throughline-Workspace": str(world.elsewhere.id),
    }
    answer = member.get("/v1/me", headers=headers)
    assert answer.json()["workspace_id"] == str(world.here.id)
    created = member.post("/v1/deals", json=opened(), headers=headers)
    assert created.headers["Location"].startswith("/v1/deals/")


def test_A15_a_strange_host_is_refused(member: httpx.Client) -> None:
    answer = member.get("/v1/me", headers={"Host": "a b<script>"})
    assert answer.status_code == 400


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "application/json;q=0", "image/*"])
def test_another_form_of_an_answer_is_not_there(member: httpx.Client, accept: str) -> None:
    assert refused(member.get("/v1/me", headers={"Accept": accept}), 406)["accepted"] == ["application/json"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, */*;q=0.1", "application/json;q=0.5"])
def test_json_is_what_answers_are(member: httpx.Client, accept: str) -> None:
    assert member.get("/v1/me", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_A13_times_at_the_edge_of_the_calendar(member: httpx.Client, deal: str, moment: str) -> None:
    answer = member.post(f"{deal}/events", json={**noted(), "occurred_at": moment})
    assert answer.status_code in (400, 409), answer.text
    me = member.get("/v1/me").json()["party_id"]
    promise = fact("commitment.made", debtor=me, creditor=me, statement="Call", due_at=moment)
    assert member.post(f"{deal}/events", json=promise).status_code in (400, 409)
