"""Facts about who takes part and who they are. Only structs."""

from typing import Annotated, Literal

from msgspec import Meta

from domain.events.declaring import BOTH, Data, declares
from domain.events.samples import BUYER, USER
from domain.fields import Party, Side, Text, Title

ParticipantRole = Literal[
    "buyer",
    "user",
    "economic_buyer",
    "champion",
    "gatekeeper",
    "influencer",
    "expert",
    "seller",
    "coach",
    "supporter",
    "referee",
]
PARTICIPANT_ROLES_MAX = 11  # there are no more than these
Roles = Annotated[tuple[ParticipantRole, ...], Meta(max_length=PARTICIPANT_ROLES_MAX)]


@declares(
    "participant.joined",
    on=BOTH,
    subject="party_id",
    example={
        "party_id": BUYER,
        "name": "Ruben Haak",
        "side": "buyer",
        "roles": ["buyer", "economic_buyer"],
        "buying_experience": "some",
    },
)
class ParticipantJoined(Data, frozen=True, kw_only=True):
    """Somebody takes part from now on; joining again replaces side and roles."""

    party_id: Party
    name: Title | None = None
    side: Side
    roles: Roles = ()
    buying_experience: Literal["first_time", "some", "experienced"] | None = None


@declares(
    "participant.left", on=BOTH, subject="party_id", example={"party_id": USER, "reason": "Moved to another depot"}
)
class ParticipantLeft(Data, frozen=True, kw_only=True):
    """Somebody takes part no longer."""

    party_id: Party
    reason: Text | None = None


@declares(
    "identity.stated",
    on=BOTH,
    doer="party_id",
    subject="party_id",
    example={"party_id": BUYER, "statement": "I am the one who gets people home on time", "about": "is"},
)
class IdentityStated(Data, frozen=True, kw_only=True):
    """Somebody said who they are, or who they are becoming."""

    party_id: Party
    statement: Text
    about: Literal["is", "becoming"]
