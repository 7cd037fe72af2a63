"""Whom the words of a fact are about: under whose key they are sealed, and with whom they are erased."""

from typing import Any
from uuid import UUID

from domain.events.references import PartyReference
from domain.facts import Fact
from domain.relations import EVENT, PLANS, things_in
from domain.state import Stream

# A remark on a remark on a remark: further back than this the words are taken to be about the stream.
STEPS_BACK_MAX = 8


def subject_of(stream: Stream, fact: Fact) -> UUID | None:
    """The party whom the words of `fact` are about; None when they are about the stream.

    What a type does not declare follows from what the fact is about: an answer is about whoever was asked, a correction
    about whoever its target is about. So erasing a party leaves no word about it in what was said in reply.
    """
    about: Fact | None = fact
    for _ in range(STEPS_BACK_MAX):
        if about is None or about.data is None:
            return None
        declared = PLANS[about.type].event_type.subject
        if declared is not None:
            party = getattr(about.data, declared)
            return party if isinstance(party, UUID) else None
        remark: Any = getattr(about.data, "about", None)
        if isinstance(remark, PartyReference):
            return remark.id
        about = _first_reference(stream, about)
    return None


def _first_reference(stream: Stream, fact: Fact) -> Fact | None:
    """The fact that `fact` is about, or that made the thing it is about."""
    for reference, kinds in things_in(fact.data):
        target = stream.find(reference) if kinds[0] == EVENT else stream.thing(reference)
        return None if target is None else target.fact
    return None
