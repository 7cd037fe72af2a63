"""Writes what is missing in golden/facts.json: the bytes and the shape of each version of each type.

It never changes what is there. Run it (`python -m tests.domain.golden_facts`) after adding a type or a version. A line
that would have to change means that stored facts could no longer be read: add a version instead.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from domain.events import CATALOGUE, EventType

GOLDEN = Path(__file__).with_name("golden") / "facts.json"
_EXPLAINING = frozenset({"title", "description", "default", "$defs"})


def golden() -> dict[str, dict[str, Any]]:
    """By `type/version`: `data`, the stored bytes of an example; `shape`, what its members may hold."""
    found: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))
    return found


def key(event_type: EventType) -> str:
    return f"{event_type.name}/{event_type.schema_version}"


def data_bytes(event_type: EventType) -> str:
    """The example's data as it is stored: sorted, without defaults."""
    data = msgspec.convert(event_type.example["data"], event_type.cls)
    return msgspec.json.encode(data, order="sorted").decode()


def shape(event_type: EventType) -> dict[str, Any]:
    """The schemas of the type and of what it is made of, without words that only explain."""
    _, components = msgspec.json.schema_components([event_type.cls])
    return {name: _bare(schema) for name, schema in sorted(components.items())}


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: {inner: _bare(one) for inner, one in value.items()} if name == "properties" else _bare(value)
            for name, value in sorted(schema.items())
            if name not in _EXPLAINING
        }
    return [_bare(one) for one in schema] if isinstance(schema, list) else schema


def main() -> None:
    """Add what is missing."""
    known = golden() if GOLDEN.exists() else {}
    for event_type in CATALOGUE.values():
        known.setdefault(key(event_type), {"data": data_bytes(event_type), "shape": shape(event_type)})
    GOLDEN.parent.mkdir(exist_ok=True)
    lines = [f"{json.dumps(name)}: {json.dumps(one, sort_keys=True)}" for name, one in sorted(known.items())]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
