"""The documentation: complete, the same as committed, readable with no other host."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from domain.events import CATALOGUE
from domain.lifecycles import LIFECYCLES
from projections.resources import RESOURCES
from service.http.examples import EXAMPLES
from service.http.openapi import document, pretty
from service.http.operations import operation_of
from service.http.permissions import ROLE_MEANS
from service.http.problem_pages import site_file
from service.http.proposals import VARIANTS
from service.http.routes import ROUTES
from tests.running import ROOT

COMMITTED = Path(ROOT, "openapi", "openapi.json")
SITE = ("docs.html", "docs.css", "docs.js", "problem.html")


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    return document(ROUTES)


def responses(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in api["paths"].values():
        for operation in methods.values():
            yield operation["operationId"], operation["responses"]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_committed_document_is_the_one_that_the_routes_make(api: dict[str, Any]) -> None:
    assert COMMITTED.read_bytes() == pretty(api), "run `throughline openapi`"


def test_the_service_answers_with_that_document(nobody: httpx.Client, api: dict[str, Any]) -> None:
    answer = nobody.get("/openapi.json")
    assert answer.json() == json.loads(pretty(api))
    assert nobody.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_every_route_is_documented_once(api: dict[str, Any]) -> None:
    documented = {(method.upper(), path) for path, methods in api["paths"].items() for method in methods}
    operations = [operation for route in ROUTES if (operation := operation_of(route))]
    assert len(operations) == len(ROUTES) == len(documented)
    assert len({operation.id for operation in operations}) == len(operations)


def test_every_reference_leads_somewhere(api: dict[str, Any]) -> None:
    schemas = api["components"]["schemas"]
    for reference in references(api):
        assert reference.removeprefix("#/components/schemas/") in schemas


def test_every_proposal_and_event_is_told_apart_by_a_constant(api: dict[str, Any]) -> None:
    schemas = api["components"]["schemas"]
    for union, names in (("Proposal", set(VARIANTS)), ("Event", set(CATALOGUE))):
        mapping = schemas[union]["discriminator"]["mapping"]
        assert set(mapping) == names
        assert [variant["$ref"] for variant in schemas[union]["oneOf"]] == list(mapping.values())
        for name, reference in mapping.items():
            variant = schemas[reference.removeprefix("#/components/schemas/")]
            assert variant["properties"]["type"] == {"type": "string", "const": name}
            assert "type" in variant["required"]
            assert variant["additionalProperties"] is False


def test_every_operation_says_which_problems_it_has(api: dict[str, Any]) -> None:
    for name, answers in responses(api):
        assert "500" in answers, name
        for status, answer in answers.items():
            assert "Throughline-Request" in answer["headers"], (name, status)
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (name, status)


def test_every_role_is_explained(api: dict[str, Any]) -> None:
    described = api["components"]["securitySchemes"]["key"]["description"]
    assert all(f"{role}: {means}." in described for role, means in ROLE_MEANS.items())


def test_no_default_is_promised_to_be_there(api: dict[str, Any]) -> None:
    assert '"default":' not in json.dumps(api["components"]["schemas"])


def test_the_catalogue_holds_every_type_with_its_example(nobody: httpx.Client, api: dict[str, Any]) -> None:
    published = nobody.get("/v1/catalogue").json()
    assert [entry["type"] for entry in published["types"]] == list(CATALOGUE)
    assert {life["thing"] for life in published["lifecycles"]} == set(LIFECYCLES)
    for entry in published["types"]:
        assert Draft202012Validator(entry["schema"]).is_valid(entry["example"]["data"]), entry["type"]
        assert entry["summary"]
        assert entry == nobody.get(f"/v1/catalogue/{entry['type']}").json()
    assert nobody.get("/v1/catalogue/nonsense").status_code == 404


def test_rules_are_sentences_about_the_type(nobody: httpx.Client) -> None:
    rules = nobody.get("/v1/catalogue/objection.resolved").json()["rules"]
    assert "`objection_id` names an objection of this stream." in rules
    assert "Follows while the objection is raised, acknowledged or answered and makes it resolved." in rules


def test_the_page_asks_no_other_host(nobody: httpx.Client) -> None:
    assert nobody.get("/docs").headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in nobody.get("/docs").headers["Content-Security-Policy"]
    for name in SITE:
        text = site_file(name).decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z0-9-]+\.[a-z]", text), name
    for path in re.findall(r'(?:href|src)="(/[^"]*)"', nobody.get("/docs").text):
        assert nobody.get(path).status_code == 200, path


def test_A25_no_version_and_no_inside_is_shown(nobody: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready", "/docs", "/problems"):
        answer = nobody.get(path)
        assert answer.status_code == 200
        assert not re.search(r"litestar|uvicorn|psycopg|python", answer.text + str(answer.headers), re.IGNORECASE)
    assert nobody.get("/health/live").json() == {"status": "live"}
    assert nobody.get("/health/ready").json() == {"status": "ready"}


def test_every_example_is_an_answer_as_the_document_describes_it(nobody: httpx.Client, api: dict[str, Any]) -> None:
    exemplified = 0
    for path in api["paths"].values():
        for operation in path.values():
            content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
            if "externalDocs" in operation:
                answer = nobody.get(operation["externalDocs"]["url"])
                assert answer.status_code == 200, answer.text
                schema = content["schema"] | {"components": api["components"]}  # where its references lead
                Draft202012Validator(schema).validate(answer.json())
                exemplified += 1
    assert exemplified == len(EXAMPLES) > len(RESOURCES)
    assert nobody.get("/docs/examples/nothing.json").status_code == 404
