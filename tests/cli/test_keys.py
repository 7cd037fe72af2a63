"""`throughline key` and `throughline member`, as whoever runs the service uses them, beside no service."""

from pathlib import Path
from subprocess import CompletedProcess
from uuid import UUID, uuid4

import pytest

from tests.conftest import Database
from tests.running import addresses, command


def test_members_and_keys_from_the_command_line(database: Database, folder: Path) -> None:
    def told(*arguments: str) -> CompletedProcess[str]:
        return command(folder / "data", *arguments, environment=addresses(database))

    assert told("workspace", "create", "Depot deals").returncode == 0
    (owner,) = told("member", "list").stdout.splitlines()
    refused = told("member", "remove", owner.split()[0])
    assert refused.returncode == 2
    assert "no other owner" in refused.stderr
    party = told("member", "add", "Ada", "--role", "coach").stdout.strip()
    assert "is a member in the role coach" in told("key", "create", "--name", "x", "--party", party).stderr
    made = told("key", "create", "--name", "laptop", "--party", party, "--role", "coach").stdout.strip()
    assert made.startswith("tl_")
    credential = next(line.split()[0] for line in told("key", "list").stdout.splitlines() if party in line)
    rotated = told("key", "rotate", credential, "--overlap-hours", "1").stdout.strip()
    assert rotated.startswith("tl_")
    assert rotated != made
    assert "is now auditor" in told("member", "role", party, "auditor").stdout
    assert "revoked 2 keys" in told("member", "remove", party).stdout
    guest = ("key", "create", "--name", "guest", "--role", "guest", "--party", str(uuid4()))
    assert "for one --stream" in told(*guest).stderr
    assert told(*guest, "--stream", f"deal/{uuid4()}").stdout.startswith("tl_")


@pytest.mark.slow  # each of the commands starts a server of its own
def test_a_key_is_listed_expired_and_revoked_from_the_command_line(data: Path) -> None:
    assert command(data, "workspace", "create", "Depot deals").returncode == 0
    shown = command(data, "key", "create", "--name", "listens in", "--agent").stdout.strip()
    key = str(UUID(shown[35:67]))
    assert "opens nothing after" in command(data, "key", "expire", key, "--days", "7").stdout
    listed = next(line for line in command(data, "key", "list").stdout.splitlines() if key in line)
    for told in (" agent ", " until 20", "never used", "listens in"):
        assert told in listed
    assert command(data, "key", "revoke", key, "--reason", "Lost phone").stdout == f"revoked {key}\n"
    again = command(data, "key", "expire", key, "--days", "0")
    assert (again.returncode, "no key" in again.stderr) == (2, True)
