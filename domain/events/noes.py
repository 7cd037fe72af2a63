"""Facts about noes, hesitations and what was ruled out. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domain.events.declaring import BOTH, DEAL, Data, declares
from domain.events.references import Revealed
from domain.events.samples import ALTERNATIVE, BUYER, FORCE, HESITATION, NO, SELLER
from domain.fields import LIST_ITEMS_MAX, Due, Party, Text, Title, creates, refers

NoKind = Literal["final", "conditional", "deferral"]


@declares("no.invited", on=BOTH, doer="by", subject="by", example={"by": SELLER})
class NoInvited(Data, frozen=True, kw_only=True):
    """Somebody made it easy to say no."""

    by: Party


@declares(
    "no.received",
    on=BOTH,
    doer="said_by",
    subject="said_by",
    after=("force.observed",),
    example={
        "no_id": NO,
        "scope": "timing",
        "kind": "deferral",
        "said_by": BUYER,
        "statement": "Not before the summer peak is over",
        "reveals": [{"kind": "force", "id": FORCE}, {"kind": "topic", "id": "timeline"}],
        "condition": "When the peak is over",
        "revisit_at": {"local_date": "2026-09-01", "time_zone": "Europe/Amsterdam"},
    },
)
class NoReceived(Data, frozen=True, kw_only=True):
    """Somebody said no to something."""

    no_id: Annotated[UUID, creates("no")] | None = None
    scope: Literal[
        "meeting", "question", "feature", "price", "timing", "scope_of_work", "stakeholder", "deal", "step"
    ]  # fmt: skip
    kind: NoKind
    said_by: Party
    statement: Text
    reveals: Annotated[tuple[Revealed, ...], Meta(max_length=LIST_ITEMS_MAX)] = ()
    condition: Text | None = None
    revisit_at: Due | None = None


@declares("no.lifted", on=BOTH, after=("no.received",), example={"no_id": NO, "because": "The peak ended early"})
class NoLifted(Data, frozen=True, kw_only=True):
    """A no stands no longer."""

    no_id: Annotated[UUID, refers("no")]
    because: Text


@declares(
    "alternative.considered",
    on=DEAL,
    example={"alternative_id": ALTERNATIVE, "kind": "status_quo", "name": "The spreadsheet on the office wall"},
)
class AlternativeConsidered(Data, frozen=True, kw_only=True):
    """The buyer looked at another way."""

    alternative_id: Annotated[UUID, creates("alternative")] | None = None
    kind: Literal["competitor", "in_house", "status_quo", "other"]
    name: Title


@declares(
    "alternative.eliminated",
    on=DEAL,
    doer="by",
    subject="by",
    after=("alternative.considered",),
    example={"alternative_id": ALTERNATIVE, "reason": "Nobody trusts it after the double booking", "by": BUYER},
)
class AlternativeEliminated(Data, frozen=True, kw_only=True):
    """The buyer ruled another way out."""

    alternative_id: Annotated[UUID, refers("alternative")]
    reason: Text
    by: Party


@declares("hesitation.noticed", on=BOTH, example={"hesitation_id": HESITATION, "signal": "vagueness"})
class HesitationNoticed(Data, frozen=True, kw_only=True):
    """Something held somebody back without being said."""

    hesitation_id: Annotated[UUID, creates("hesitation")] | None = None
    signal: Literal["silence", "vagueness", "price_negotiation", "rescheduling", "new_condition"]
    after: Annotated[UUID, refers("event")] | None = None


@declares(
    "hesitation.cleared",
    on=BOTH,
    after=("hesitation.noticed",),
    example={"hesitation_id": HESITATION, "because": "He had been waiting for his own manager"},
)
class HesitationCleared(Data, frozen=True, kw_only=True):
    """What held somebody back is understood and gone."""

    hesitation_id: Annotated[UUID, refers("hesitation")]
    because: Text
