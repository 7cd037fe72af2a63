"""What is shipped for running elsewhere holds together: image, composition, statements and dashboard."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from service.postgres.programs import unprivileged
from tests.conftest import Database
from tests.running import MASTER_KEY, ROOT, Start

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COPIED = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, re.MULTILINE)
COMPOSED: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSED["services"]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "throughline.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "beyond-one-machine.md").read_text("utf-8")
START_DEADLINE_S = 30


# -- the image


def test_the_image_is_made_of_what_is_there_and_runs_as_nobody_of_importance() -> None:
    assert "requirements.lock" in COPIED
    for source in COPIED:
        assert (ROOT / source).exists(), source
    assert "--require-hashes" in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["throughline"]
    after = DOCKERFILE.split("USER throughline", 1)[1]
    assert "RUN " not in after
    assert re.search(r"^HEALTHCHECK .*\\\n    CMD \[", after, re.MULTILINE)


@pytest.mark.slow
def test_what_the_image_holds_is_enough_for_a_user_who_may_write_nowhere_else(folder: Path, database: Database) -> None:
    """The image's folders in an empty place, its command, its health check; only its Python is this one."""
    place, data = folder / "app", folder / "data"
    for source in COPIED:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place / source, ignore=shutil.ignore_patterns("__pycache__"))
    data.mkdir()
    account = unprivileged(folder / "none")  # whom the database's socket is open to as well
    if account and account.blocked_at(Path(sys.executable).resolve()):
        account = None  # Python itself lies in root's own folder here: then the content alone is judged
    if account:
        os.chown(data, account.uid, account.gid)
        for one in (place, *place.rglob("*")):
            one.chmod(0o755 if one.is_dir() else 0o644)
    (check,) = re.findall(r"CMD (\[\"python\", \"-c\".*\])", DOCKERFILE)
    (command,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    (entry,) = re.findall(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE, re.MULTILINE)
    output = folder / "output.log"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(place),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "THROUGHLINE_DATA": str(data),
        "THROUGHLINE_PORT": "0",
        "THROUGHLINE_MASTER_KEY": MASTER_KEY,
        "DATABASE_URL": database.app,
        "DATABASE_MIGRATE_URL": database.owner,
    }
    who: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    with output.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, *json.loads(entry)[1:], *json.loads(command)],
            cwd=place,
            env=environment,
            stdout=written,
            stderr=written,
            **who,
        )
    try:
        end = time.monotonic() + START_DEADLINE_S
        while (found := re.search(r"answers on http://\S+:(\d+)", output.read_text())) is None:
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        looks = json.loads(check)
        healthy = [sys.executable, *looks[1:-1], looks[-1].replace(":8000", f":{found[1]}")]
        assert subprocess.run(healthy, timeout=30, check=False).returncode == 0
        ill = [sys.executable, *looks[1:-1], looks[-1].replace(":8000", ":1")]
        assert subprocess.run(ill, timeout=30, check=False, stderr=subprocess.DEVNULL).returncode != 0
        assert (data / "owner.key").stat().st_mode & 0o077 == 0
    finally:
        process.terminate()
        assert process.wait(30) == 0


# -- the composition


def test_every_file_that_is_mounted_is_there_and_every_volume_is_declared() -> None:
    declared = set(COMPOSED["volumes"])
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in declared, f"{name}: {volume}"


def test_whoever_waits_waits_for_somebody_who_tells() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert set(SERVICES[other].get("profiles", [])) <= set(service.get("profiles", [])), f"{name}: {other}"
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], other
            else:
                assert how["condition"] == "service_completed_successfully"
                assert SERVICES[other].get("restart", "no") == "no", other


def test_no_password_is_written_down_and_every_image_has_a_version() -> None:
    for name, service in SERVICES.items():
        assert (service.get("build") == ".") != bool(re.fullmatch(r"[a-z/]+:\d+(\.\d+)*", service.get("image", ""))), (
            name
        )
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY|URL", variable):
                assert re.search(r"\$\{\w+:\?\}", value), f"{name}: {variable}"
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


# -- the statements of the page


def test_the_page_on_clusters_says_what_the_files_do() -> None:
    for statement in re.findall(r"^SELECT .*;$", (ROOT / "deploy/citus/cluster.sql").read_text(), re.MULTILINE):
        assert statement in PAGE
    tables = (ROOT / "deploy" / "citus" / "tables.sql").read_text("utf-8")
    for words in ("DROP POLICY IF EXISTS entered ON", "DISABLE ROW LEVEL SECURITY", "create_distributed_table("):
        assert words in tables
        assert words in PAGE
    assert "entered ON %s FOR SELECT" in (ROOT / "service/ledger/sql/grants.sql").read_text("utf-8")


# -- the dashboard


def asked_for() -> dict[str, str]:
    """Every figure of ours, or of the process, that a panel asks for, and the first panel that does."""
    found: dict[str, str] = {}
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            for name in re.findall(r"\b(?:throughline|process)_[a-z_]+", target["expr"]):
                found.setdefault(name, panel["title"])
    return found


def test_every_figure_of_the_dashboard_is_one_that_a_process_tells(
    folder: Path, database: Database, service_process: Start
) -> None:
    service = service_process(folder / "service", database=database)
    deal = {"type": "deal.opened", "data": {"title": "Depots"}}
    for answered in (200, 401):
        headers = service.headers if answered == 200 else {}
        assert httpx.get(f"{service.url}/v1/deals", headers=headers, trust_env=False).status_code == answered
    httpx.post(f"{service.url}/v1/deals", json=deal, headers=service.headers, trust_env=False)
    text = httpx.get(f"{service.url}/metrics", trust_env=False).text
    told = set(re.findall(r"^([a-z_]+)(?:\{|\s)", text, re.MULTILINE))
    assert {name: panel for name, panel in asked_for().items() if name not in told} == {}
    assert len(asked_for()) > 20
    waiting = next(one["query"] for one in DASHBOARD["templating"]["list"] if one["name"] == "waiting")
    document = json.loads((ROOT / "openapi" / "openapi.json").read_text("utf-8"))
    operations = {call["operationId"] for calls in document["paths"].values() for call in calls.values()}
    assert set(waiting.split("|")) <= operations


def test_panels_do_not_overlap_and_say_what_they_show() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
