"""PostgreSQL's own limit, by pgbench: what no service on this server and this disk can pass."""

import json
import re
import subprocess
from pathlib import Path

from benchmarks.bench import Bench, Figure
from benchmarks.contending import SCHEMA
from benchmarks.facts import everyday
from benchmarks.processes import clean, cpu_s
from service.postgres.cluster import PORT, SUPERUSER

SCRIPTS = Path(__file__).parent / "contenders"
GRACE_S = 30.0


class NoLimit(Exception):
    """pgbench told no figure."""


def limit(bench: Bench, script: str, rows: int) -> Figure:
    """Inserts of everyday facts into the hand-made table, `rows` in each transaction; the rate is of rows."""
    sizes = bench.sizes
    with bench.postgres.database("pgbench") as database:
        bench.postgres.run(database, SCHEMA.read_text())
        said = json.dumps(everyday(2)["data"])
        command = [str(bench.postgres.programs / "pgbench"), "-h", bench.postgres.socket_folder, "-p", str(PORT)]
        command += ["-U", SUPERUSER, "--no-vacuum", "-M", "prepared", "-c", str(sizes.connections), "-j", "2"]
        command += ["-T", f"{sizes.seconds:.0f}", "-D", "n=0", "-D", f"said={said}", "-f", str(SCRIPTS / script)]
        bench.postgres.settle()
        before = cpu_s(bench.postgres.pid)
        done = subprocess.run(
            [*command, database],
            capture_output=True,
            text=True,
            env=clean({}),
            timeout=sizes.seconds + GRACE_S,
            check=False,
        )
        used = cpu_s(bench.postgres.pid) - before
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    count = re.search(r"^number of transactions actually processed: (\d+)", done.stdout, re.MULTILINE)
    latency = re.search(r"^latency average = ([\d.]+) ms", done.stdout, re.MULTILINE)
    if done.returncode or not (rate and count and latency):
        raise NoLimit(done.stderr[-500:])
    return Figure(
        rate=float(rate[1]) * rows,
        p50_ms=float(latency[1]),
        p99_ms=float("nan"),
        server_us=0.0,
        postgres_us=1e6 * used / (int(count[1]) * rows),
        sender_us=float("nan"),
    )
