"""Examples of answers, made by asking the demo's two stories the question itself. Nothing here is written by hand."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from domain.admission import decide
from domain.events import ClientProposal
from domain.facts import Caller
from domain.refusals import Refusal
from domain.stream import Stream, fold, initial
from projections.resources import RESOURCES, Resource
from projections.stream_state import stream_state
from projections.summary import summary
from projections.view import View
from service.demo.story import Telling, default_telling, story
from service.http.proposals import Kind

# Whoever reads the page shall see the same answer as the one who read it yesterday.
FIRST_DAY = date(2026, 3, 2)
TELLER = UUID("0193a000-0000-7000-8000-0000000000a1")
LATER = timedelta(hours=1)

_proposal = msgspec.json.Decoder(ClientProposal).decode


class Told(msgspec.Struct, frozen=True):
    """A story as it stands the day after its last fact."""

    stream: Stream
    at: datetime


@cache
def told(kind: Kind) -> Told:
    """The demo's story of this kind, told to the rules themselves."""
    telling = Telling(story(kind), default_telling(TELLER), TELLER)
    stream = initial(f"{kind}/{telling.stream_id}")
    caller = Caller(TELLER, "owner")
    at = datetime.min.replace(tzinfo=UTC)
    for line in telling.story.facts:
        proposal = _proposal(msgspec.json.encode(telling.proposal(line, FIRST_DAY)))
        assert proposal.event_id is not None, "a story says the same twice"
        at = max(at, proposal.occurred_at + LATER)
        try:
            decide(stream, [(proposal, proposal.event_id)], caller, at)
        except Refusal:
            assert line.refused is not None, f"the rules refuse {line.told}"
    # Some facts were told later than they happened; answers are about the order of happening.
    entries = sorted(stream.entries(), key=lambda entry: (entry.at, entry.fact.stream_version))
    day_after = datetime.combine(FIRST_DAY + timedelta(days=telling.story.last_day + 1), datetime.min.time(), UTC)
    return Told(fold(stream.stream_id, [entry.fact for entry in entries]), day_after)


def _state(kind: Kind) -> Any:
    view = _view(kind)
    state, outlook = stream_state(view.stream, view.at), summary(view).outlook(view.at)
    return _answer(view, {"policy": view.policy.key, "state": state, "outlook": outlook})


def _resource(kind: Kind, resource: Resource) -> Any:
    view = _view(kind)
    policy: dict[str, Any] = {"policy": view.policy.key} if resource.by_policy else {}
    return _answer(view, policy | {resource.key: resource.of(view)})


def _view(kind: Kind) -> View:
    about = told(kind)
    return View(about.stream, about.at)


def _answer(view: View, members: dict[str, Any]) -> dict[str, Any]:
    version = view.stream.version  # the story is alone in its log
    return {
        "stream_id": view.stream.stream_id,
        "stream_version": version,
        "as_of": view.at,
        "known_at": version,
        **members,
    }


_KINDS: tuple[Kind, ...] = ("deal", "goal")
EXAMPLES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {f"read_{kind}": partial(_state, kind) for kind in _KINDS}
    | {
        f"{kind}_{resource.key}": partial(_resource, kind, resource)
        for kind in _KINDS
        for resource in RESOURCES.values()
        if kind in resource.kinds
    }
)
"""By the id of the operation; each makes its answer when it is asked for."""
