"""The catalogue as it is published: each type with schema, rules in sentences and example. Decides no rule."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from domain.events import CATALOGUE, EventType
from domain.lifecycles import LIFECYCLES, Transitions
from service.http.openapi_schemas import polished


class Step(Struct, frozen=True):
    """A step in a thing's life: in the state `before` (null: not there yet), a fact of `type` leads to `after`."""

    before: str | None
    type: str
    after: str


class Lifecycle(Struct, frozen=True):
    """The life of one kind of thing on a stream. What is not among the steps is refused."""

    thing: str
    states: list[str]
    steps: list[Step]


class TypeEntry(Struct, frozen=True):
    """A type of fact. Members of `data`: `words` go with erasure, `doer` is whose act it is, `subject` about whom."""

    type: str
    family: str
    summary: str
    on: list[str]
    schema_version: int
    recorded_by: str
    doer: str | None
    subject: str | None
    words: list[str]
    rules: list[str]
    example: dict[str, Any]
    schema: dict[str, Any]


class Vocabulary(Struct, frozen=True):
    """Every type of fact, and the life of everything that facts make."""

    types: list[TypeEntry]
    lifecycles: list[Lifecycle]


@cache
def vocabulary() -> Vocabulary:
    """The whole catalogue; made once, when it is first asked for."""
    return Vocabulary(
        [entry(event_type) for event_type in CATALOGUE.values()],
        [lifecycle(thing, transitions) for thing, transitions in LIFECYCLES.items()],
    )


def lifecycle(thing: str, transitions: Transitions) -> Lifecycle:
    """A table of steps, with its states in the order in which they are first reached."""
    steps = [Step(before, by, after) for (before, by), after in transitions.items()]
    return Lifecycle(thing, list(dict.fromkeys(transitions.values())), steps)


def entry(event_type: EventType) -> TypeEntry:
    """What is published of one type."""
    schema = polished(msgspec.json.schema(event_type.cls), {})
    definitions: Mapping[str, Any] = schema["$defs"]
    return TypeEntry(
        type=event_type.name,
        family=event_type.family,
        summary=event_type.summary,
        on=sorted(event_type.on),
        schema_version=event_type.schema_version,
        recorded_by="service" if event_type.service_only else "client",
        doer=event_type.doer,
        subject=event_type.subject,
        words=[_path(path) for path in event_type.words],
        rules=list(rules(event_type)),
        example=msgspec.to_builtins(event_type.example),
        schema=definitions[event_type.cls.__name__] | _others(definitions, event_type.cls.__name__),
    )


def _others(definitions: Mapping[str, Any], own: str) -> dict[str, Any]:
    others = {name: schema for name, schema in definitions.items() if name != own}
    return {"$defs": others} if others else {}


def _path(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(".*", "[]")


def rules(event_type: EventType) -> Iterator[str]:
    """What is demanded of a fact of this type beside its schema, in sentences."""
    if event_type.service_only:
        yield "Recorded by the service itself."
    elif len(event_type.on) == 1:
        yield f"Only on a {next(iter(event_type.on))}."
    for path, thing in event_type.creates:
        yield f"`{_path(path)}` is the id of a new {thing}; the service makes it when it is absent."
    for path, things in event_type.refers:
        yield f"`{_path(path)}` names {' or '.join(_with_article(thing) for thing in things)} of this stream."
    for path in event_type.parties:
        if event_type.name != "participant.joined":
            yield f"`{_path(path)}` is a participant of the stream."
    for thing, transitions in LIFECYCLES.items():
        if states := [before for before, by in transitions if by == event_type.name and before is not None]:
            after = {transitions[state, event_type.name] for state in states}
            led = f" and makes it {next(iter(after))}" if len(after) == 1 else ""
            yield f"Follows while the {thing} is {_listed(states)}{led}."
    if event_type.doer:
        yield f"The act is that of `{event_type.doer}`, unless `on_behalf_of` says otherwise."


def _with_article(thing: str) -> str:
    return f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"


def _listed(states: list[str]) -> str:
    return states[0] if len(states) == 1 else f"{', '.join(states[:-1])} or {states[-1]}"
