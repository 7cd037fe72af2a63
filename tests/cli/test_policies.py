"""`throughline policy`, as whoever runs the service uses it."""

from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess

from msgspec import structs

from projections.trust.policy import TRUST_1
from tests.conftest import Database
from tests.running import addresses, command

STRICT = structs.replace(TRUST_1, name="strict", against_multiplier=Decimal(2))


def test_policies_are_listed_compared_and_published(database: Database, folder: Path) -> None:
    def told(*arguments: str) -> CompletedProcess[str]:
        return command(folder / "data", *arguments, environment=addresses(database))

    file = folder / "strict.json"
    file.write_bytes(STRICT.document)
    assert told("policy", "list").stdout.split()[:2] == ["trust/1", TRUST_1.digest]
    assert told("workspace", "create", "Depot deals").returncode == 0
    compared = told("policy", "diff", "trust/1", str(file))
    assert compared.stdout == "0 of 0 open streams read otherwise under strict/1 than under trust/1\n", compared.stderr
    unknown = told("policy", "diff", "trust/1", "strict/1")
    assert (unknown.returncode, "There is no policy strict/1" in unknown.stderr) == (2, True)
    assert told("policy", "publish", "trust/1").stdout == f"published trust/1, {TRUST_1.digest}\n"
    assert told("policy", "publish", "trust/1").stdout == "trust/1 was published before\n"
    assert told("policy", "publish", "strict/1").returncode == 2
