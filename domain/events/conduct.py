"""Facts about how people dealt with each other: contacts, help, pressure, coaching. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domain.events.declaring import BOTH, DEAL, Data, declares
from domain.events.references import Anything
from domain.events.samples import BUYER, COACH, FORCE, HELP, OBJECTION, SELLER
from domain.fields import LIST_ITEMS_MAX, Code, Due, Minutes, Party, Share, Text, creates, refers

Parties = Annotated[tuple[Party, ...], Meta(max_length=LIST_ITEMS_MAX)]
Purpose = Literal[
    "social",
    "discovery",
    "planning",
    "demo",
    "negotiation",
    "support",
    "working_session",
    "review",
    "onboarding",
    "interview",
    "other",
]


@declares(
    "interaction.logged",
    on=BOTH,
    doer="initiated_by",
    after=("force.observed", "objection.raised"),
    example={
        "channel": "video",
        "direction": "outbound",
        "initiated_by": SELLER,
        "purpose": "working_session",
        "participants": [SELLER, BUYER],
        "duration_minutes": 45,
        "talk_share": 0.35,
        "value_given": True,
        "ask": False,
        "addresses": [FORCE],
        "result": "passed",
        "talked_about": "their_problem",
        "produced": [{"kind": "objection", "id": OBJECTION}],
    },
)
class InteractionLogged(Data, frozen=True, kw_only=True):
    """People were in contact."""

    channel: Code = "other"
    direction: Literal["inbound", "outbound"]
    initiated_by: Party
    purpose: Purpose = "other"
    participants: Parties = ()
    duration_minutes: Minutes | None = None
    talk_share: Share | None = None
    value_given: bool = False
    ask: bool = False
    addresses: Annotated[tuple[Annotated[UUID, refers("force")], ...], Meta(max_length=LIST_ITEMS_MAX)] = ()
    result: Literal["passed", "blocked", "deferred"] | None = None
    talked_about: Literal["their_problem", "our_product"] | None = None
    produced: Annotated[tuple[Anything, ...], Meta(max_length=LIST_ITEMS_MAX)] = ()


@declares(
    "help.given",
    on=BOTH,
    subject="to",
    example={
        "help_id": HELP,
        "to": BUYER,
        "kind": "introduction",
        "outside_sale": True,
        "free": True,
        "giver_benefit": "I like being the one who knows everybody",
    },
)
class HelpGiven(Data, frozen=True, kw_only=True):
    """Somebody was helped."""

    help_id: Annotated[UUID, creates("help")] | None = None
    to: Party
    kind: Literal["advice", "introduction", "content", "time", "removal_of_obstacle"]
    outside_sale: bool = False
    free: bool = False
    giver_benefit: Text | None = None


@declares(
    "help.confirmed",
    on=BOTH,
    doer="by",
    subject="by",
    after=("help.given",),
    example={"help_id": HELP, "by": BUYER, "useful": True},
)
class HelpConfirmed(Data, frozen=True, kw_only=True):
    """Somebody said whether the help was of use."""

    help_id: Annotated[UUID, refers("help")]
    by: Party
    useful: bool = False


@declares(
    "alternative.recommended",
    on=DEAL,
    example={"kind": "do_nothing", "reason": "With four drivers the wall chart is good enough"},
)
class AlternativeRecommended(Data, frozen=True, kw_only=True):
    """The seller advised something other than buying from them."""

    kind: Literal["competitor", "in_house", "do_nothing"]
    reason: Text


@declares("pressure.applied", on=DEAL, example={"kind": "quarter_end", "beneficiary": "seller"})
class PressureApplied(Data, frozen=True, kw_only=True):
    """Somebody was pushed to decide."""

    kind: Literal["quarter_end", "discount_deadline", "chasing", "persuasion", "escalation"]
    beneficiary: Literal["seller", "buyer"]


@declares(
    "intent.declared",
    on=BOTH,
    doer="by",
    subject="by",
    example={"by": SELLER, "intent": "help", "to": BUYER},
)
class IntentDeclared(Data, frozen=True, kw_only=True):
    """Somebody said what they are after."""

    by: Party
    intent: Literal["help", "close", "learn", "sell"]
    to: Party | None = None


@declares(
    "selling_pause.started", on=DEAL, example={"until": {"local_date": "2026-05-01", "time_zone": "Europe/Amsterdam"}}
)
class SellingPauseStarted(Data, frozen=True, kw_only=True):
    """Nothing will be sold for a while, on purpose."""

    until: Due | None = None


@declares("selling_pause.ended", on=DEAL, after=("selling_pause.started",), example={})
class SellingPauseEnded(Data, frozen=True, kw_only=True):
    """The pause is over."""


@declares(
    "coaching.asked",
    on=BOTH,
    doer="coach",
    subject="coachee",
    example={
        "coach": COACH,
        "coachee": SELLER,
        "question": "How are you helping him decide?",
        "lens": "help",
        "answer": "By letting him talk to a depot that said no first",
    },
)
class CoachingAsked(Data, frozen=True, kw_only=True):
    """A coach put a question to somebody."""

    coach: Party
    coachee: Party
    question: Text
    lens: Literal["close", "help", "learn"]
    answer: Text | None = None


@declares(
    "alignment.recorded",
    on=BOTH,
    doer="stated_by",
    subject="stated_by",
    example={
        "between": [SELLER, BUYER],
        "subject": "start_date",
        "aligned": "partly",
        "gap": "He means the contract, she means the first shift",
        "stated_by": BUYER,
    },
)
class AlignmentRecorded(Data, frozen=True, kw_only=True):
    """Somebody said how far people agree on something."""

    between: Annotated[tuple[Party, ...], Meta(min_length=1, max_length=LIST_ITEMS_MAX)]
    subject: Code
    aligned: Literal["yes", "partly", "no"]
    gap: Text | None = None
    stated_by: Party
