"""Facts about who could see and decide what, on the workspace's own stream, by the service. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domain.events.declaring import WORKSPACE, Data, declares
from domain.events.samples import BUYER, CREDENTIAL, EXPORT, SELLER
from domain.facts import Role
from domain.fields import INTEGER_MAX, Code, Instant, Person, Text, Title

STREAM_NAME_CHARS_MAX = 64  # the longest is `workspace/` and a UUID: 46
SETTING_CHARS_MAX = 1_000  # a setting is a switch, a number or a name, and no document
Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
StreamName = Annotated[str, Meta(max_length=STREAM_NAME_CHARS_MAX)]
# A setting's value is shown to auditors as it was set: it is not content about a person.
SettingValue = Annotated[str, Meta(max_length=SETTING_CHARS_MAX)]


@declares(
    "member.joined",
    on=WORKSPACE,
    subject="party_id",
    service_only=True,
    example={"party_id": SELLER, "name": "Noor Adema", "role": "member"},
)
class MemberJoined(Data, frozen=True, kw_only=True):
    """A party became a member of the workspace."""

    party_id: Person
    name: Title | None = None
    role: Role


@declares(
    "member.left",
    on=WORKSPACE,
    subject="party_id",
    service_only=True,
    after=("member.joined",),
    example={"party_id": SELLER, "reason": "Changed employer"},
)
class MemberLeft(Data, frozen=True, kw_only=True):
    """A party is a member no longer."""

    party_id: Person
    reason: Text | None = None


@declares(
    "role.changed",
    on=WORKSPACE,
    service_only=True,
    after=("member.joined",),
    example={"party_id": SELLER, "role": "owner", "was": "member"},
)
class RoleChanged(Data, frozen=True, kw_only=True):
    """A member may now do other things."""

    party_id: Person
    role: Role
    was: Role | None = None


@declares(
    "credential.issued",
    on=WORKSPACE,
    service_only=True,
    example={"credential_id": CREDENTIAL, "party_id": SELLER, "role": "member"},
)
class CredentialIssued(Data, frozen=True, kw_only=True):
    """A key was handed out."""

    credential_id: UUID
    party_id: Person
    role: Role
    stream_id: StreamName | None = None
    expires_at: Instant | None = None
    replaces: UUID | None = None


@declares(
    "credential.revoked",
    on=WORKSPACE,
    service_only=True,
    after=("credential.issued",),
    example={"credential_id": CREDENTIAL, "reason": "Lost phone"},
)
class CredentialRevoked(Data, frozen=True, kw_only=True):
    """A key opens nothing any more; or, with `takes_effect_at`, nothing from that moment on."""

    credential_id: UUID
    reason: Text | None = None
    takes_effect_at: Instant | None = None


@declares(
    "policy.published",
    on=WORKSPACE,
    service_only=True,
    example={"name": "trust", "version": 1, "digest": "6f1f0b2c"},
)
class PolicyPublished(Data, frozen=True, kw_only=True):
    """A policy of how answers are computed came into force."""

    name: Code
    version: Count
    digest: Code | None = None


@declares(
    "setting.changed",
    on=WORKSPACE,
    service_only=True,
    example={"name": "silence_days", "value": "10", "was": "7"},
)
class SettingChanged(Data, frozen=True, kw_only=True):
    """The workspace is set differently."""

    name: Code
    value: SettingValue | None = None
    was: SettingValue | None = None


@declares(
    "export.made",
    on=WORKSPACE,
    service_only=True,
    example={"export_id": EXPORT, "scope": "party", "party_id": BUYER, "size": 1204},
)
class ExportMade(Data, frozen=True, kw_only=True):
    """A copy left the service: of the log or a stream, up to `size` facts of the log, or of what is held on a party."""

    export_id: UUID
    scope: Literal["workspace", "stream", "party"]
    stream_id: StreamName | None = None  # a stream that not every member knows of is not named
    party_id: Person | None = None
    size: Count | None = None


@declares(
    "party.erased",
    on=WORKSPACE,
    service_only=True,
    example={"party_id": BUYER, "streams": 3, "reason": "Asked for on 2026-06-02"},
)
class PartyErased(Data, frozen=True, kw_only=True):
    """Every word about a party was destroyed, on all its streams."""

    party_id: Person
    streams: Count
    reason: Text
