"""A caller's `traceparent` comes back, and stands in the request's log line; what is malformed does neither."""

import json
from pathlib import Path

import httpx
import pytest

from service.http.trace_context import echoed, trace_id
from tests.running import Start

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
MALFORMED = (
    "",
    PARENT.upper(),
    PARENT + "-00",
    f"00-{'0' * 32}-00f067aa0ba902b7-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-00f067aa0ba902b7-01",
    f"01-{TRACE}-00f067aa0ba902b7-01-{'x' * 200}",
    f"00-{TRACE}-00f067aa0ba902b7",
    f'00-{TRACE}-00f067aa0ba902b7-01"}}',
)


def test_a_well_formed_one_comes_back_on_every_answer(nobody: httpx.Client) -> None:
    for path in ("/health/live", "/v1/deals", "/nothing/here", "//"):
        assert nobody.get(path, headers={"traceparent": PARENT}).headers["traceparent"] == PARENT
    assert "traceparent" not in nobody.get("/health/live").headers


@pytest.mark.parametrize("value", MALFORMED)
def test_a_malformed_one_is_as_none(nobody: httpx.Client, value: str) -> None:
    answer = nobody.get("/health/live", headers={"traceparent": value})
    assert answer.status_code == 200
    assert "traceparent" not in answer.headers


def test_a_later_version_may_have_more_parts() -> None:
    later = f"01-{TRACE}-00f067aa0ba902b7-01-more".encode()
    assert echoed({"headers": [(b"traceparent", later)]}) == ((b"traceparent", later),)
    assert trace_id(later) == TRACE


def test_the_log_line_names_the_trace_and_the_refusal(data: Path, service_process: Start) -> None:
    service = service_process(data)
    httpx.get(f"{service.url}/v1/deals", headers={"traceparent": PARENT})
    httpx.get(f"{service.url}/v1/me", headers=service.headers)
    assert service.stop() == 0
    lines = [json.loads(line) for line in service.output.splitlines() if line.startswith("{")]
    asked = {line["path"]: line for line in lines if line.get("event") == "request"}
    assert (asked["/v1/deals"]["trace"], asked["/v1/deals"]["refusal"]) == (TRACE, "no-valid-key")
    assert not asked["/v1/me"].keys() & {"trace", "refusal"}
