"""How the business says what was found out about a buyer."""

from typing import Any

from domain.facts import Proposal
from tests.domain.telling import fact, known_as


def insight(
    name: str, kind: str = "pain", uncovered_by: str = "buyer", subject: str = "buyer", **more: Any
) -> Proposal:
    said = {"kind": kind, "uncovered_by": uncovered_by, "subject": subject, "statement": "Fridays end at midnight"}
    return fact("insight.recorded", insight_id=known_as(name), **{**said, **more})


def topic(name: str, status: str = "stated", **more: Any) -> Proposal:
    """What is known of one of the five topics."""
    return fact("qualification.updated", topic=name, status=status, **more)
