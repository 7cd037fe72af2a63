"""The vectors over HTTP: for everybody, cacheable, and as docs/vectors.md says they are used."""

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from service.vectors import NAMES, published
from tests.http.conftest import World
from tests.http.test_decoding import refused
from tests.readme import ADDRESS
from tests.running import ROOT

PAGE = (ROOT / "docs" / "vectors.md").read_text("utf-8")


def test_whoever_has_no_key_gets_the_bytes_that_are_listed(nobody: httpx.Client, stranger: httpx.Client) -> None:
    listed = nobody.get("/v1/vectors").json()["vectors"]
    assert [one["name"] for one in listed] == list(NAMES)
    for one in listed:
        answer = nobody.get(one["address"])
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.content == stranger.get(one["address"]).content == published(one["name"])
        assert sha256(answer.content).hexdigest() == one["sha256"]


@pytest.mark.parametrize("path", ["/v1/vectors", "/v1/vectors/trust", "/v1/vectors/proof-loop"])
def test_a_copy_that_still_holds_is_not_sent_again(nobody: httpx.Client, path: str) -> None:
    etag = nobody.get(path).headers["ETag"]
    again = nobody.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert refused(nobody.get(f"{path}?policy=trust/1"))["parameter"] == "policy"


def test_there_are_no_others(nobody: httpx.Client) -> None:
    assert nobody.get("/v1/vectors/signals").status_code == 404


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on PATH")
def test_the_script_of_the_page_prints_what_the_page_says(world: World, tmp_path: Path) -> None:
    (script,) = re.findall(r"```javascript\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "check.mjs").write_text(script.replace(ADDRESS, world.url))
    shutil.copy(ROOT / "examples" / "opinion.mjs", tmp_path)
    done = subprocess.run(["node", "check.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"prints `{done.stdout.strip()}`" in PAGE
