"""One call of `append_events`: keys found or made, facts sealed, list rows computed, all sent in one round trip."""

import os
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.subjects import subject_of
from service.ledger.arrays import (
    bigint_array,
    bytea_array,
    instant,
    instant_array,
    integer_array,
    read_bigint,
    read_instant,
    text_array,
    uuid_array,
)
from service.ledger.asking import Staged
from service.ledger.commits import Send
from service.ledger.deciding import Group
from service.ledger.keys import AppendKeys, Ciphers
from service.ledger.known_keys import KEY_READS_MAX
from service.ledger.listing import ListRows
from service.ledger.sealing import CHANCE_BYTES, Sealed, seal
from service.ledger.store import statement
from service.ledger.workspace import Connection, Workspace

APPENDED = b"appended"
"""The verdict of `append_events` when all was written."""

_PARTY_KEYS = statement("party_keys")


async def append(
    workspace: Workspace,
    ciphers: Ciphers,
    rows: ListRows,
    send: Send,
    group: Group,
    at: datetime,
    connection: Connection | None = None,
    alone: Collection[UUID] = (),
) -> tuple[int, datetime] | None:
    """Append a decided group: the position of its first fact and the moment of storing.

    None when the group was decided on something that others have changed meanwhile; then nothing was written. Facts
    whose ids are in `alone` are sealed under a key of their own, which outlives that of their stream.
    """
    subjects = [subject_of(group.drafts[stream].stream, staged.fact) for stream, staged in group.staged]
    known = [stream for stream, draft in group.drafts.items() if draft.kept]
    parties = {party for party in subjects if party is not None}
    keys = AppendKeys(ciphers, workspace.workspace_id)
    for stream, draft in group.drafts.items():
        if draft.kept is None and draft.exists:
            keys.make("stream", stream)
    for event_id in alone:
        keys.make("stream", event_id)
    reads = 0
    while not keys.hold(known, parties):
        if reads == KEY_READS_MAX:
            return None
        reads += 1
        await workspace.keys.know(known, connection)
        await _know_parties(workspace, ciphers, keys, parties, connection)
    verdict, first, stored_at = await _call(workspace, keys, rows, send, group, subjects, at, alone)
    if verdict == b"erased":
        ciphers.forget(workspace.workspace_id)
    if verdict != APPENDED:
        return None
    keys.keep()
    return read_bigint(first), read_instant(stored_at)


async def _know_parties(
    workspace: Workspace,
    ciphers: Ciphers,
    keys: AppendKeys,
    parties: Iterable[UUID],
    connection: Connection | None,
) -> None:
    """Have a key for everybody whom words are about."""
    unknown = [party for party in parties if keys.party(party) is None]
    if not unknown:
        return
    stored = await workspace.read(_PARTY_KEYS, {"workspace": workspace.workspace_id, "parties": unknown}, connection)
    for key_id, kind, owner_id, wrapped in stored:
        ciphers.learn(workspace.workspace_id, key_id, kind, owner_id, wrapped)
    known = {owner_id for _, _, owner_id, _ in stored}
    for party in unknown:
        if party not in known:
            keys.make("party", party)


async def _call(
    workspace: Workspace,
    keys: AppendKeys,
    rows: ListRows,
    send: Send,
    group: Group,
    subjects: Sequence[UUID | None],
    at: datetime,
    alone: Collection[UUID],
) -> Any:
    drafts = list(group.drafts.items())
    place = {stream: ordinal for ordinal, (stream, _) in enumerate(drafts, start=1)}
    staged = group.staged
    sealed = _sealed(workspace.workspace_id, keys, staged, subjects, alone)
    derived = rows.of(workspace.workspace_id, keys, group, place)
    return await send(
        {
            "workspace": workspace.workspace_id.bytes,
            "at": instant(at),
            "streams": uuid_array(stream for stream, _ in drafts),
            "kinds": text_array(draft.stream.kind for _, draft in drafts),
            "versions": bigint_array([draft.base_version for _, draft in drafts]),
            "key_ids": uuid_array(key.key_id for key in keys.made),
            "key_kinds": text_array(key.kind for key in keys.made),
            "key_owners": uuid_array(key.owner_id for key in keys.made),
            "key_wraps": bytea_array(key.wrapped for key in keys.made),
            "event_streams": integer_array([place[stream] for stream, _ in staged]),
            "event_ids": uuid_array(one.fact.event_id for _, one in staged),
            "types": text_array(one.fact.type for _, one in staged),
            "envelopes": bytea_array(part.envelope for part in sealed),
            "structures": bytea_array(part.structure for part in sealed),
            "structure_digests": bytea_array(part.structure_digest for part in sealed),
            "words": bytea_array(part.words for part in sealed),
            "words_keys": uuid_array(part.words_key for part in sealed),
            "words_digests": bytea_array(part.words_digest for part in sealed),
            "proposal_digests": bytea_array(one.proposal_digest for _, one in staged),
            "moved": integer_array(derived.moved),
            "moved_at": instant_array(derived.moved_at),
            "rows": derived.rows,
            "participations": derived.participations,
            "rewritten": integer_array(derived.rewritten),
        },
        len(staged),
    )


def _sealed(
    workspace_id: UUID,
    keys: AppendKeys,
    staged: Sequence[tuple[UUID, Staged]],
    subjects: Sequence[UUID | None],
    alone: Collection[UUID],
) -> list[Sealed]:
    """Each fact sealed, with the bytes left to chance of all of them fetched at once."""
    chance = os.urandom(CHANCE_BYTES * len(staged))
    sealed = []
    for number, ((stream, one), subject) in enumerate(zip(staged, subjects, strict=True)):
        own_chance = chance[number * CHANCE_BYTES : (number + 1) * CHANCE_BYTES]
        event_id = one.fact.event_id
        if event_id in alone:
            sealed.append(seal(one.fact, workspace_id, keys.stream(event_id), event_id, None, own_chance))
        else:
            words_key, words_cipher = (subject and keys.party(subject)) or (None, None)
            sealed.append(seal(one.fact, workspace_id, keys.stream(stream), words_key, words_cipher, own_chance))
    return sealed
