"""The contract fuzz: generated calls against the document, bounded here, longer under `slow`."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.http.conftest import World, a_deal
from tests.running import ROOT

# Fixed, so that a run says the same about the same code; the slow run may be given another one.
SEED = 20260501
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "100"))
# Of one phase, on a machine that does much else.
DEADLINE_S = 1_200


def fuzz(world: World, member: httpx.Client, folder: Path, *, examples: int, seed: int, phases: str) -> None:
    goal = member.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "THROUGHLINE_KEY": world.here.member.key,
        "THROUGHLINE_DEAL": a_deal(member).rpartition("/")[2],
        "THROUGHLINE_GOAL": goal.headers["Location"].rpartition("/")[2],
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
        f"--phases={phases}",
    ]
    said = folder / "said.txt"
    with said.open("wb") as output:
        try:
            ended = subprocess.run(
                command, env=environment, cwd=folder, stdout=output, stderr=output, timeout=DEADLINE_S, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            ended = -1
    assert ended == 0, f"seed {seed}, ended with {ended}\n{said.read_text()[-20_000:]}"


def test_A30_some_hundreds_of_calls_keep_the_contract(world: World, member: httpx.Client, tmp_path: Path) -> None:
    fuzz(world, member, tmp_path, examples=3, seed=SEED, phases="fuzzing")


@pytest.mark.slow
@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing", "stateful"])
def test_A30_thousands_of_calls_keep_the_contract(
    world: World, member: httpx.Client, tmp_path: Path, phases: str
) -> None:
    seed = int(os.environ.get("CONTRACT_SEED", uuid4().int % 2**32))
    fuzz(world, member, tmp_path, examples=EXAMPLES, seed=seed, phases=phases)
