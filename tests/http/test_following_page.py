"""What docs/following.md shows is done as its reader would do it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from service.http.event_stream import HEARTBEAT_S
from service.ledger.feed.following import FOLLOWERS_PER_KEY_MAX, IDENTIFY_EVERY_S
from service.ledger.feed.tail import LOOK_EVERY_S
from service.ledger.tickets import SERVES, TICKETS_PER_KEY_MAX, UNUSED
from tests.http.conftest import World, a_deal, noted
from tests.readme import ADDRESS, BLOCK, commands
from tests.running import ROOT

PAGE = Path(ROOT, "docs", "following.md").read_text()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page shows curl, which is not installed")
def test_the_commands_answer_what_the_page_says(world: World, owner: httpx.Client, tmp_path: Path) -> None:
    a_deal(owner, noted())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "owner.key").write_text(world.here.owner.key)
    shown = [command for block in BLOCK.findall(PAGE) for command in commands(block)]
    script = "\n".join(f"{command}\nprintf '\\036'" for command in shown).replace(ADDRESS, world.url)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    page, waited, stream = done.stdout.split("\036")[2:5]
    assert len(json.loads(page)["events"]) == 2
    assert set(json.loads(waited)) == {"events", "resets", "next", "has_more"}
    assert stream.startswith("retry: ")
    assert 'event: position\ndata: {"next":0}\n\n' in stream
    assert re.search(r'id: \d+\ndata: \{.*"type":"member.joined"', stream)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_is_one(tmp_path: Path) -> None:
    (script,) = re.findall(r"```javascript\n(.*?)```", PAGE, re.DOTALL)
    program = tmp_path / "follow.js"
    program.write_text(script)
    done = subprocess.run(["node", "--check", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_bounds_on_the_page_are_the_code_s() -> None:
    text = " ".join(PAGE.split())
    for sentence in (
        f"after {HEARTBEAT_S:g} seconds without anything else",
        f"at most {FOLLOWERS_PER_KEY_MAX} connections of one process",
        f"up to {1e3 * LOOK_EVERY_S:g} milliseconds later",
        f"At most {TICKETS_PER_KEY_MAX} are in force",
    ):
        assert sentence in text
    assert (UNUSED.total_seconds(), SERVES.total_seconds(), IDENTIFY_EVERY_S) == (60, 12 * 3600, 5)
