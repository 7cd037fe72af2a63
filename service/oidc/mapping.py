"""From a checked token's claims to a workspace, a party and a role, as the settings map them. Asks no database."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from domain.fields import TITLE_CHARS_MAX
from projections.members import MemberRole
from service.oidc.refusals import TokenOpensNothing

# A directory may put somebody into hundreds of groups; of more than these the rest is not looked at.
ROLE_VALUES_MAX = 500
NAME_CLAIMS = ("name", "preferred_username", "email")


class Mapped(Struct, frozen=True):
    """Which claims say what. `roles` are (value, role), the first that a token has counts."""

    issuer: str
    workspace: UUID | None
    workspace_claim: str | None
    party_claim: str | None
    role_claim: str | None
    roles: tuple[tuple[str, MemberRole], ...]


class Named(Struct, frozen=True):
    """Whom a token names. `role` is None where members have the role that the workspace gave them."""

    workspace_id: UUID
    party_id: UUID
    role: MemberRole | None
    name: str
    issued_at: datetime
    expires_at: datetime


def party_of(issuer: str, subject: str) -> UUID:
    """The party of an issuer's subject, where no claim names one: the same for ever."""
    return uuid5(uuid5(NAMESPACE_URL, issuer), subject)


def named(claims: Mapping[str, Any], mapping: Mapped) -> Named:
    """Whom the claims name; raises `TokenOpensNothing`."""
    workspace_id = mapping.workspace
    if workspace_id is None:
        workspace_id = _uuid(claims, mapping.workspace_claim or "", "workspace")
    if mapping.party_claim is None:
        party_id = party_of(mapping.issuer, claims["sub"])
    else:
        party_id = _uuid(claims, mapping.party_claim, "party")
    return Named(
        workspace_id=workspace_id,
        party_id=party_id,
        role=None if mapping.role_claim is None else _role(claims, mapping.role_claim, mapping.roles, party_id),
        name=_name(claims),
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name; where there is none, by its path with dots, such as `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _uuid(claims: Mapping[str, Any], name: str, what: str) -> UUID:
    try:
        return UUID(_claim(claims, name))
    except (TypeError, ValueError, AttributeError):
        raise TokenOpensNothing(f"The token's claim `{name}` holds no UUID of a {what}.") from None


def _role(claims: Mapping[str, Any], name: str, roles: Iterable[tuple[str, MemberRole]], party_id: UUID) -> MemberRole:
    """The first role of the mapping whose value is among the claim's: a text of words, or a list of texts."""
    value = _claim(claims, name)
    values = value.split(" ") if isinstance(value, str) else value if isinstance(value, list) else []
    held = {one for one in values[:ROLE_VALUES_MAX] if isinstance(one, str)}
    for wanted, role in roles:
        if wanted in held:
            return role
    raise TokenOpensNothing(f"The token's claim `{name}` gives no role here.", party_id)


def _name(claims: Mapping[str, Any]) -> str:
    """What the person is called in lists; the subject's beginning where the token does not say."""
    for name in (*NAME_CLAIMS, "sub"):
        value = claims.get(name)
        if isinstance(value, str) and (told := "".join(filter(str.isprintable, value)).strip()[:TITLE_CHARS_MAX]):
            return told
    return "somebody"
