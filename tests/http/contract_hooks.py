"""Where OpenAPI cannot say what the service takes, what the contract fuzz generates is brought inside by these hooks.

1. JSON Schema counts 5.0 among the integers; the service takes digits only, so that no client comes to depend on it.
2. A cursor is a string that the service made; no schema can describe which.
3. Two parameters of the agenda bound each other.
4. Waiting for facts that nobody records takes as long as it says; a list of types is described by its form alone.
5. Which policies there are is for the service's folder to say; the schema tells how their names look.
6. A difference takes two optional times, of which one at least is given.
7. An id that was drawn at random names nothing; those of a deal and a goal that are there are taken in its place, and
   they are not asked for as of a time before they were there.
8. Webhooks are called on this machine alone, and the key that the run calls with is not taken away.
9. Of the streams that are made, the document does not say by which calls one goes on.

`object_level_authorization` can tell an object by its id where that stands alone in an answer. Most calls on a stream
answer with its name, so a check of our own asks the stranger for each of them.
"""

import json
import os
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

Case = schemathesis.Case[Any]

STREAMS = {"/v1/deals": "CONTRACT_DEAL", "/v1/goals": "CONTRACT_GOAL"}
NOBODY_LISTENS = "http://127.0.0.1:9/"
SURELY_LATER = "2100"
ASKED: set[str] = set()
STRANGER = {
    header["name"]: header["value"]
    for one in json.loads(Path(os.environ["CONTRACT_IDENTITIES"]).read_text())["auth"]
    if one["name"] == "stranger"
    for header in one["fixedHeaders"]
}
FIRST = {
    "/v1/deals": {"type": "deal.opened", "data": {"title": "Shift planning"}},
    "/v1/goals": {"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}},
}
MADE = {"stream_id": "$response.header.Location#regex:([^/]+)$", "event_id": "$response.body#/events/0/event_id"}


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Whoever calls makes streams, and every call on a stream follows from its first fact."""
    paths = raw_schema["paths"]
    begun = paths["/v1/me"]["get"]["responses"]["200"].setdefault("links", {})
    for of, fact in FIRST.items():
        makes = paths[of]["post"]
        begun[makes["operationId"]] = {
            "operationId": makes["operationId"],
            "requestBody": fact,
            "x-schemathesis": {"merge_body": False},
        }
        made = makes["responses"]["201"].setdefault("links", {})
        for path, calls in paths.items():
            if path.startswith(of + "/") and "get" in calls:
                operation = calls["get"]["operationId"]
                parameters = {name: where for name, where in MADE.items() if f"{{{name}}}" in path}
                made[operation] = {"operationId": operation, "parameters": parameters}


@schemathesis.check
def not_there_for_the_stranger(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: Case) -> None:
    """What answers the caller is not found by the owner of another workspace; each call is asked once."""
    ids = [name for name in case.path_parameters if name.endswith("_id")]
    if case.method != "GET" or response.status_code != HTTPStatus.OK or not ids or case.operation.label in ASKED:
        return
    ASKED.add(case.operation.label)
    headers = {**response.request.headers, **STRANGER}
    told = httpx.get(str(response.request.url), headers=headers, trust_env=False, timeout=20)
    assert told.status_code == HTTPStatus.NOT_FOUND, f"the stranger was answered with {told.status_code}"


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """What is meant to be accepted is brought inside; what is meant to be refused stays as it is, within bounds."""
    meta = case.meta
    if meta is None or meta.generation.mode is GenerationMode.POSITIVE:
        _bring_inside(case)
    if (
        meta is not None
        and meta.phase.name is not TestPhase.STATEFUL
        and not meta.is_negative_at(ParameterLocation.PATH)
    ):
        _name_what_is_there(case)
    _keep_harmless(case)


def _bring_inside(case: Case) -> None:
    if case.query:
        case.query.pop("cursor", None)
        case.query.pop("wait", None)
        case.query.pop("types", None)
        if "policy" in case.query:
            case.query["policy"] = "trust/1"
        if "from" in case.query:
            case.query.pop("to", None)
    against = {"against_as_of", "against_known_at"} & set(case.query or ())
    if case.operation.path.endswith("/difference") and not against:
        case.query = {**(case.query or {}), "against_known_at": 0}
    if case.operation.path == "/v1/webhooks" and isinstance(case.body, dict):
        case.body.pop("types", None)
    case.body = _in_digits(case.body)


def _name_what_is_there(case: Case) -> None:
    assert case.meta is not None
    drawn = {draw.parameter_name for draw in case.meta.pool_draws}
    if "stream_id" in case.path_parameters and "stream_id" not in drawn:
        case.path_parameters["stream_id"] = os.environ[STREAMS[case.operation.path[: len("/v1/deals")]]]


def _keep_harmless(case: Case) -> None:
    if case.path_parameters.get("credential_id") == os.environ["CONTRACT_OWN_KEY"]:
        case.path_parameters["credential_id"] = str(uuid4())
    if (
        case.operation.path == "/v1/webhooks"
        and isinstance(case.body, dict)
        and str(case.body.get("url"))[:4] == "http"
    ):
        case.body["url"] = NOBODY_LISTENS


def _in_digits(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _in_digits(inner) for name, inner in value.items()}
    return [_in_digits(inner) for inner in value] if isinstance(value, list) else value
