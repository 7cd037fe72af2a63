"""The gate: whether a fact may go on the stream. Asks the rules in turn; the first that says no is the refusal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.completion import PLAN_OF, complete
from domain.corrections import REWRITING, VOID, as_it_holds, replaced, rewritings
from domain.facts import Caller, Fact, Proposal
from domain.invitation import within_invitation
from domain.refusals import AlreadySo, ContentIsErased, LaterFactsDepend, Refusal
from domain.relations import PLANS
from domain.rules.membership import MEMBERSHIP
from domain.rules.record import ABOUT_A_FACT, about_a_fact
from domain.rules.references import SAYS_MORE, ids_are_new, narrowest, not_wider_than, parties_take_part, things_exist
from domain.rules.saying import says_clearly, when
from domain.rules.standing import STANDING, opened_once
from domain.rules.steps import accepted_steps, next_step
from domain.sight import may_see
from domain.state import Stream
from domain.stream import evolve, extend, initial, take

__all__ = ["admit", "complete", "decide"]

# A refusal lists this many of the facts that stand in its way; a longer list is for the stream's own resource.
DEPENDING_MAX = 100


def decide(stream: Stream, proposals: Sequence[tuple[Proposal, UUID]], caller: Caller, at: datetime) -> list[Fact]:
    """The facts of one atomic batch, each decided after the one before it; `stream` has taken them all.

    Give it a fork: it raises the `Refusal` of the first fact that may not be, with the facts before it already taken.
    Voids that follow one another in the batch are judged together.
    """
    if stream.erased:
        raise ContentIsErased("The content of this stream was destroyed.")
    facts: list[Fact] = []
    voids: list[Fact] = []
    for proposal, event_id in proposals:
        is_void = PLAN_OF[type(proposal)].event_type.name == VOID
        if voids and not is_void:
            facts += _take_voids(stream, voids, caller)
            voids = []
        fact = complete(stream, proposal, caller, event_id=event_id, at=at)
        if is_void:
            _admit_alone(stream, fact, caller, at)
            for other in voids:
                if other.data.target_event_id == fact.data.target_event_id:
                    raise AlreadySo("The batch voids the same fact twice.", event_id=other.event_id)
            voids.append(msgspec.structs.replace(fact, stream_version=fact.stream_version + len(voids)))
        else:
            admit(stream, fact, caller, at)
            evolve(stream, fact)
            facts.append(fact)
    if voids:
        facts += _take_voids(stream, voids, caller)
    return facts


def admit(stream: Stream, fact: Fact, caller: Caller, at: datetime) -> None:
    """Raise the named refusal that keeps `fact` off the stream, or return. `at` is now."""
    _admit_alone(stream, fact, caller, at)
    if fact.type in REWRITING:
        _nothing_depends(stream, [fact], caller)


def judge(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    """The rules about state alone, which also hold for facts that are read again after a void or a correction."""
    plan = PLANS[fact.type]
    opened_once(stream, fact, plan)
    things_exist(stream, fact, plan, caller)
    ids_are_new(stream, fact, plan, caller)
    parties_take_part(stream, fact, plan)
    standing = STANDING.get(fact.type) or MEMBERSHIP.get(fact.type)
    if standing is not None:
        standing(stream, fact, caller)
    if plan.step is not None:
        next_step(stream, fact, plan.step, caller)
        if fact.type == "goal.decomposition_accepted":
            accepted_steps(stream, fact, caller)


def _admit_alone(stream: Stream, fact: Fact, caller: Caller, at: datetime) -> None:
    plan = PLANS[fact.type]
    within_invitation(fact, caller)
    when(fact, at)
    says_clearly(fact, plan, at)
    judge(stream, fact, caller)
    if fact.type in ABOUT_A_FACT:
        about_a_fact(stream, fact, caller)
    if fact.type != "visibility.widened" and (plan.event_type.refers or fact.type in SAYS_MORE):
        not_wider_than(fact, narrowest(stream, fact.data, plan))
    if fact.type == "event.corrected":
        _corrected_says_clearly(stream, fact, at)


def _corrected_says_clearly(stream: Stream, correction: Fact, at: datetime) -> None:
    target = stream.find(correction.data.target_event_id)
    if target is not None:
        says_clearly(replaced(target.fact, correction), PLANS[target.fact.type], at)


# -- voids and corrections: the later facts are asked again


def _take_voids(stream: Stream, voids: list[Fact], caller: Caller) -> list[Fact]:
    _nothing_depends(stream, voids, caller)
    extend(stream, voids)
    return voids


def _nothing_depends(stream: Stream, rewriting: list[Fact], caller: Caller) -> None:
    """Refuse what would leave later facts without what they rest on, naming those that the caller may see."""
    depending = _depending(stream, rewriting)
    if not depending:
        return
    seen = [fact for fact in depending if may_see(fact, caller, stream)]
    listed: list[dict[str, Any]] = [{"event_id": fact.event_id, "type": fact.type} for fact in seen[:DEPENDING_MAX]]
    raise LaterFactsDepend(
        "Later facts would no longer be possible.", depending=listed, complete=len(listed) == len(depending)
    )


def _depending(stream: Stream, rewriting: list[Fact]) -> list[Fact]:
    """The facts that the stream, folded again with `rewriting`, would refuse. That one is so already is no harm."""
    recorded = list(stream.facts)
    voided, corrected = rewritings([*recorded, *rewriting])
    targets = {fact.data.target_event_id for fact in rewriting}
    touched = False
    refused = []
    again = initial(stream.stream_id)
    for fact in recorded:
        holds = as_it_holds(fact, voided, corrected)
        touched = touched or fact.event_id in targets
        if touched and holds is not None and holds.data is not None:
            try:
                judge(again, holds, None)
            except AlreadySo:
                pass
            except Refusal:
                refused.append(fact)
                holds = None
        take(again, fact, holds)
    return refused
