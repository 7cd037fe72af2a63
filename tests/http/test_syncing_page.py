"""What docs/syncing.md shows is done as its reader would do it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import httpx
import pytest

from service.http.synced import ITEMS_MAX
from service.ledger.sync.devices import HELD_S, REFUSALS_KEPT
from service.ledger.sync.verdicts import Reason
from tests.http.conftest import World, a_deal, noted
from tests.readme import ADDRESS, BLOCK, commands
from tests.running import ROOT

PAGE = Path(ROOT, "docs", "syncing.md").read_text()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page shows curl, which is not installed")
def test_the_commands_answer_what_the_page_says(world: World, owner: httpx.Client, tmp_path: Path) -> None:
    a_deal(owner, noted())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "owner.key").write_text(world.here.owner.key)
    shown = [command for block in BLOCK.findall(PAGE) for command in commands(block)]
    script = "\n".join(f"{command}\nprintf '\\036'" for command in shown).replace(ADDRESS, world.url)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    pushed, outcomes, pulled, missing = map(json.loads, done.stdout.split("\036")[2:6])
    assert [item["status"] for item in pushed["items"]] == ["accepted", "accepted"]
    assert (outcomes["epoch"], outcomes["expected_sequence"], outcomes["items"]) == (1, 3, [])
    assert {"events", "resets", "checkpoint", "has_more"} <= set(pulled)
    assert [event_id[-4:] for event_id in missing["missing"]] == ["0004"]


def test_the_bounds_and_reasons_on_the_page_are_the_code_s() -> None:
    text = " ".join(PAGE.split())
    for sentence in (
        f"Up to {ITEMS_MAX} items",
        f"up to {ITEMS_MAX} items at a time",
        f"for {REFUSALS_KEPT.days} days",
        f"for at most {HELD_S} seconds",
        *(f"| `{reason}` |" for reason in get_args(Reason)),
    ):
        assert sentence in text
