"""Facts about a promise, from asked for to kept or broken. Only structs; their order is in lifecycles."""

from typing import Annotated, Literal
from uuid import UUID

from domain.events.declaring import BOTH, Data, declares
from domain.events.samples import BUYER, COMMITMENT, SELLER
from domain.fields import Code, Dimension, Due, Party, Side, Size, Text, creates, refers

CommitmentId = Annotated[UUID, refers("commitment")]


@declares(
    "commitment.requested",
    on=BOTH,
    doer="creditor",
    subject="debtor",
    example={
        "commitment_id": COMMITMENT,
        "creditor": BUYER,
        "debtor": SELLER,
        "statement": "Send the list of depots that already run it",
        "due_at": "2026-03-20T17:00:00Z",
    },
)
class CommitmentRequested(Data, frozen=True, kw_only=True):
    """Somebody asked somebody else for a promise."""

    commitment_id: Annotated[UUID, creates("commitment")] | None = None
    creditor: Party
    debtor: Party
    statement: Text
    due_at: Due | None = None


@declares(
    "commitment.made",
    on=BOTH,
    doer="debtor",
    subject="debtor",
    example={
        "commitment_id": COMMITMENT,
        "debtor": SELLER,
        "creditor": BUYER,
        "statement": "Send the list of depots that already run it",
        "due_at": {"local_date": "2026-03-20", "time_zone": "Europe/Amsterdam"},
        "stake": "small",
        "next_step": True,
        "proposed_by_side": "buyer",
    },
)
class CommitmentMade(Data, frozen=True, kw_only=True):
    """Somebody promised something; a promise to oneself has the same debtor and creditor."""

    commitment_id: Annotated[UUID, creates("commitment")] | None = None
    debtor: Party
    creditor: Party
    statement: Text
    condition: Text | None = None
    due_at: Due | None = None
    kind: Literal["achievement", "maintenance"] = "achievement"
    stake: Size = "normal"
    dimension: Dimension | None = None
    next_step: bool = False
    proposed_by_side: Side | None = None
    milestone_id: Annotated[UUID, refers("milestone")] | None = None


@declares(
    "commitment.declined",
    on=BOTH,
    after=("commitment.requested",),
    example={"commitment_id": COMMITMENT, "reason": "Those customers asked for silence"},
)
class CommitmentDeclined(Data, frozen=True, kw_only=True):
    """A promise that was asked for was not given, which is no breach."""

    commitment_id: CommitmentId
    reason: Text | None = None


@declares(
    "commitment.renegotiated",
    on=BOTH,
    after=("commitment.made",),
    example={
        "commitment_id": COMMITMENT,
        "change": "smaller",
        "statement": "Send two depots to call",
        "agreed_by": BUYER,
        "reason": "The full list needs permission",
    },
)
class CommitmentRenegotiated(Data, frozen=True, kw_only=True):
    """A promise was changed; it counts only when both sides agreed."""

    commitment_id: CommitmentId
    change: Literal["smaller", "later", "other"]
    statement: Text | None = None
    due_at: Due | None = None
    agreed_by: Party | None = None
    reason: Text


@declares("commitment.fulfilled", on=BOTH, after=("commitment.made",), example={"commitment_id": COMMITMENT})
class CommitmentFulfilled(Data, frozen=True, kw_only=True):
    """A promise was kept, as far as the recorder can tell."""

    commitment_id: CommitmentId


@declares(
    "commitment.confirmed",
    on=BOTH,
    doer="by",
    subject="by",
    after=("commitment.made", "commitment.fulfilled"),
    example={"commitment_id": COMMITMENT, "by": BUYER},
)
class CommitmentConfirmed(Data, frozen=True, kw_only=True):
    """The creditor's side agrees that a promise was kept."""

    commitment_id: CommitmentId
    by: Party


@declares(
    "commitment.disputed",
    on=BOTH,
    doer="by",
    subject="by",
    after=("commitment.made", "commitment.fulfilled"),
    example={"commitment_id": COMMITMENT, "by": BUYER, "because": "One of the two numbers is out of service"},
)
class CommitmentDisputed(Data, frozen=True, kw_only=True):
    """The creditor's side does not agree that a promise was kept."""

    commitment_id: CommitmentId
    by: Party
    because: Text


@declares(
    "commitment.broken",
    on=BOTH,
    after=("commitment.made",),
    example={"commitment_id": COMMITMENT, "reason_code": "forgot", "reason": "It slipped during the fair"},
)
class CommitmentBroken(Data, frozen=True, kw_only=True):
    """A promise was not kept."""

    commitment_id: CommitmentId
    reason_code: Code | None = None
    reason: Text | None = None


@declares(
    "commitment.cancelled",
    on=BOTH,
    after=("commitment.made",),
    example={"commitment_id": COMMITMENT, "reason": "The customers withdrew their consent"},
)
class CommitmentCancelled(Data, frozen=True, kw_only=True):
    """The debtor's side took a promise back."""

    commitment_id: CommitmentId
    reason: Text | None = None


@declares(
    "commitment.released",
    on=BOTH,
    after=("commitment.made",),
    envelope={"on_behalf_of": BUYER},
    example={"commitment_id": COMMITMENT, "reason": "A colleague already knew one"},
)
class CommitmentReleased(Data, frozen=True, kw_only=True):
    """The creditor's side let the debtor off."""

    commitment_id: CommitmentId
    reason: Text | None = None
