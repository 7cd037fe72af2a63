"""The contract fuzz: generated calls against the document, bounded here, longer under `slow`.

An owner calls, and the owner of another workspace is sent after what was made and listed. Every phase and every check
of schemathesis is on, among them those for calls without a key and for the objects of others; what is left out stands
with its reason in openapi/schemathesis.toml and tests/http/contract_hooks.py.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.http.conftest import Person, Workspace, World, a_deal, client, settle
from tests.running import ROOT

# Fixed, so that a run says the same about the same code; the slow run may be given another one.
SEED = 20260501
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "100"))
# Of one phase, on a machine that does much else.
DEADLINE_S = 1_200
LONG = re.compile(r"(?:%[0-9A-F]{2}|[^\s%]){2000,}")
MADE_AND_SHOWN = r"^/v1/(me|deals|deals/\{stream_id\}/events/\{event_id\})$"


@pytest.fixture
def two(world: World) -> tuple[Workspace, Workspace]:
    """Workspaces of the run's own: what it draws takes roles, keys and words away from anybody in them."""
    return asyncio.run(settle(world.database, world.settings))


def fuzz(
    world: World, caller: Person, stranger: Person, folder: Path, *, examples: int, seed: int, options: list[str]
) -> tuple[int, str]:
    """How a run ended, and what it said."""
    identities = folder / "identities.json"
    identities.write_text(json.dumps({"auth": [_entry("caller", caller), _entry("stranger", stranger)]}))
    with client(world, caller) as http:
        goal = http.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "CONTRACT_IDENTITIES": str(identities),
            "CONTRACT_OWN_KEY": http.get("/v1/me").json()["credential_id"],
            "CONTRACT_DEAL": a_deal(http).rpartition("/")[2],
            "CONTRACT_GOAL": goal.headers["Location"].rpartition("/")[2],
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
        }
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--no-color",
        f"--config-file={ROOT / 'openapi' / 'schemathesis.toml'}",
        "run",
        str(ROOT / "openapi" / "openapi.json"),
        f"--url={world.url}",
        f"--max-examples={examples}",
        f"--seed={seed}",
        *options,
    ]
    said = folder / "said.txt"
    with said.open("wb") as output:
        try:
            ended = subprocess.run(
                command, env=environment, cwd=folder, stdout=output, stderr=output, timeout=DEADLINE_S, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            ended = -1
    return ended, f"seed {seed}, ended with {ended}\n{_short(said.read_text())}"


def _short(said: str) -> str:
    """The end of what was said, long texts in addresses and bodies cut."""
    return LONG.sub(lambda found: f"{found[0][:60]}…{len(found[0])} characters", said)[-20_000:]


def counted(said: str) -> str:
    """How many cases a run made and sent, in its own words."""
    counts = re.search("Test cases:\n *(.+)\n", said)
    assert counts is not None, said
    return counts[1]


def _entry(name: str, person: Person) -> dict[str, object]:
    headers = [{"name": header, "value": value} for header, value in person.headers.items()]
    return {"name": name, "fixedHeaders": headers}


def test_A30_some_hundreds_of_calls_keep_the_contract(
    world: World, two: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    here, elsewhere = two
    ended, said = fuzz(
        world, here.owner, elsewhere.owner, tmp_path, examples=3, seed=SEED, options=["--phases=fuzzing"]
    )
    assert ended == 0, said


@pytest.mark.slow
@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing", "stateful"])
def test_A1_A2_A30_thousands_of_calls_keep_the_contract(
    world: World,
    two: tuple[Workspace, Workspace],
    tmp_path: Path,
    phases: str,
    record_property: Callable[[str, object], None],
) -> None:
    here, elsewhere = two
    seed = int(os.environ.get("CONTRACT_SEED", uuid4().int % 2**32))
    ended, said = fuzz(
        world, here.owner, elsewhere.owner, tmp_path, examples=EXAMPLES, seed=seed, options=[f"--phases={phases}"]
    )
    assert ended == 0, said
    record_property("seen", f"{phases}: {counted(said)}, seed {seed}")


@pytest.mark.slow
def test_A2_whoever_may_see_another_s_objects_is_found(
    world: World, two: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    """The fuzz above would tell: a colleague in the stranger's place is shown what the caller made."""
    here, _ = two
    ended, said = fuzz(
        world,
        here.owner,
        here.member,
        tmp_path,
        examples=20,
        seed=SEED,
        options=["--phases=stateful", f"--include-path-regex={MADE_AND_SHOWN}"],
    )
    assert ended == 1, said
    assert "ST402 Object-level authorization bypass" in said
    assert "Custom check failed: `not_there_for_the_stranger`" in said
