"""The policies that answers can be asked under: the built-in ones, and those in the folder that a setting names."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from projections.trust.policy import BUILT_IN, Policy
from projections.trust.published import DOCUMENT_BYTES_MAX, NotAPolicy, read_policy
from service.faults import StartRefusal

# Each is kept whole, with a table for each of its half-lives; nobody weighs so many opinions against each other.
POLICIES_MAX = 50

Registry = Mapping[str, Policy]
"""Policies by key, such as `trust/1`: the built-in ones first, then by name and version."""


def registered(folder: Path | None) -> Registry:
    """All policies, as they are for the life of the process. Raises `StartRefusal` with every fault there is."""
    if folder is None:
        return BUILT_IN
    if not folder.is_dir():
        raise StartRefusal(f"THROUGHLINE_POLICIES is {folder}, which is no folder.")
    paths = sorted(folder.glob("*.json"))
    if len(paths) > POLICIES_MAX:
        raise StartRefusal(f"THROUGHLINE_POLICIES holds {len(paths)} policies; at most {POLICIES_MAX} are taken.")
    found: dict[str, Policy] = {}
    faults: list[str] = []
    for path in paths:
        try:
            policy = read_file(path)
        except StartRefusal as refusal:
            faults += refusal.sentences
            continue
        known = BUILT_IN.get(policy.key) or found.setdefault(policy.key, policy)
        if known.digest != policy.digest:
            faults.append(
                f"{path} is another {policy.key} than the one there is: a published policy never changes, so give it "
                "another version."
            )
    if faults:
        raise StartRefusal(*faults)
    ordered = sorted(found.values(), key=lambda one: (one.name, one.version))
    return MappingProxyType({**BUILT_IN, **{one.key: one for one in ordered}})


def read_file(path: Path) -> Policy:
    """The policy in a file; raises `StartRefusal`."""
    try:
        with path.open("rb") as file:
            return read_policy(file.read(DOCUMENT_BYTES_MAX + 1))
    except OSError as fault:
        raise StartRefusal(f"{path} cannot be read: {fault.strerror}.") from None
    except NotAPolicy as fault:
        raise StartRefusal(f"{path} {fault}.") from None
