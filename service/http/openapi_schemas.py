"""From msgspec's JSON schemas to what generators of clients read best. Shapes only; no operation is described here."""

from collections.abc import Mapping
from typing import Any

import msgspec

REF = "#/components/schemas/{name}"


def union_schema(schema: Mapping[str, Any]) -> frozenset[str]:
    """What a tagged union is recognised by wherever it stands: the references to its variants."""
    return frozenset(variant.get("$ref", "") for variant in schema.get("anyOf", ()))


def polished(schema: Any, named: Mapping[frozenset[str], str]) -> Any:
    """The schema with tags as `const`, tagged unions as `oneOf` or as a reference to their name in `named`.

    Defaults move into the description: they say what an absent member means, while generators read them as a promise
    that the member is always there.
    """
    if isinstance(schema, list):
        return [polished(item, named) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "discriminator" in schema and (name := named.get(union_schema(schema))):
        return {"$ref": REF.format(name=name)}
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "anyOf" and "discriminator" in schema:
            made["oneOf"] = polished(value, named)
        elif key == "enum" and len(value) == 1:
            made |= ({"type": "string"} if isinstance(value[0], str) else {}) | {"const": value[0]}
        elif key == "enum" and all(isinstance(one, str) for one in value):
            made |= {"type": "string", "enum": value}
        elif key == "default":
            if value not in (None, [], ()):
                absent = f"Absent: {msgspec.json.encode(value).decode()}"
                made["description"] = ". ".join(filter(None, (schema.get("description"), absent)))
        elif key == "properties":
            made[key] = {name: polished(inner, named) for name, inner in value.items()}
        elif key != "title" and not (key == "description" and "description" in made):
            made[key] = polished(value, named)
    return made


def problem_schema() -> dict[str, Any]:
    """The problem document (RFC 9457) with the members that help to act."""
    text = {"type": "string"}
    members = {
        "type": {"type": "string", "format": "uri-reference", "description": "/problems/<slug>, which explains it"},
        "title": text,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "This case in a sentence"},
        "instance": {"type": "string", "format": "uri-reference", "description": "The path, and the request's id"},
        "pointer": {"type": "string", "description": "JSON pointer of the first fault in the body"},
        "parameter": {"type": "string", "description": "The query parameter at fault"},
        "header": {"type": "string", "description": "The header at fault"},
        "accepted": {"description": "What would be accepted instead"},
        "rule": {"type": "string", "description": "The rule in one sentence"},
        "current_version": {"type": "integer", "description": "The version the stream is at"},
        "missed": {
            "type": "array",
            "items": {"$ref": REF.format(name="Event")},
            "description": "The events since the version in If-Match",
        },
        "missed_complete": {"type": "boolean", "description": "Whether `missed` holds all of them"},
        "server_time": {"type": "string", "format": "date-time"},
        "retry_after_s": {"type": "integer", "description": "Seconds to wait"},
        "request_id": {"type": "string", "description": "What to tell the operator"},
    }
    return {
        "type": "object",
        "description": "Why a call was not answered as asked (RFC 9457).",
        "properties": members,
        "required": ["type", "title", "status", "detail", "instance"],
    }
