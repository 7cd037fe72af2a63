"""The signed checkpoints that pushes and pulls carry: whoever keeps them can show that no history was rewritten."""

import time
from collections.abc import Callable

import httpx

from service.proof.checkpoint import Checkpoint
from service.proof.merkle import is_consistent
from service.proof.note import VerifierKey, open_note
from tests.http.devices import Device
from tests.http.test_log import CHECKPOINT_DEADLINE_S, hashes


def opened_note(http: httpx.Client, note: str) -> Checkpoint:
    keys = [VerifierKey.parse(key["key"]) for key in http.get("/v1/log/keys").json()["keys"]]
    return Checkpoint.parse(open_note(note, keys)[0])


def carried(http: httpx.Client, answer: Callable[[], httpx.Response], size: int) -> Checkpoint:
    """The first checkpoint of the answers that covers so many facts."""
    end = time.monotonic() + CHECKPOINT_DEADLINE_S
    while time.monotonic() < end:
        note = answer().json()["signed_checkpoint"]
        if note is not None and (checkpoint := opened_note(http, note)).size >= size:
            return checkpoint
        time.sleep(0.05)
    raise AssertionError(f"no answer carries a checkpoint of {size} facts")


def test_a_checkpoint_that_a_push_carried_is_consistent_with_one_that_a_later_pull_carries(phone: Device) -> None:
    def pull() -> httpx.Response:
        return phone.http.get("/v1/sync/pull", params={"limit": 1})

    def recorded() -> int:
        (verdict,) = phone.push(phone.sets_a_goal())
        position: int = verdict["position"]
        return position + 1

    kept = carried(phone.http, phone.send, recorded())
    later = carried(phone.http, pull, recorded())
    assert later.size > kept.size
    path = phone.http.get(f"/v1/log/proof/consistency?from={kept.size}&to={later.size}").json()["path"]
    assert is_consistent(kept.size, later.size, kept.root, later.root, hashes(path))
    assert not is_consistent(kept.size, later.size, later.root, later.root, hashes(path))
