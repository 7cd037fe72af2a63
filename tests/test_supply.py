"""What the service is made of: listed, audited, and without a secret among it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.audited import faults, main, pinned
from tests.running import ROOT

LOCK = "click==8.1 \\\n    --hash=sha256:00\n    # via x\nUvi.corn==1.2 \\\n    --hash=sha256:11\n"


def audit(*dependencies: dict[str, Any]) -> bytes:
    return json.dumps({"dependencies": dependencies, "fixes": []}).encode()


CLICK = {"name": "click", "version": "8.1", "vulns": []}
UVICORN = {"name": "uvi-corn", "version": "1.2", "vulns": []}


def test_A28_an_audit_that_looked_everything_up_and_found_nothing_clears_the_lock() -> None:
    assert faults(LOCK, audit(CLICK, UVICORN)) == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (audit(), "2 of 2 pins were not looked up: click, uvi-corn."),
        (audit(CLICK), "1 of 2 pins were not looked up: uvi-corn."),
        (audit(CLICK, {"name": "uvi-corn", "skip_reason": "not found"}), "1 of 2 pins were not looked up: uvi-corn."),
        (audit(CLICK, UVICORN | {"version": "1.1"}), "1 of 2 pins were not looked up: uvi-corn."),
        (b"", "The audit is not what pip-audit writes"),
        (
            audit(CLICK, UVICORN | {"vulns": [{"id": "CVE-1", "fix_versions": ["1.3"], "description": "x"}]}),
            "uvi-corn 1.2 has CVE-1, mended in 1.3.",
        ),
    ],
)
def test_A28_an_audit_that_looked_up_too_little_or_found_something_does_not(told: bytes, said: str) -> None:
    (sentence,) = faults(LOCK, told)
    assert sentence.startswith(said)


def test_A28_an_audit_of_nothing_and_one_that_broke_off_fail(tmp_path: Path) -> None:
    assert faults("# nothing\n", audit()) == ["The lock pins nothing."]
    lock = tmp_path / "lock"
    lock.write_text(LOCK)
    assert main(lock, tmp_path / "missing.json") == 1
    (tmp_path / "audit.json").write_bytes(audit(CLICK, UVICORN))
    assert main(lock, tmp_path / "audit.json") == 0


def test_A28_the_list_of_what_it_is_made_of_names_every_pin_with_its_hashes(tmp_path: Path) -> None:
    """As `make sbom` makes it."""
    made = tmp_path / "sbom.json"
    recipe = re.search(r"^sbom:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    arguments = (
        recipe[1]
        .replace("\\\n", " ")
        .split("cyclonedx-py", 1)[1]
        .partition("\n")[0]
        .replace("build/sbom.json", str(made))
        .split()
    )
    program = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, timeout=60, check=True)
    told = json.loads(made.read_text())
    assert told["bomFormat"] == "CycloneDX"
    wanted = pinned((ROOT / "requirements.lock").read_text())
    assert {one["name"].lower(): one["version"] for one in told["components"]} == wanted
    for one in told["components"]:
        assert one["purl"].startswith("pkg:pypi/")
        assert any(place.get("hashes") for place in one["externalReferences"]), one["name"]


# -- secrets

SECRETS = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{20}"),
    "a key to a service like this one": re.compile(rb"\btl_[0-9a-f]{64}_[A-Za-z0-9_-]{43}\b"),
    "a key to a cloud": re.compile(rb"\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}\b"),
    "a token": re.compile(
        rb"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,}|npm_\w{36})"
    ),
    "a token of an identity": re.compile(rb"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    "a password in an address": re.compile(rb"\bpostgres(?:ql)?://\w+:(?=[^@\s]*\d)[A-Za-z0-9_-]{10,}@"),
    "a webhook's secret": re.compile(rb"\bwhsec_[A-Za-z0-9+/]{32,}"),
}
KNOWN = {
    b"whsec_" + b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",  # 0123456789abcdef, twice: an example of the form
}
"""What stands in the tree and is no secret."""


def files() -> Iterator[Path]:
    """What is committed, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no checkout: what is committed cannot be told from what lies about")
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            yield ROOT / name


def secrets_in(content: bytes) -> list[tuple[str, bytes]]:
    return [(what, found[0]) for what, pattern in SECRETS.items() for found in pattern.finditer(content)]


def test_A28_no_secret_is_in_the_tree() -> None:
    seen = 0
    for path in files():
        seen += 1
        place = str(path.relative_to(ROOT))
        found = [(what, told) for what, told in secrets_in(path.read_bytes()) if told not in KNOWN]
        assert found == [], place
        assert path.suffix not in (".key", ".pem", ".p12", ".env"), place
    assert seen > 500


@pytest.mark.parametrize(
    "secret",
    [
        b"-----BEGIN " + b"PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA",
        b"tl_" + b"0" * 64 + b"_" + b"A" * 43,
        b"AKIA" + b"A" * 16,
        b"ghp_" + b"a" * 36,
        b"eyJ" + b"a" * 12 + b".eyJ" + b"b" * 12 + b"." + b"c" * 30,
        b"postgresql://owner:" + b"q8Zt1mX93kLp@db.example.org/x",
        b"whsec_" + b"A" * 40,
    ],
)
def test_A28_a_secret_would_be_found(secret: bytes) -> None:
    assert secrets_in(b"x = '" + secret + b"'\n")


def test_A28_the_image_is_made_of_named_folders_alone() -> None:
    """Neither a data folder, nor a .env, nor the history is sent to whoever builds it."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == {one.rstrip("/") for one in copied}
