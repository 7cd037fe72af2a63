"""OpenAPI 3.1, generated from what the routes say about themselves. No single call or type is described here."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec.structs import fields

from domain.events import ClientProposal, RecordedEvent
from service import __version__
from service.http.bounds import bounds_page
from service.http.examples import EXAMPLES
from service.http.openapi_schemas import REF, polished, problem_schema, union_schema
from service.http.operations import Operation, Reply, Told, operation_of
from service.http.permissions import ROLE_MEANS
from service.http.problem_kinds import HTTP_PROBLEMS, REFUSALS
from service.http.questions import UUID_PATTERN
from service.http.roles import roles_page
from service.http.webhooks import SIGNED, WebhookMessage
from service.ledger.webhooks.messages import CONTENT_TYPE

TAGS = {
    "deals": "What happens between people who may buy and people who may sell.",
    "goals": "What happens between a person and what they want to become or do.",
    "agenda": "What is due.",
    "parties": "The people on the streams.",
    "log": "Proof: signed checkpoints of the log, and what follows from them.",
    "feed": "Following what is recorded.",
    "webhooks": "Facts sent to an address as they are recorded.",
    "sync": "Devices that record offline, and sync later.",
    "me": "The caller.",
    "members": "Who belongs to the workspace, and in which role.",
    "credentials": "Keys to the workspace, and guests' keys to one stream.",
    "catalogue": "The vocabulary: every type of fact, with its schema, its rules and an example.",
    "service": "The service itself: documentation, problems, health. No key is needed.",
}

ABOUT = """\
Facts on deals and personal goals: recorded once, never changed, read as of any moment.

Bodies are JSON in UTF-8, sent as `application/json`. Unknown fields, wrong types and strings for numbers are refused \
with a pointer to the first fault; integers are written in digits, so that `5.0` is none; of two members with one name \
the last one counts. Every refusal is a problem document whose `type` leads to a page about it. What is absent and \
what is not the caller's are never told apart.

A write is safe to repeat: the event's id (or an `Idempotency-Key`, from which ids are made) names it for ever; \
several facts that were sent with a key are repeated together and with it. Pages are followed by `next`, which holds \
the whole question; a cursor is bound to it.
"""

REQUEST_ID = Told("Throughline-Request", "The id of this request, as the log has it", {"type": "string"})
PROBLEM_HEADERS = {
    401: Told("WWW-Authenticate", "How to authenticate", {"type": "string"}),
    412: Told("ETag", "The version the stream is at"),
    429: Told("Retry-After", "Seconds to wait", {"type": "integer", "minimum": 0}),
    503: Told("Retry-After", "Seconds to wait", {"type": "integer", "minimum": 0}),
}

_UUID = {"type": "string", "format": "uuid", "pattern": UUID_PATTERN}
_PATH_PARAMETERS: Mapping[str, tuple[dict[str, Any], str]] = {
    "stream_id": (_UUID, "The stream's UUID"),
    "event_id": (_UUID, "The event's UUID"),
    "party_id": (_UUID, "The party's UUID"),
    "webhook_id": (_UUID, "The webhook's UUID"),
    "credential_id": (_UUID, "The key's UUID, which is no secret"),
    "type": ({"type": "string", "maxLength": 64}, "The stored name of a type, such as `objection.raised`"),
    "level": ({"type": "string", "pattern": r"^[0-6]$"}, "The level of a tile: 0 holds the leaves"),
    "place": (
        {"type": "string", "maxLength": 40, "pattern": r"^(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$"},
        "A tile's number in steps of three digits, all but the last behind an x; `.p/` and its width if it is not full",
    ),
    "name": ({"type": "string", "maxLength": 20}, "The name of a policy, such as `trust`"),
    "version": ({"type": "string", "maxLength": 10}, "Its version, such as `1`"),
    "example": ({"type": "string", "maxLength": 80}, "The id of a call, and `.json`"),
    "slug": ({"type": "string", "maxLength": 64}, "The last part of a problem's `type`"),
}
_PATH_PARAMETER = re.compile(r"\{(\w+):(?:str|path)\}")


def document(handlers: Iterable[Any]) -> dict[str, Any]:
    """The OpenAPI document of the operations that `handlers` answer."""
    operations = [operation for handler in handlers if (operation := operation_of(handler)) is not None]
    schemas = Schemas(operations)
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in operations:
        path = _PATH_PARAMETER.sub(r"{\1}", operation.path)
        paths[path][operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Throughline",
            "version": __version__,
            "description": ABOUT,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "webhooks": {"message": {"post": _message(schemas)}},
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "tl_<workspace and credential>_<secret>",
                    "description": "What a key may do follows from its role. "
                    + " ".join(f"{role}: {means}." for role, means in ROLE_MEANS.items()),
                }
            },
        },
    }


class Schemas:
    """The JSON schemas of everything that operations take and give; types are named once, in `components`."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        wanted: list[Any] = [ClientProposal, RecordedEvent, WebhookMessage]
        for operation in operations:
            wanted += [field.type for field in fields(operation.question)]
            wanted += [*operation.bodies, *operation.shapes]
            wanted += [reply.content for reply in operation.replies if reply.content is not None]
        schemas, components = msgspec.json.schema_components(wanted, ref_template=REF)
        proposals, events = schemas[0], schemas[1]
        named = {union_schema(proposals): "Proposal", union_schema(events): "Event"}
        self._of = {id(kind): polished(schema, named) for kind, schema in zip(wanted, schemas, strict=True)}
        self._wanted = wanted  # keeps the ids above valid
        self.components: dict[str, Any] = {
            "Proposal": polished(proposals, {})
            | {"description": "One fact as a client proposes it, told apart by `type`."},
            "Event": polished(events, {}) | {"description": "One fact as it is recorded, told apart by `type`."},
            "Problem": problem_schema(),
        } | {name: polished(schema, named) for name, schema in sorted(components.items())}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type that an operation names."""
        schema: dict[str, Any] = self._of[id(kind)]
        return schema


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation, schemas),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation, schemas),
        "security": [] if operation.public else [{"key": []}],
    }
    if operation.description:
        described["description"] = operation.description
    if operation.id in EXAMPLES:
        described["externalDocs"] = _example(operation)
    if operation.bodies:
        alternatives = [schemas.of(body) for body in operation.bodies]
        schema = alternatives[0] if len(alternatives) == 1 else {"oneOf": alternatives}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _message(schemas: Schemas) -> dict[str, Any]:
    """What a webhook's receiver is sent, and what it may answer."""
    return {
        "operationId": "receive_message",
        "tags": ["webhooks"],
        "summary": "What a webhook sends: one message, signed after Standard Webhooks",
        "parameters": [
            {
                "name": told.name,
                "in": "header",
                "required": True,
                "schema": told.schema,
                "description": told.description,
            }
            for told in SIGNED
        ],
        "requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": schemas.of(WebhookMessage)}}},
        "responses": {
            "2XX": {"description": "Taken; the next one comes"},
            "410": {"description": "The webhook is to stop"},
            "default": {"description": "Sent again later, for up to three days"},
        },
        "security": [],
    }


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": schema, "description": text}
        for name in _PATH_PARAMETER.findall(operation.path)
        for schema, text in [_PATH_PARAMETERS[name]]
    ]


def _query_parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    parameters = []
    for field in fields(operation.question):
        # An absent parameter is absent; there is no way to write null in a query string.
        schema = dict(schemas.of(field.type))
        if kept := [one for one in schema.get("anyOf", []) if one != {"type": "null"}]:
            del schema["anyOf"]
            schema |= kept[0] if len(kept) == 1 else {"anyOf": kept}
        if not field.required and field.default is not None:
            schema["default"] = field.default
        described = {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}
        if text := schema.pop("description", None):
            described["description"] = text
        parameters.append(described)
    return parameters


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": told.name,
            "in": "header",
            "required": False,
            "schema": dict(told.schema),
            "description": told.description,
        }
        for told in operation.headers
    ]


def _responses(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for reply in operation.replies:
        at = responses.setdefault(str(reply.status), {"description": reply.description})
        at.setdefault("headers", {}).update(_headers((*reply.headers, REQUEST_ID)))
        if reply.status != 304:
            at.setdefault("content", {})[reply.media_type] = {"schema": _reply_schema(reply, schemas)}
    by_status: dict[int, list[str]] = defaultdict(list)
    for slug in operation.problems:
        by_status[HTTP_PROBLEMS[slug].status].append(slug)
    if operation.refusals:
        by_status[409] = list(REFUSALS)
    for status, slugs in sorted(by_status.items()):
        told = [REQUEST_ID, *([PROBLEM_HEADERS[status]] if status in PROBLEM_HEADERS else [])]
        responses[str(status)] = {
            "description": _problem_text(status, slugs),
            "headers": _headers(told),
            "content": {"application/problem+json": {"schema": _problem_of(slugs)}},
        }
    return responses


def _example(operation: Operation) -> dict[str, str]:
    """Where the answer to the demo's story is: made when it is asked for, so that the document stays small.

    It is no example with an `externalValue`: generators of clients look for that beside the document, as a file.
    """
    return {"description": "What the demo's story answers", "url": f"/docs/examples/{operation.id}.json"}


def _reply_schema(reply: Reply, schemas: Schemas) -> dict[str, Any]:
    return {"type": "string"} if reply.content is None else schemas.of(reply.content)


def _problem_of(slugs: Iterable[str]) -> dict[str, Any]:
    kinds = [f"/problems/{slug}" for slug in slugs]
    return {"allOf": [{"$ref": REF.format(name="Problem")}, {"properties": {"type": {"enum": kinds}}}]}


def _problem_text(status: int, slugs: Iterable[str]) -> str:
    if status == 409:
        return "The rules refuse the fact; `type` says which rule, `accepted` what they would take instead"
    return "; ".join(HTTP_PROBLEMS[slug].title for slug in slugs)


def _headers(told: Iterable[Told]) -> dict[str, Any]:
    return {one.name: {"description": one.description, "schema": dict(one.schema)} for one in told}


@click.command("openapi", help="Write the OpenAPI document, and the tables of roles and of bounds beside it.")
@click.option("--output", type=click.Path(path_type=Path), default=Path("openapi/openapi.json"), show_default=True)
def command(output: Path) -> None:
    """Write the document of this version's routes."""
    from service.http.routes import ROUTES  # the routes' documents import this module

    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(pretty(document(ROUTES)))
    roles = output.with_name("roles.md")
    roles.write_text(roles_page(ROUTES), encoding="utf-8")
    limits = output.with_name("bounds.md")
    limits.write_text(bounds_page(), encoding="utf-8")
    click.echo(f"wrote {output}, {roles} and {limits}")


def pretty(described: dict[str, Any]) -> bytes:
    """The document as it is committed: indented, so that changes can be read."""
    return msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n"
