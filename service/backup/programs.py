"""PostgreSQL's own programs, run on a database by its address. No password is put on a command line."""

import os
import subprocess

from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from service.faults import StartRefusal
from service.postgres.programs import find_programs

# A dump of tens of gigabytes takes hours on a slow disk; a day means that nobody watches.
DEADLINE_S = 24 * 3_600
TOLD_CHARS_MAX = 2_000


def run(name: str, address: str, *arguments: str) -> None:
    """Run a program to its end; raises `StartRefusal` with what it said when it failed."""
    path = find_programs().path(name)
    if not os.access(path, os.X_OK):
        raise StartRefusal(f"The program {name} is not at {path}: install PostgreSQL's client programs.")
    done = subprocess.run(
        [path, "--no-password", *arguments],
        env={**os.environ, **environment_of(address)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd="/",
        check=False,
    )
    if done.returncode:
        raise StartRefusal(f"{name} failed: {done.stderr.strip()[:TOLD_CHARS_MAX]}")


def environment_of(address: str) -> dict[str, str]:
    """The variables by which libpq's programs find a database."""
    variables = {option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    parts = conninfo_to_dict(address)
    return {variables[name]: str(value) for name, value in parts.items() if name in variables and value is not None}
