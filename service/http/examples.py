"""Examples of answers, made by asking the demo's two stories the question itself. Nothing here is written by hand."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

import msgspec

from domain.facts import stream_uuid
from domain.history import effective
from domain.stream import fold
from projections.audit import Audit
from projections.deal_figures import deal_figures
from projections.difference import Rewritten, difference
from projections.goal_tree import goal_tree
from projections.patterns import patterns
from projections.replay import replay
from projections.resources import RESOURCES, Resource
from projections.sentences import Teller
from projections.stream_state import stream_state
from projections.summary import summary
from projections.timeline import Timeline
from projections.timeline.header import header
from projections.trust.changes import trust_history
from projections.trust.party import party_trust
from projections.trust.voided import voided_trust
from projections.view import View
from service.http.proposals import Kind
from service.http.told_story import TELLER, ToldStory, told
from service.ledger.wire import event_json

# As much of a page as shows what one looks like.
SHOWN = 4


def _state(kind: Kind) -> Any:
    story = told(kind)
    view = story.view()
    state, outlook = stream_state(view.stream, view.at), summary(view).outlook(view.at)
    return _answer(story, policy=view.policy.key, state=state, outlook=outlook)


def _resource(kind: Kind, resource: Resource) -> Any:
    story = told(kind)
    view = story.view()
    policy = {"policy": view.policy.key} if resource.by_policy else {}
    return _answer(story, **policy, **{resource.key: resource.of(view)})


def _events(kind: Kind) -> Any:
    story = told(kind)
    return _answer(story, next=None, events=[msgspec.Raw(event_json(one)) for one in story.records[:SHOWN]])


def _timeline(kind: Kind) -> Any:
    story = told(kind)
    view = story.view()
    timeline = Timeline(view, story.records, None)
    return _answer(
        story,
        next=None,
        policy=view.policy.key,
        header=header(view),
        changes_at=timeline.changes_at,
        entries=[entry for _, entry in timeline.entries(SHOWN, backward=True)],
    )


def _trust_history(kind: Kind) -> Any:
    story = told(kind)
    found = trust_history(story.view(), limit=SHOWN, spaced=SHOWN)
    return _answer(
        story,
        next=None,
        policy=found.policy,
        points=found.points,
        points_total=found.points_total,
        spaced=found.spaced,
    )


def _voided_trust(kind: Kind) -> Any:
    story = told(kind)
    view = story.view()
    held = effective([one for one in story.records if one.fact.type != "event.voided"])
    unvoided = View(fold(story.stream_id, [one.fact for one in held]), view.at, view.policy)
    return _answer(story, policy=view.policy.key, voided=voided_trust(view, unvoided))


def _replay(kind: Kind) -> Any:
    story = told(kind)
    steps = [
        {"event": msgspec.Raw(event_json(step.record)), "at": step.at, "state": step.state, "change": step.change}
        for step in islice(replay(story.stream_id, effective(story.records)), 2)
    ]
    return _answer(story, next=None, steps=steps)


def _audit(kind: Kind) -> Any:
    story = told(kind)
    audit = Audit(story.records, story.recorded, Teller(story.recorded))
    entries = list(islice(audit.entries(backward=True), SHOWN))
    return _answer(story, next=None, entries=entries, totals=audit.totals(), as_seen_by=None, seen_as=None)


def _difference(kind: Kind) -> Any:
    story = told(kind)
    then = story.records[-SHOWN].fact.occurred_at
    found = difference(story.view(then), story.view(), Rewritten({}, {}))
    return _answer(
        story, policy=story.view().policy.key, against_as_of=then, against_known_at=story.version, difference=found
    )


def _tree() -> Any:
    story = told("goal")
    tree = goal_tree({stream_uuid(story.stream_id): story.view()}, stream_uuid(story.stream_id))
    return _across(story.view(), story, tree=tree)


def _patterns() -> Any:
    story = told("deal")
    return _across(story.view(), story, patterns=patterns([deal_figures(story.view())]))


def _party_trust() -> Any:
    story = told("deal")
    return _across(story.view(), story, trust=party_trust(TELLER, [story.view()], story.at))


def _answer(story: ToldStory, **members: Any) -> dict[str, Any]:
    return {
        "stream_id": story.stream_id,
        "stream_version": story.version,
        "as_of": story.at,
        "known_at": story.version,
        **members,
    }


def _across(view: View, story: ToldStory, **members: Any) -> dict[str, Any]:
    return {"policy": view.policy.key, "as_of": story.at, "known_at": story.version, **members}


_KINDS: tuple[Kind, ...] = ("deal", "goal")
_PAGES: Mapping[str, Callable[[Kind], Any]] = MappingProxyType(
    {
        "read_{}": _state,
        "list_{}_events": _events,
        "{}_timeline": _timeline,
        "{}_trust_history": _trust_history,
        "{}_voided_trust": _voided_trust,
        "replay_{}": _replay,
        "audit_{}": _audit,
        "{}_difference": _difference,
    }
)
EXAMPLES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {name.format(kind): partial(page, kind) for kind in _KINDS for name, page in _PAGES.items()}
    | {
        f"{kind}_{resource.key}": partial(_resource, kind, resource)
        for kind in _KINDS
        for resource in RESOURCES.values()
        if kind in resource.kinds
    }
    | {"goal_tree": _tree, "patterns": _patterns, "party_trust": _party_trust}
)
"""By the id of the operation; each makes its answer when it is asked for."""
