"""The shapes of the answers about one stream, made from the list of what it can be asked."""

from functools import cache
from typing import Any

from msgspec import UNSET, Struct, UnsetType, defstruct

from projections.resources import RESOURCES, Resource
from projections.stream_state import DealState, GoalState
from projections.summary import Outlook
from service.http.proposals import Kind
from service.http.questions import Instant, Position
from service.http.timelines import TimelineStart

_COMMON: tuple[tuple[str, Any], ...] = (
    ("stream_id", str),
    ("stream_version", int),
    ("as_of", Instant | None),
    ("known_at", Instant | Position | None),
)
_TIMES = "For an absent `known_at` see the page of events."


@cache
def resource_answer(resource: Resource) -> type[Struct]:
    """What `GET …/{resource.name}` answers."""
    policy: list[tuple[str, Any]] = [("policy", str)] if resource.by_policy else []
    name = "".join(part.capitalize() for part in resource.name.split("-"))
    told = f"{resource.summary}: at the two times. {_TIMES}"
    return defstruct(f"{name}Answer", [*_COMMON, *policy, (resource.key, resource.answer)], namespace={"__doc__": told})


@cache
def state_answer(kind: Kind) -> type[Struct]:
    """What `GET /v1/deals/{id}` and `GET /v1/goals/{id}` answer: a member more for everything that was included."""
    state = DealState if kind == "deal" else GoalState
    further: list[tuple[str, Any, Any]] = [
        (resource.key, resource.answer | UnsetType, UNSET) for resource in RESOURCES.values() if kind in resource.kinds
    ]
    told = f"The state of one {kind} (P1) at the two times, with whatever `include` asked for. {_TIMES}"
    return defstruct(
        f"{kind.capitalize()}Answer",
        [
            *_COMMON,
            ("policy", str),
            ("state", state),
            ("outlook", Outlook),
            *further,
            ("timeline", TimelineStart | UnsetType, UNSET),
        ],
        namespace={"__doc__": told},
    )
