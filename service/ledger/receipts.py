"""Score receipts of streams that are kept: what one caller's trust answer is made of, at a checkpoint. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from domain.facts import Caller, Recorded
from domain.history import may_see, visible
from projections.trust.policy import DEFAULT, Policy
from projections.trust.score import Trust, trust
from projections.view import View
from service.ledger.histories import history
from service.ledger.memory import Kept
from service.ledger.workspace import Workspace
from service.proof.receipt import Receipt, receipt


class ReceiptsAsked(Struct, frozen=True):
    """The moment and the policy that receipts are made for, and the policies `known` here, by key."""

    at: datetime
    policy: Policy
    known: Mapping[str, Policy]


def receipt_of(
    kept: Kept,
    caller: Caller,
    log: str,
    size: int,
    shown: Iterable[Recorded],
    hidden: Sequence[int],
    asked: ReceiptsAsked,
) -> Receipt | None:
    """The receipt of a stream for one caller, from the facts of the first `size` of the log that they are shown.

    None when there is no trust to speak of, and when the caller's answer rests on more than they are shown: a guest is
    told who opened the stream, and their own side, by the invitation alone.
    """
    found = receipt(log, kept.stream.stream_id, size, shown, hidden, asked.policy, asked.at)
    if found is None or caller.role != "guest":
        return found
    stream = history(kept, caller, size, asked.at, size).stream
    if stream is None:
        return None
    return found if _bare(trust(View(stream, asked.at, asked.policy))) == _bare(found.trust) else None


def receipt_at(kept: Kept, caller: Caller, log: str, size: int, asked: ReceiptsAsked) -> Receipt | None:
    """The same of a stream as it is kept now."""
    shown, hidden = [], []
    for record in kept.records:
        if may_see(record.fact, caller, kept.stream):
            shown.append(record)
        elif record.position < size:
            hidden.append(record.position)
    return receipt_of(kept, caller, log, size, shown, hidden, asked)


async def policies_in_force(workspace: Workspace, caller: Caller, asked: ReceiptsAsked) -> list[Policy]:
    """The policies that a bundle carries: the one in force when none is named, the one asked for, and those that were
    published in the workspace, as far as the caller may see that and they are known here."""
    found = {one.key: one for one in (DEFAULT, asked.policy)}
    own = workspace.workspace_id
    kept = (await workspace.load([own])).get(own)
    if isinstance(kept, Kept):
        for record in visible(kept.records, caller, kept.stream):
            if record.fact.type == "policy.published" and record.fact.data is not None:
                policy = asked.known.get(f"{record.fact.data.name}/{record.fact.data.version}")
                if policy is not None and policy.digest == record.fact.data.digest:
                    found.setdefault(policy.key, policy)
    return list(found.values())


def _bare(found: Trust) -> Any:
    """Trust without the positions."""
    told = to_builtins(found)
    for leg in told["dimensions"]:
        for row in leg["rows"]:
            row.pop("position", None)
    return told
