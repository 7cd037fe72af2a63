"""`throughline log`: the keys that sign are listed, added and retired on the service's own machine."""

from pathlib import Path

from tests.conftest import Database
from tests.running import command


def test_a_key_is_rotated_in_two_steps(database: Database, folder: Path) -> None:
    environment = {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}

    def run(*arguments: str) -> tuple[int, str]:
        ended = command(folder / "data", "log", *arguments, environment=environment)
        return ended.returncode, ended.stdout + ended.stderr

    made = command(folder / "data", "workspace", "create", "Depot deals", environment=environment)
    assert made.returncode == 0, made.stderr
    assert run("keys") == (0, "")
    first, second = run("rotate"), run("rotate")
    assert first[0] == second[0] == 0
    assert first[1].startswith("throughline/")
    listed = run("keys")[1].splitlines()
    assert [line.split()[:2] for line in listed] == [["1", "signs"], ["2", "signs"]]
    assert first[1].splitlines()[0] in listed[0]
    assert run("retire", "2") == (
        2,
        "throughline: Key 2 does not sign, or no later one does: `throughline log rotate` adds one.\n",
    )
    assert run("retire", "1") == (0, "retired 1\n")
    assert [line.split()[1] for line in run("keys")[1].splitlines()] == ["retired", "signs"]
