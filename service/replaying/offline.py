"""A story from an exported bundle: verified first, then computed as a service would. Needs no service and no network.

What is told is what the verified lines hold, and nothing is read twice: a file that changes meanwhile changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from domain.facts import Recorded
from domain.history import KnownAt, effective, effective_times, known
from domain.stream import fold
from projections.audit import Audit
from projections.replay import replay
from projections.sentences import Teller
from projections.timeline import Timeline
from projections.view import View
from service.faults import StartRefusal
from service.ledger.parts import unite
from service.ledger.wire import event_json
from service.proof.bundle import WHOLE_LOG, EventLine, Part, read, read_leaf
from service.proof.note import VerifierKey
from service.proof.verifying import verify
from service.replaying.story import Held, Story, woven

_EVENT = b'"line":"event"'


def story(
    lines: Iterable[bytes],
    keys: Sequence[VerifierKey],
    stream_id: str | None,
    as_of: datetime | None,
    known_at: KnownAt,
) -> Story:
    """The one stream of the bundle, or `stream_id` of a bundle of the log.

    Raises `Flaw` when the bundle is not sound, and `StartRefusal` when it does not hold what was asked for.
    """
    found: dict[str, list[EventLine]] = {}
    verdict = verify(_noting(lines, stream_id, found), keys)
    if stream_id is None and verdict.scope != WHOLE_LOG:
        stream_id = verdict.scope
    if stream_id is None:
        raise StartRefusal(
            f"The bundle holds a whole log of {len(found)} streams: name one of them, such as {min(found, default='')}."
        )
    named = next((name for name in found if stream_id in (name, name.partition("/")[2])), None)
    if named is None:
        raise StartRefusal(f"The bundle, of {verdict.scope}, holds nothing of {stream_id} that its reader may see.")
    events = found[named]
    records = [record for line in events if (record := _recorded(line)) is not None]
    if not records or records[0].fact.stream_version != 1:
        raise StartRefusal(f"The first fact of {named} is not shown in this bundle: there is nothing to walk through.")
    if any(record.fact.data is None for record in records):
        raise StartRefusal(f"All content of {named} was erased: the bundle proves that there were facts, and no more.")
    held = effective(records, as_of, known_at)
    if not held:
        raise StartRefusal(f"Nothing of {named} had happened, or was known, at that time.")
    signed = "signed by " + ", ".join(verdict.keys) + ("" if keys else ", by its own word")
    told = known(records, known_at)
    view = View(fold(named, [one.fact for one in held]), _moment(told, as_of))
    whole = fold(named, [record.fact for record in told])
    happened = [one for one, at in zip(told, effective_times(whole), strict=True) if as_of is None or at <= as_of]
    recorded = fold(named, [record.fact for record in happened])
    steps, since = woven(
        [entry for _, entry in Timeline(view, told, as_of).entries()],
        Audit(happened, recorded, Teller(recorded)).entries(),
        (Held(msgspec.json.decode(event_json(one.record)), one.state, one.change) for one in replay(named, held)),
    )
    source = f"verified bundle, log of {verdict.size}, {signed}"
    return Story(stream_id=named, source=source, steps=steps, since=since, hidden=len(events) - len(records))


def _noting(lines: Iterable[bytes], wanted: str | None, found: dict[str, list[EventLine]]) -> Iterator[bytes]:
    """The lines as they are, noting the facts of the wanted stream, or just the names when none is named."""
    for line in lines:
        yield line  # whoever takes the next one has judged this one's form
        if _EVENT not in line[:100]:
            continue
        event = read(line)
        if isinstance(event, EventLine):
            name = read_leaf(event.leaf).stream_id
            noted = found.setdefault(name, [])
            if wanted is None and next(iter(found)) != name:
                noted.clear()
            elif wanted in (None, name, name.partition("/")[2]):
                noted.append(event)


def _recorded(line: EventLine) -> Recorded | None:
    """The fact of a line; None when its reader may not see it."""
    parts, leaf = line.parts, read_leaf(line.leaf)
    if parts.envelope is None:
        return None
    fact = unite(leaf.stream_id, leaf.version, _text(parts.envelope), _given(parts.structure), _given(parts.words))
    erased = bool(leaf.words) and parts.words is None
    return Recorded(fact, line.position, datetime.fromisoformat(leaf.recorded_at).astimezone(UTC), erased)


def _given(part: Part | None) -> bytes | None:
    return None if part is None else _text(part)


def _text(part: Part) -> bytes:
    return part.text.encode()


def _moment(records: Sequence[Recorded], as_of: datetime | None) -> datetime:
    """The moment that is judged at: the one asked about, else just after the last fact, as a bundle knows no later."""
    if as_of is not None:
        return as_of
    last = records[-1].recorded_at
    return max([last, *(record.fact.occurred_at for record in records)]) + timedelta(microseconds=1)
