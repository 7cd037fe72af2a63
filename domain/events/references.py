"""References `{kind, id}`, for fields whose target's kind is not fixed by the field. One struct per kind, no rules."""

from typing import Annotated
from uuid import UUID

from msgspec import Struct

from domain.fields import Party, Topic, refers


class Reference(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", gc=False):
    """Points at something by its kind and id."""


class QuestionReference(Reference, frozen=True, tag="question"):
    id: Annotated[UUID, refers("question")]


class InsightReference(Reference, frozen=True, tag="insight"):
    id: Annotated[UUID, refers("insight")]


class AssumptionReference(Reference, frozen=True, tag="assumption"):
    id: Annotated[UUID, refers("assumption")]


class MotiveReference(Reference, frozen=True, tag="motive"):
    id: Annotated[UUID, refers("motive")]


class ForceReference(Reference, frozen=True, tag="force"):
    id: Annotated[UUID, refers("force")]


class NoReference(Reference, frozen=True, tag="no"):
    id: Annotated[UUID, refers("no")]


class AlternativeReference(Reference, frozen=True, tag="alternative"):
    id: Annotated[UUID, refers("alternative")]


class HesitationReference(Reference, frozen=True, tag="hesitation"):
    id: Annotated[UUID, refers("hesitation")]


class ObjectionReference(Reference, frozen=True, tag="objection"):
    id: Annotated[UUID, refers("objection")]


class CommitmentReference(Reference, frozen=True, tag="commitment"):
    id: Annotated[UUID, refers("commitment")]


class RequirementReference(Reference, frozen=True, tag="requirement"):
    id: Annotated[UUID, refers("requirement")]


class HelpReference(Reference, frozen=True, tag="help"):
    id: Annotated[UUID, refers("help")]


class MilestoneReference(Reference, frozen=True, tag="milestone"):
    id: Annotated[UUID, refers("milestone")]


class ExperimentReference(Reference, frozen=True, tag="experiment"):
    id: Annotated[UUID, refers("experiment")]


class RoutineReference(Reference, frozen=True, tag="routine"):
    id: Annotated[UUID, refers("routine")]


class OutcomeReference(Reference, frozen=True, tag="outcome"):
    id: Annotated[UUID, refers("outcome")]


class DecompositionReference(Reference, frozen=True, tag="decomposition"):
    id: Annotated[UUID, refers("decomposition")]


class StepReference(Reference, frozen=True, tag="step"):
    id: Annotated[UUID, refers("step")]


class EventReference(Reference, frozen=True, tag="event"):
    id: Annotated[UUID, refers("event")]


class PartyReference(Reference, frozen=True, tag="party"):
    id: Party


class GoalReference(Reference, frozen=True, tag="goal"):
    """Another stream: whether it is there is not known on this one."""

    id: UUID


class TopicReference(Reference, frozen=True, tag="topic"):
    """One of the five things a prepared buyer knows."""

    id: Topic


Revealed = ForceReference | ObjectionReference | TopicReference
"""What a no brought to light."""

Wanted = RequirementReference | OutcomeReference | GoalReference
"""What a motive stands behind."""

AskedFor = RequirementReference | InsightReference
"""What makes a feature worth showing."""

Anything = (
    QuestionReference
    | InsightReference
    | AssumptionReference
    | MotiveReference
    | ForceReference
    | NoReference
    | AlternativeReference
    | HesitationReference
    | ObjectionReference
    | CommitmentReference
    | RequirementReference
    | HelpReference
    | MilestoneReference
    | ExperimentReference
    | RoutineReference
    | OutcomeReference
    | DecompositionReference
    | StepReference
    | EventReference
    | PartyReference
    | GoalReference
)
