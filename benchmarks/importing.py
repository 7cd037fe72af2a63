"""An export taken in by `throughline import csv`, beside COPY of the very rows that this wrote."""

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.bench import Bench, NotComparable
from benchmarks.ours import environment
from benchmarks.processes import ROOT, clean

MAP = Path(__file__).with_name("export.toml")
IMPORT_DEADLINE_S = 900.0


@dataclass(frozen=True)
class Import:
    """One import: facts a second of the command from its start to its end, and of COPY into an equal empty table."""

    facts: int
    rate: float
    copy_rate: float


def imports(bench: Bench) -> list[Import]:
    file = bench.folder / "export.csv"
    with file.open("w", newline="") as written:
        csv.writer(written).writerows(export_rows(bench.sizes.import_rows))
    return [_import(bench, file) for _ in range(bench.sizes.rounds)]


def export_rows(count: int) -> Iterator[tuple[str, ...]]:
    """The export of some CRM: one row for each deal, five facts in each."""
    yield "number", "stage", "product", "customer", "seller", "opened", "closed"
    for number in range(count):
        day = f"{2020 + number % 5}-{1 + number % 12:02}-{1 + number % 27:02}"
        closed = f"{2025 + number % 2}-{1 + number % 9:02}-11"
        product = f"Route planner {number % 7}"
        yield f"D{number}", "won", product, f"Brightwater Couriers {number % 500}", f"Seller {number % 20}", day, closed


def _import(bench: Bench, file: Path) -> Import:
    with bench.postgres.database("imported") as database:
        settings = environment(bench.postgres, database, bench.folder / "import") | {"THROUGHLINE_PORT": "0"}
        command = [sys.executable, "-m", "service", "import", "csv", str(file), "--map", str(MAP)]
        bench.postgres.settle()
        started = time.perf_counter()
        done = subprocess.run(
            command,
            env=clean(settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=IMPORT_DEADLINE_S,
            check=False,
        )
        took_s = time.perf_counter() - started
        if done.returncode != 0:
            raise NotComparable(f"the import ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        facts = bench.postgres.number(database, "SELECT count(*) FROM event")
        if facts < 5 * bench.sizes.import_rows:
            raise NotComparable(f"{bench.sizes.import_rows} rows of five facts made {facts}")
        return Import(facts, facts / took_s, facts / _copy(bench, database))


def _copy(bench: Bench, database: str) -> float:
    """Seconds that COPY takes for the same facts, into a table with the same constraints and indexes."""
    with psycopg.connect(bench.postgres.address(database), autocommit=True) as connection:
        connection.execute("CREATE TABLE copied (LIKE event INCLUDING ALL)")
        cursor = connection.cursor()
        with cursor.copy("COPY event TO STDOUT (FORMAT binary)") as out:
            blocks = [bytes(block) for block in out]
        connection.execute("CHECKPOINT")
        started = time.perf_counter()
        with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as into:
            for block in blocks:
                into.write(block)
        return time.perf_counter() - started
