"""Judges what an audit of dependencies says: `python -m tests.audited <lock> <audit.json>`, at the end of `make audit`.

pip-audit ends well when it could look nothing up: it says so beside each name, where nobody reads it. Asks nobody.
"""

import re
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)


class Vulnerability(Struct, frozen=True):
    id: str
    fix_versions: list[str] = []


class Dependency(Struct, frozen=True):
    """One name of an audit; `skip_reason` says why it was not looked up."""

    name: str
    version: str | None = None
    skip_reason: str | None = None
    vulns: list[Vulnerability] = []


class Audit(Struct, frozen=True):
    """What pip-audit writes with `--format json`."""

    dependencies: list[Dependency]


def pinned(lock: str) -> dict[str, str]:
    """Every name in a lock with its version."""
    return {_normal(name): version for name, version in _PINNED.findall(lock)}


def faults(lock: str, audit: bytes) -> list[str]:
    """Why the audit does not clear the lock; empty when each pin was looked up and nothing is known against it."""
    try:
        told = msgspec.json.decode(audit, type=Audit)
    except msgspec.MsgspecError as fault:
        return [f"The audit is not what pip-audit writes ({fault}): it broke off, or is of another version."]
    wanted = pinned(lock)
    if not wanted:
        return ["The lock pins nothing."]
    looked_up = {(_normal(one.name), one.version): one for one in told.dependencies if one.skip_reason is None}
    missing = sorted(name for name, version in wanted.items() if (name, version) not in looked_up)
    found = [f"{len(missing)} of {len(wanted)} pins were not looked up: {', '.join(missing)}."] if missing else []
    for (name, version), one in sorted(looked_up.items(), key=lambda pair: pair[0][0]):
        for vulnerability in one.vulns:
            mended = ", ".join(vulnerability.fix_versions) or "no version yet"
            found.append(f"{name} {version} has {vulnerability.id}, mended in {mended}.")
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(lock: Path, audit: Path) -> int:
    """Print what is wrong; the exit code."""
    if not audit.exists():
        sys.stdout.write(f"There is no {audit}: pip-audit did not get that far.\n")
        return 1
    found = faults(lock.read_text("utf-8"), audit.read_bytes())
    for sentence in found or [f"All {len(pinned(lock.read_text('utf-8')))} pins were looked up: nothing is known."]:
        sys.stdout.write(sentence + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
