"""The settings of identity tokens: what is needed with what, and what each refuses."""

from pathlib import Path
from typing import get_args
from uuid import NAMESPACE_URL, uuid5

import pytest

from projections.members import MemberRole
from service.faults import StartRefusal
from service.oidc.keyset import Algorithm
from service.oidc.mapping import party_of
from service.oidc.settings import ALGORITHMS, OIDC_SETTINGS, ROLES
from service.settings import read_settings
from tests.running import command

WORKSPACE = "0193a000-0000-7000-8000-000000000001"
GOOD = {"ISSUER": "https://id.example/realms/one", "AUDIENCE": "throughline", "WORKSPACE": WORKSPACE}


def faults(**given: str) -> str:
    try:
        read_settings({f"THROUGHLINE_OIDC_{name}": value for name, value in given.items()})
    except StartRefusal as refusal:
        return " ".join(refusal.sentences)
    return ""


def test_an_issuer_an_audience_and_a_workspace_are_enough() -> None:
    assert faults(**GOOD) == ""
    settings = read_settings({f"THROUGHLINE_OIDC_{name}": value for name, value in GOOD.items()})
    assert settings.oidc_algorithms == ("RS256",)
    assert settings.oidc_roles == tuple((role, role) for role in ROLES)


def test_nothing_is_set_unless_it_is_asked_for() -> None:
    assert read_settings({}).oidc_issuer is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"AUDIENCE": ""}, "THROUGHLINE_OIDC_AUDIENCE must be too"),
        ({"WORKSPACE": ""}, "exactly one of THROUGHLINE_OIDC_WORKSPACE and"),
        ({"WORKSPACE_CLAIM": "tenant"}, "exactly one of THROUGHLINE_OIDC_WORKSPACE and"),
        ({"ISSUER": ""}, "THROUGHLINE_OIDC_AUDIENCE, THROUGHLINE_OIDC_WORKSPACE mean nothing without"),
        ({"MEMBERS": "join"}, "THROUGHLINE_OIDC_ROLE_CLAIM must name the claim"),
        ({"ISSUER": "http://id.example"}, "THROUGHLINE_OIDC_ISSUER must be an address with https"),
        ({"ISSUER": "https://ada:secret@id.example"}, "THROUGHLINE_OIDC_ISSUER must be"),
        ({"JWKS_URL": "file:///etc/passwd"}, "THROUGHLINE_OIDC_JWKS_URL must be"),
        ({"ALGORITHMS": "none"}, "THROUGHLINE_OIDC_ALGORITHMS must be some of RS256, ES256, EdDSA"),
        ({"ALGORITHMS": "RS256,HS256"}, "THROUGHLINE_OIDC_ALGORITHMS must be"),
        ({"WORKSPACE": "one"}, "THROUGHLINE_OIDC_WORKSPACE must be the id of a workspace"),
        ({"ROLES": "sales=king"}, "THROUGHLINE_OIDC_ROLES must be pairs VALUE=ROLE"),
        ({"ROLES": "member"}, "THROUGHLINE_OIDC_ROLES must be"),
        ({"ROLES": "sales=guest"}, "THROUGHLINE_OIDC_ROLES must be"),
        ({"LEEWAY_S": "301"}, "THROUGHLINE_OIDC_LEEWAY_S must be seconds from 0 to 300"),
        ({"REFETCH_S": "0"}, "THROUGHLINE_OIDC_REFETCH_S must be"),
    ],
)
def test_what_does_not_fit_is_told_before_the_service_starts(changed: dict[str, str], told: str) -> None:
    assert told in faults(**{**GOOD, **changed})


def test_the_lists_of_the_settings_are_those_of_the_code() -> None:
    assert get_args(Algorithm) == ALGORITHMS
    assert get_args(MemberRole) == ROLES
    assert len({setting.fills for setting in OIDC_SETTINGS}) == len(OIDC_SETTINGS)


@pytest.mark.slow  # three commands, each of which starts a server
def test_a_member_is_added_from_the_command_line_as_the_issuer_knows_them(data: Path) -> None:
    assert command(data, "workspace", "create", "Depot deals").returncode == 0
    refused = command(data, "member", "add", "Ada", "--subject", "ada")
    assert (refused.returncode, "it needs that setting" in refused.stderr) == (2, True)
    issuer = {f"THROUGHLINE_OIDC_{name}": value for name, value in GOOD.items()}
    made = command(data, "member", "add", "Ada", "--subject", "ada", environment=issuer).stdout.strip()
    assert made == str(party_of(GOOD["ISSUER"], "ada")) == str(uuid5(uuid5(NAMESPACE_URL, GOOD["ISSUER"]), "ada"))
