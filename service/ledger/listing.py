"""The derived rows that are written with the facts: a stream's list row and who takes part in it, words sealed."""

import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from domain.facts import Recorded
from domain.history import effective
from domain.stream import Stream, evolve, fold
from projections.list_row import STILL, Card, ListRow, card, list_row
from projections.participations import Participation, participations
from service.ledger.deciding import Draft, Group
from service.ledger.keys import AppendKeys
from service.ledger.memory import Kept
from service.ledger.sealing import seal_row

_json = msgspec.json.Encoder().encode
_card_json = msgspec.json.Encoder(order="sorted").encode
CUSTOMER_TAG_BYTES = 16

# Which families of facts can change what a card says, and who takes part or owes whom; beside what rewrites facts.
_CARD = {"deal", "goal"}
_PEOPLE = {"people", "deal", "goal"}
_PROMISES = {"commitments"}


class Derived(Struct, frozen=True):
    """The derived rows of a group: JSON for the append, and the ordinals of streams.

    Of those that `moved` only the last event's time is written, which is all that most facts change in a list; of those
    that are `rewritten` the people are written anew.
    """

    moved: list[int]
    moved_at: list[datetime]
    rows: bytes | None
    participations: bytes | None
    rewritten: list[int]


class ListRows:
    """Makes the derived rows of a group."""

    def __init__(self, tag_key: bytes) -> None:
        self._tag_key = tag_key

    def of(self, workspace_id: UUID, keys: AppendKeys, group: Group, place: dict[UUID, int]) -> Derived:
        """The rows of every stream the group writes to. `place` is the stream's ordinal in the append."""
        moved: dict[int, datetime] = {}
        rows, people, rewritten = [], [], []
        for stream in dict.fromkeys(stream for stream, _ in group.staged):
            draft, ordinal = group.drafts[stream], place[stream]
            shown = public_fold(draft)
            row = draft.row = _row_of(draft, shown)
            worded = draft.rewrites or not draft.families.isdisjoint(_CARD)
            if worded or draft.kept is None or not row.stays(draft.kept.row):
                words = card(shown) if worded else None
                rows.append(self._row(workspace_id, stream, row, words, keys.stream(stream), ordinal))
            else:
                moved[ordinal] = row.last_event_at
            with_names = draft.rewrites or not draft.families.isdisjoint(_PEOPLE)
            if draft.rewrites:
                rewritten.append(ordinal)
            if with_names or not draft.families.isdisjoint(_PROMISES):
                people += [
                    _person(workspace_id, stream, one, with_names, keys, ordinal) for one in participations(shown)
                ]
        return Derived(
            list(moved),
            list(moved.values()),
            _json(rows) if rows else None,
            _json(people) if people else None,
            rewritten,
        )

    def customer_tag(self, workspace_id: UUID, customer: str) -> bytes:
        """A keyed digest by which equal customers (case and spaces aside) are found without storing the name."""
        text = " ".join(customer.casefold().split())
        return hmac.digest(self._tag_key, workspace_id.bytes + text.encode(), "sha256")[:CUSTOMER_TAG_BYTES]

    def _row(
        self,
        workspace_id: UUID,
        stream: UUID,
        row: ListRow,
        words: Card | None,
        cipher: AESGCM,
        ordinal: int,
    ) -> dict[str, Any]:
        written: dict[str, Any] = {
            "stream": ordinal,
            "visibility": row.visibility,
            "openers": row.openers,
            "parties": row.parties,
            "status": row.status,
            "outcome": row.outcome,
            "stage": row.stage,
            "forces_net": row.forces_net,
            "dues": row.dues,
            "attention_at": row.attention_at,
            "has_routine": row.has_routine,
            "opened_at": row.opened_at,
            "last_event_at": row.last_event_at,
        }
        if words is not None:
            written["card"] = _bytea(seal_row(cipher, card_place(workspace_id, stream), _card_json(words)))
            if words.customer is not None:
                written["customer_tag"] = _bytea(self.customer_tag(workspace_id, words.customer))
        return written


def public_fold(draft: Draft) -> Stream:
    """The fold that lists show: facts in the order they happened, as wide as the stream's first fact or wider.

    A stream whose facts came in order and are all that wide is its own public fold, which is the rule rather than the
    exception. Another has one of its own, which goes on as long as facts come in order, and is made anew otherwise.
    """
    stream = draft.stream
    if is_public(stream):
        return stream
    draft.public = _continued(draft) or public_fold_of(stream)
    return draft.public


def is_public(stream: Stream) -> bool:
    """Whether a stream as recorded is what lists show of it."""
    first = stream.first
    assert first is not None, "a stream begins with its first fact"
    return stream.in_order and not stream.rewritten and stream.width >= first.visibility.width


def shown(kept: Kept) -> Stream:
    """What lists show of a stream that is kept."""
    if is_public(kept.stream):
        return kept.stream
    kept.public = kept.public or public_fold_of(kept.stream)
    return kept.public


def public_fold_of(stream: Stream) -> Stream:
    """The public fold, made from all facts."""
    facts = stream.facts
    width = facts[0].visibility.width
    moment = facts[-1].occurred_at
    records = [Recorded(fact, ordinal, moment) for ordinal, fact in enumerate(facts)]
    return fold(
        stream.stream_id, [record.fact for record in effective(records) if record.fact.visibility.width >= width]
    )


def _continued(draft: Draft) -> Stream | None:
    """A fork of the public fold that is kept, with the draft's facts; None when they cannot simply be added to it."""
    kept = draft.kept
    if kept is None or kept.public is None or kept.version != draft.base_version or draft.rewrites:
        return None
    shown = kept.public.fork()
    width = kept.records[0].fact.visibility.width
    for version in range(draft.base_version + 1, draft.stream.version + 1):
        fact = draft.stream.entry(version).fact
        if fact.visibility.width >= width:
            evolve(shown, fact)
    return shown if shown.in_order else None


def _row_of(draft: Draft, shown: Stream) -> ListRow:
    """The row of what lists show of a stream; made of the one before it when the draft's facts leave that as it is."""
    before = None if draft.kept is None else draft.kept.row
    if before is None or any(staged.fact.type not in STILL for staged in draft.staged.values()):
        return list_row(shown)
    assert shown.last_at is not None, "a row is of a stream that has its first fact"
    return msgspec.structs.replace(before, last_event_at=shown.last_at)


def card_place(workspace_id: UUID, stream: UUID) -> bytes:
    """What a sealed card is bound to."""
    return workspace_id.bytes + stream.bytes + b"card"


def name_place(workspace_id: UUID, party_id: UUID) -> bytes:
    """What a sealed name is bound to."""
    return workspace_id.bytes + party_id.bytes + b"name"


def read_card(content: bytes | None) -> Card:
    """The words of a list row; empty once they were erased."""
    return Card() if content is None else msgspec.json.decode(content, type=Card)


def _person(
    workspace_id: UUID, stream: UUID, one: Participation, with_name: bool, keys: AppendKeys, ordinal: int
) -> dict[str, Any]:
    written: dict[str, Any] = {
        "stream": ordinal,
        "party_id": one.party_id,
        "side": one.side,
        "roles": one.roles,
        "joined_at": one.joined_at,
        "left_at": one.left_at,
        "owes": one.owes,
        "owed": one.owed,
    }
    if with_name and one.name is not None:
        key_id, cipher = keys.party(one.party_id) or (stream, keys.stream(stream))
        written["name"] = _bytea(seal_row(cipher, name_place(workspace_id, one.party_id), one.name.encode()))
        written["name_key"] = key_id
    return written


def _bytea(content: bytes) -> str:
    return "\\x" + content.hex()
