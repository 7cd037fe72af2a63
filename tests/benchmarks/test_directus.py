"""Directus takes part where it can be installed, once; where it cannot, that is said. Nothing is fetched here."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import directus
from benchmarks.__main__ import main
from benchmarks.bench import Figure
from benchmarks.rounds import DIRECTUS, OURS, Point
from benchmarks.rows import Measured, rows
from benchmarks.sizes import QUICK


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which programs are looked for; and an empty cache folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def npm(programs: Path, does: str) -> None:
    program = programs / "npm"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)


@pytest.mark.usefixtures("programs")
def test_without_npm_it_is_said_before_anything_is_measured() -> None:
    done = CliRunner().invoke(main, ["--directus"])
    assert done.exit_code == 1
    assert "npm is not installed" in done.output


def test_what_npm_says_when_it_fails_is_passed_on_and_tried_again_next_time(programs: Path) -> None:
    npm(programs, "echo no network here; exit 7")
    for _ in range(2):
        with pytest.raises(directus.NoDirectus, match="`npm install .*` ended with 7: no network here"):
            directus.installed()


def test_it_is_installed_once_with_no_scripts_but_the_one_that_compiles(programs: Path, tmp_path: Path) -> None:
    npm(programs, f'echo "$@" >> {tmp_path}/asked')
    first, second = directus.installed(), directus.installed()
    assert first == second
    installed, compiled = (tmp_path / "asked").read_text().splitlines()
    assert installed.startswith("install ")
    assert "--ignore-scripts" in installed
    assert f"directus@{directus.VERSION}" in installed
    assert compiled == f"rebuild {directus.NATIVE}"


def test_it_is_no_part_of_the_reads() -> None:
    done = CliRunner().invoke(main, ["--directus", "--only", "get"])
    assert done.exit_code == 2
    assert "appends only" in done.output


def test_its_row_is_in_the_table_when_it_took_part() -> None:
    mine, other = (Point(name, "append", QUICK.connections) for name in (OURS, DIRECTUS))
    measured = Measured({mine: [figure(900)], other: [figure(30)]})
    (row,) = [row for row in rows(measured, QUICK) if row.against.startswith("Directus")]
    assert (row.values, row.must, row.aim, row.verdict) == ([30.0], 20, 40, "reached")


def figure(rate: float) -> Figure:
    return Figure(rate, 1, 1, 1, 1, 1)
