"""The settings of identity tokens, for the one table of settings. Reads nothing by itself, and imports no library."""

from typing import Any

from service.setting_kinds import Setting, choice, line, pairs, seconds, secure_address, some_of, uuid

# What `keyset` can check and `projections.members` calls a member's role; tests hold them together.
ALGORITHMS = ("RS256", "ES256", "EdDSA")
ROLES = ("owner", "member", "coach", "auditor", "service")

_CLAIM = "the name of a claim, or its path with dots, such as realm_access.roles"

OIDC_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "THROUGHLINE_OIDC_ISSUER",
        "oidc_issuer",
        "",
        secure_address,
        "an address with https (http on this machine), exactly as tokens say it in `iss`",
        "the OpenID Connect issuer whose tokens are taken beside keys",
        "none: no tokens are taken",
    ),
    Setting(
        "THROUGHLINE_OIDC_AUDIENCE",
        "oidc_audience",
        "",
        line,
        "what tokens for this service say in `aud`",
        "needed with an issuer: its tokens for other services open nothing here",
        "none",
    ),
    # What nearly every issuer signs with. A token never chooses beyond this list.
    Setting(
        "THROUGHLINE_OIDC_ALGORITHMS",
        "oidc_algorithms",
        "RS256",
        *some_of(*ALGORITHMS),
        "the algorithms that tokens may be signed with",
    ),
    Setting(
        "THROUGHLINE_OIDC_JWKS_URL",
        "oidc_jwks_url",
        "",
        secure_address,
        "an address with https (http on this machine)",
        "where the issuer's keys are",
        "what the issuer's /.well-known/openid-configuration says",
    ),
    Setting(
        "THROUGHLINE_OIDC_WORKSPACE",
        "oidc_workspace",
        "",
        uuid,
        "the id of a workspace",
        "the one workspace that tokens open; this or the next is needed with an issuer",
        "none",
    ),
    Setting(
        "THROUGHLINE_OIDC_WORKSPACE_CLAIM",
        "oidc_workspace_claim",
        "",
        line,
        _CLAIM,
        "the claim that holds the id of the workspace",
        "none",
    ),
    Setting(
        "THROUGHLINE_OIDC_PARTY_CLAIM",
        "oidc_party_claim",
        "",
        line,
        _CLAIM,
        "the claim that holds the party's id, which nobody may set for themselves",
        "made from `iss` and `sub`",
    ),
    Setting(
        "THROUGHLINE_OIDC_ROLE_CLAIM",
        "oidc_role_claim",
        "",
        line,
        _CLAIM,
        "the claim that gives the role; a token must then have one, and the member the same",
        "none: members have the role that the workspace gave them",
    ),
    Setting(
        "THROUGHLINE_OIDC_ROLES",
        "oidc_roles",
        ",".join(f"{role}={role}" for role in ROLES),
        *pairs(*ROLES),
        "which values of that claim mean which role; the first that a token has counts",
    ),
    Setting(
        "THROUGHLINE_OIDC_MEMBERS",
        "oidc_members",
        "known",
        *choice("known", "join"),
        "whether tokens open the workspace to members alone, or also make members and give them their role",
    ),
    # Clocks that are kept by NTP differ by milliseconds; a minute is what hosts without it drift apart in some days.
    Setting(
        "THROUGHLINE_OIDC_LEEWAY_S",
        "oidc_leeway_s",
        "30",
        *seconds(0, 300),
        "how far the issuer's clock and ours may differ",
    ),
    # An attacker who makes up names of keys costs the issuer two requests in this time, and us as much.
    Setting(
        "THROUGHLINE_OIDC_REFETCH_S",
        "oidc_refetch_s",
        "30",
        *seconds(1, 3_600),
        "least time between two fetches of the issuer's keys, whatever tokens name",
    ),
)


def oidc_contradictions(values: dict[str, Any]) -> list[str]:
    """What the settings of tokens lack or have twice. A value that was given but malformed is not in `values`."""
    given = {name for name in _NEED_ISSUER if values.get(name, "malformed")}
    if not values.get("oidc_issuer", "malformed"):
        named = ", ".join(sorted(f"THROUGHLINE_{name.upper()}" for name in given))
        return [f"{named} mean nothing without THROUGHLINE_OIDC_ISSUER; set it, or none of them."] if given else []
    faults = []
    if "oidc_audience" not in given:
        faults.append("THROUGHLINE_OIDC_ISSUER is set, so THROUGHLINE_OIDC_AUDIENCE must be too.")
    if len(given & {"oidc_workspace", "oidc_workspace_claim"}) != 1:
        faults.append(
            "With THROUGHLINE_OIDC_ISSUER set exactly one of THROUGHLINE_OIDC_WORKSPACE and "
            "THROUGHLINE_OIDC_WORKSPACE_CLAIM."
        )
    if values.get("oidc_members") == "join" and "oidc_role_claim" not in given:
        faults.append(
            "THROUGHLINE_OIDC_MEMBERS is join, so THROUGHLINE_OIDC_ROLE_CLAIM must name the claim with roles."
        )
    return faults


_NEED_ISSUER = (
    "oidc_audience",
    "oidc_jwks_url",
    "oidc_workspace",
    "oidc_workspace_claim",
    "oidc_party_claim",
    "oidc_role_claim",
)
