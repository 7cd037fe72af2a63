"""Erasing: what was destroyed is nowhere any more, and all that proves the log stays as it was."""

from contextlib import suppress
from hashlib import sha256
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.facts import ERASED, Caller
from domain.refusals import ContentIsErased
from service.ledger.asking import proposal_digest
from service.ledger.credentials import Identity
from service.ledger.erasing.asked import Erased, Wanted
from service.ledger.feed.entries import Wanted as Everything
from service.ledger.keys import wrapping_context
from service.ledger.ledger import Ledger
from service.ledger.questions import PartiesQuestion, RowsQuestion
from service.ledger.refusals import Absent, EventIdReused, NothingToErase
from service.ledger.sync.devices import FIRST
from service.ledger.sync.verdicts import Item, Problem, Refused
from service.masterkey import MasterKey
from tests.conftest import Database
from tests.ledger.bundles import bundle, checkpoint, events, sound
from tests.ledger.conftest import Opening, a_deal, member, note, noted, proposal

pytestmark = pytest.mark.anyio
SECRET = "marzipan-lighthouse"


def an_owner(who: Identity) -> Identity:
    return Identity(who.workspace_id, uuid4(), Caller(uuid4(), "owner"), "owner")


async def erase(ledger: Ledger, who: Identity, scope: str, target: UUID, event_id: UUID | None = None) -> Erased:
    wanted = Wanted(scope=scope, target_id=target, reason="Asked for in writing", event_id=event_id)  # type: ignore[arg-type]
    return await ledger.erase(an_owner(who), wanted)


async def joined(ledger: Ledger, who: Identity, stream_id: str, party: UUID, name: str = SECRET) -> None:
    said = proposal("participant.joined", party_id=str(party), name=name, side="buyer", roles=["buyer"])
    await ledger.append(who, stream_id, [said], opens=False)


async def objection(ledger: Ledger, who: Identity, stream_id: str, party: UUID, text: str = SECRET) -> UUID:
    said = proposal("objection.raised", dimension="product", category="fit", statement=text, raised_by=str(party))
    return (await ledger.append(who, stream_id, [said], opens=False)).events[0].fact.event_id


async def everything(ledger: Ledger, who: Identity, stream_id: str) -> bytes:
    """All that the ledger tells of a stream and its people."""
    history = await ledger.history(who, stream_id)
    kind = stream_id.partition("/")[0]
    rows = await ledger.rows(who, RowsQuestion(kind=kind, limit=100))  # type: ignore[arg-type]
    past = await ledger.rows(who, RowsQuestion(kind=kind, limit=100, known_at=history.position))  # type: ignore[arg-type]
    people = await ledger.parties(who, PartiesQuestion(limit=100))
    items, _, _ = await ledger.feed(who, Everything(), 0, 500)
    return msgspec.json.encode([history.records, rows, past, people, [one.entry.body.decode() for one in items]])


async def test_a_partys_words_go_on_every_stream_and_states_stay(ledger: Ledger, noor: Identity) -> None:
    ada, ben = uuid4(), uuid4()
    streams = [await a_deal(ledger, noor) for _ in range(3)]
    for stream_id in streams[:2]:
        await joined(ledger, noor, stream_id, ada)
        await joined(ledger, noor, stream_id, ben, "Ben")
        await objection(ledger, noor, stream_id, ada)
    before = [(await ledger.history(noor, one)).stream for one in streams]
    erased = await erase(ledger, noor, "party", ada)
    assert (erased.facts, erased.streams, erased.replayed) == (4, 2, False)
    for stream_id, was in zip(streams[:2], before, strict=False):
        history = await ledger.history(noor, stream_id)
        assert SECRET.encode() not in await everything(ledger, noor, stream_id)
        assert history.stream is not None
        assert was is not None
        assert [one.state for one in history.stream.things("objection")] == ["raised"]
        assert history.stream.participants[ada].roles == was.participants[ada].roles
        assert history.stream.participants[ben].name == "Ben"
        assert [one.fact.type for one in history.records][-1] == "content.erased"
        assert history.records[-1].fact.data.reason == "Asked for in writing"
        assert [one.erased for one in history.records] == [False, True, False, True, False]
    assert (await ledger.history(noor, streams[2])).version == 1
    told = await ledger.history(an_owner(noor), f"workspace/{noor.workspace_id}")
    assert told.records[-1].fact.type == "party.erased"
    assert told.records[-1].fact.data.streams == 2


async def test_a_later_fact_about_an_erased_party_has_another_key(
    ledger: Ledger, opening: Opening, noor: Identity
) -> None:
    ada, stream_id = uuid4(), await a_deal(ledger, noor)
    await joined(ledger, noor, stream_id, ada)
    async with opening() as other:  # which knows the key that goes
        await objection(other, noor, stream_id, ada, "It is too dear")
        fresh = await a_deal(other, noor)
        first = await erase(ledger, noor, "party", ada)
        await joined(other, noor, fresh, ada, "Ada")
        await objection(other, noor, stream_id, ada, "It is too slow")
    history = await ledger.history(noor, stream_id)
    assert history.records[2].fact.data.statement == ERASED
    assert history.records[-1].fact.data.statement == "It is too slow"
    assert (await ledger.history(noor, fresh)).records[-1].fact.data.name == "Ada"
    again = await erase(ledger, noor, "party", ada)
    assert not again.replayed
    assert again.event_id != first.event_id
    assert (again.facts, again.streams) == (2, 2)


async def test_a_facts_words_go_with_its_corrections_and_the_notes_on_it(ledger: Ledger, noor: Identity) -> None:
    stream_id = await a_deal(ledger, noor)
    noted = (await note(ledger, noor, stream_id, SECRET)).events[0].fact
    target = str(noted.event_id)
    corrected = proposal("event.corrected", target_event_id=target, data={"text": SECRET + "!"}, reason="Typed badly")
    annotated = proposal("event.annotated", target_event_id=target, note=SECRET)
    await ledger.append(noor, stream_id, [corrected, annotated], opens=False)
    planned = await ledger.erasable(
        an_owner(noor), Wanted(scope="event", target_id=noted.event_id, reason="Asked for in writing")
    )
    assert (planned.facts, planned.hidden, len(planned.event_ids)) == (3, 0, 3)
    assert (await ledger.history(noor, stream_id)).version == 4
    erased = await erase(ledger, noor, "event", noted.event_id)
    assert (erased.facts, erased.streams) == (3, 1)
    assert SECRET.encode() not in await everything(ledger, noor, stream_id)


async def test_a_title_that_was_erased_is_in_no_list(ledger: Ledger, noor: Identity) -> None:
    stream_id = await a_deal(ledger, noor, title=SECRET, customer=SECRET)
    opening = (await ledger.history(noor, stream_id)).records[0].fact
    await erase(ledger, noor, "event", opening.event_id)
    page = await ledger.rows(noor, RowsQuestion(kind="deal", limit=10))
    assert [(row.title, row.customer) for row in page.rows] == [(None, None)]
    assert not (await ledger.rows(noor, RowsQuestion(kind="deal", limit=10, customer=SECRET))).rows
    assert not (await ledger.rows(noor, RowsQuestion(kind="deal", limit=10, text="marzipan"))).rows


async def test_an_erased_stream_keeps_that_it_was_and_takes_nothing_more(ledger: Ledger, noor: Identity) -> None:
    ada, stream_id = uuid4(), await a_deal(ledger, noor, title=SECRET)
    await joined(ledger, noor, stream_id, ada)
    stream = UUID(stream_id.partition("/")[2])
    erased = await erase(ledger, noor, "stream", stream)
    assert (erased.facts, erased.streams) == (2, 1)
    history = await ledger.history(noor, stream_id)
    assert history.stream is None
    assert [one.fact.data for one in history.records[:2]] == [None, None]
    assert history.records[2].fact.data.scope == "stream"
    assert SECRET.encode() not in await everything(ledger, noor, stream_id)
    assert not (await ledger.rows(noor, RowsQuestion(kind="deal", limit=10))).rows
    assert not (await ledger.parties(noor, PartiesQuestion(limit=10))).parties
    with pytest.raises(ContentIsErased):
        await note(ledger, noor, stream_id, "One more thing")
    assert (await erase(ledger, noor, "stream", stream)).event_id == erased.event_id


async def test_another_process_drops_what_it_held(ledger: Ledger, opening: Opening, noor: Identity) -> None:
    ada, stream_id = uuid4(), await a_deal(ledger, noor, title=SECRET)
    await joined(ledger, noor, stream_id, ada)
    other_deal = await a_deal(ledger, noor)
    async with opening() as other:
        for one in (stream_id, other_deal):
            assert SECRET.encode() in await everything(other, noor, one)
        await erase(ledger, noor, "party", ada)
        await erase(ledger, noor, "stream", UUID(stream_id.partition("/")[2]))
        for one in (stream_id, other_deal):
            assert SECRET.encode() not in await everything(other, noor, one)
        await note(other, noor, other_deal, "Still here")


async def test_a_repeat_is_answered_with_what_was_done(ledger: Ledger, opening: Opening, noor: Identity) -> None:
    stream_id = await a_deal(ledger, noor)
    mine, sent = uuid4(), uuid4()
    first = await note(ledger, noor, stream_id, SECRET, event_id=sent)
    erased = await erase(ledger, noor, "event", sent, mine)
    assert erased.event_id == mine
    async with opening() as other:
        again = await erase(other, noor, "event", sent, mine)
        assert again == Erased(mine, "event", sent, 1, 1, erased.position, replayed=True)
        assert (await erase(other, noor, "event", sent)).event_id == mine
        with pytest.raises(EventIdReused):
            await erase(other, noor, "party", uuid4(), mine)
        with pytest.raises(EventIdReused):
            await erase(other, noor, "stream", UUID(stream_id.partition("/")[2]), first.events[0].fact.event_id)
        # The fact itself may still be sent again, in whatever words.
        repeated = await note(other, noor, stream_id, "In other words", event_id=sent)
        assert repeated.replayed
        assert repeated.events[0].fact.data.text == ERASED


async def test_what_is_not_there_is_not_erased(ledger: Ledger, noor: Identity) -> None:
    stream_id = await a_deal(ledger, noor)
    wordless = proposal("stage.entered", stage="deciding")
    entered = (await ledger.append(noor, stream_id, [wordless], opens=False)).events[0].fact.event_id
    for scope, target, refusal in (
        ("event", uuid4(), Absent),
        ("stream", uuid4(), Absent),
        ("stream", noor.workspace_id, Absent),
        ("party", uuid4(), NothingToErase),
        ("event", entered, NothingToErase),
    ):
        with pytest.raises(refusal):
            await erase(ledger, noor, scope, target)
    assert (await ledger.history(noor, stream_id)).version == 2


async def test_another_workspace_cannot_be_reached(ledger: Ledger, noor: Identity) -> None:
    elsewhere = uuid4()
    await ledger.create_workspace(elsewhere, "Somebody else's")
    stranger, ada, stream_id = member(elsewhere), uuid4(), await a_deal(ledger, noor, title=SECRET)
    await joined(ledger, noor, stream_id, ada)
    first = (await ledger.history(noor, stream_id)).records[0].fact.event_id
    for scope, target in (("stream", UUID(stream_id.partition("/")[2])), ("event", first), ("party", ada)):
        with pytest.raises((Absent, NothingToErase)):
            await erase(ledger, stranger, scope, target)
    assert SECRET.encode() in await everything(ledger, noor, stream_id)


async def test_no_row_and_no_key_is_left_of_it(ledger: Ledger, noor: Identity, database: Database) -> None:
    ada = uuid4()
    kept, gone = await a_deal(ledger, noor), await a_deal(ledger, noor, title=SECRET, customer=SECRET)
    for stream_id in (kept, gone):
        await joined(ledger, noor, stream_id, ada)
        await objection(ledger, noor, stream_id, ada)
    with psycopg.connect(database.superuser) as db:
        leaves = db.execute("SELECT position, envelope, structure_digest, words_digest, leaf FROM event").fetchall()
    await erase(ledger, noor, "party", ada)
    await erase(ledger, noor, "stream", UUID(gone.partition("/")[2]))
    with psycopg.connect(database.superuser) as db:
        after = db.execute("SELECT position, envelope, structure_digest, words_digest, leaf FROM event").fetchall()
        assert set(leaves) <= set(after)
        keys = db.execute("SELECT wrapped, destroyed_by FROM content_key WHERE destroyed_at IS NOT NULL").fetchall()
        assert [(wrapped, by is None) for wrapped, by in keys] == [(None, False)] * 2
        assert db.execute("SELECT count(*) FROM participation WHERE name IS NOT NULL").fetchone() == (0,)
        assert db.execute(
            "SELECT count(*) FROM event WHERE words_key IN (SELECT key_id FROM content_key WHERE wrapped IS NULL)"
            " AND (words IS NOT NULL OR proposal_digest IS NOT NULL)"
        ).fetchone() == (0,)
        assert db.execute(
            "SELECT card, customer_tag, parties, openers FROM stream WHERE stream_id = %s", [gone.partition("/")[2]]
        ).fetchone() == (None, None, [], [])


async def test_no_digest_is_left_that_a_guess_at_erased_words_could_be_tried_on(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    """Nor that of a fact that was recorded beside them under one key."""
    stream_id, ids = await a_deal(ledger, noor), (uuid4(), uuid4())
    facts = [noted("Hello", ids[0]), noted(SECRET, ids[1])]
    await ledger.append(noor, stream_id, facts, opens=False, whole=ids[0])
    await erase(ledger, noor, "event", ids[1])
    hello, secret = map(proposal_digest, facts)
    with psycopg.connect(database.superuser) as db:
        left = {bytes(one) for (one,) in db.execute("SELECT proposal_digest FROM event WHERE proposal_digest <> ''")}
    assert left.isdisjoint({secret, sha256(hello + secret).digest(), sha256(secret + hello).digest()})


async def test_the_run_time_role_cannot_destroy_what_the_log_does_not_say(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    stream_id = await a_deal(ledger, noor)
    stream = stream_id.partition("/")[2]
    call = "SELECT erase_content(%s, %s, 'stream', %s, '{}', ARRAY[%s]::uuid[], '{}', %s, now())"
    with psycopg.connect(database.app) as db, pytest.raises(psycopg.errors.IntegrityError):
        db.execute(call, [noor.workspace_id, uuid4(), stream, stream, 0])
    await note(ledger, noor, stream_id, "Still readable")


async def test_old_checkpoints_and_new_bundles_verify_as_before(ledger: Ledger, noor: Identity) -> None:
    ada, kept, gone = uuid4(), await a_deal(ledger, noor), await a_deal(ledger, noor, title=SECRET)
    for stream_id in (kept, gone):
        await joined(ledger, noor, stream_id, ada)
    older = await checkpoint(ledger, noor.workspace_id)
    size = int(older.splitlines()[1])
    before = {line["position"]: line["leaf"] for line in events(await bundle(ledger, noor))}
    await erase(ledger, noor, "party", ada)
    await erase(ledger, noor, "stream", UUID(gone.partition("/")[2]))
    for scope in (kept, gone, None):
        lines = await bundle(ledger, an_owner(noor), scope, since=size)
        sound(lines, older)
        assert SECRET.encode() not in b"".join(lines)
        assert not any(line.get("broken") for line in events(lines))
        for line in events(lines):
            assert before.get(line["position"], line["leaf"]) == line["leaf"]
    erased = events(await bundle(ledger, noor, gone))
    assert [sorted(line["parts"]) for line in erased[:2]] == [["envelope"], ["envelope"]]
    assert sorted(erased[-1]["parts"]) == ["envelope", "structure", "words"]


async def test_with_every_key_that_is_left_nothing_stored_opens_to_it(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    ada, kept, gone = uuid4(), await a_deal(ledger, noor), await a_deal(ledger, noor, title=SECRET, customer=SECRET)
    for stream_id in (kept, gone):
        await joined(ledger, noor, stream_id, ada)
        await objection(ledger, noor, stream_id, ada)
    assert SECRET.encode() in opened_with_all_keys(database, noor.workspace_id)
    await erase(ledger, noor, "party", ada)
    assert SECRET.encode() in opened_with_all_keys(database, noor.workspace_id)  # the other deal's title
    await erase(ledger, noor, "stream", UUID(gone.partition("/")[2]))
    assert SECRET.encode() not in opened_with_all_keys(database, noor.workspace_id)


def quoting(stream_id: str, *named: UUID) -> Item:
    """What a device sends that is no fact, which its refusal quotes."""
    event_id = uuid4()
    fault = Problem("body-malformed", f"The value {SECRET} is not one of these.", {})
    sent = msgspec.json.encode({"event_id": event_id, "stream_id": stream_id, "data": {"stage": SECRET, "who": named}})
    return Item(1, event_id, stream_id, uuid4().bytes, fault=fault, sent=sent)


@pytest.mark.parametrize("scope", ["party", "stream", "event"])
async def test_what_refusals_quote_goes_with_what_it_was_about_and_the_verdict_stays(
    ledger: Ledger, noor: Identity, database: Database, scope: str
) -> None:
    ada, kept, other = uuid4(), await a_deal(ledger, noor), await a_deal(ledger, noor)
    await joined(ledger, noor, kept, ada, "Ada")
    noted = (await note(ledger, noor, kept, "Said")).events[0].fact.event_id
    named = {"party": (other, ada), "stream": (kept, uuid4()), "event": (kept, noted)}[scope]
    target = {"party": ada, "stream": UUID(kept.partition("/")[2]), "event": noted}[scope]
    item, apart = quoting(*named), quoting(other, uuid4())
    told = []
    for one in (item, apart):
        device = uuid4()
        told.append((device, (await ledger.sync.push(noor, device, 1, [one], may_open=True)).verdicts[0]))
    assert opened_with_all_keys(database, noor.workspace_id).count(SECRET.encode()) == 2
    await erase(ledger, noor, scope, target)
    assert opened_with_all_keys(database, noor.workspace_id).count(SECRET.encode()) == 1
    device, before = told[0]
    again = msgspec.structs.replace(item, digest=b"other content", device_sequence=2)
    for one in (item, again):
        verdict = (await ledger.sync.push(noor, device, 1, [one], may_open=True)).verdicts[0]
        assert isinstance(verdict, Refused)
        assert isinstance(before, Refused)
        assert (verdict.problem.slug, verdict.problem.members) == ("body-malformed", {})
        assert (SECRET in verdict.problem.detail, verdict.refused_at) == (False, before.refused_at)
    listed = await ledger.sync.refusals(noor, device, FIRST, 10)
    assert [(one.event_id, SECRET in one.refused.problem.detail) for one in listed] == [(item.event_id, False)]
    device, before = told[1]
    assert (await ledger.sync.push(noor, device, 1, [apart], may_open=True)).verdicts == [before]


async def test_a_person_of_whom_only_refusals_say_anything_is_erased(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    ada, stream_id = uuid4(), await a_deal(ledger, noor)
    with pytest.raises(NothingToErase):
        await erase(ledger, noor, "party", ada)
    await ledger.sync.push(noor, uuid4(), 1, [quoting(stream_id, ada)], may_open=True)
    erased = await erase(ledger, noor, "party", ada)
    assert (erased.facts, erased.streams) == (0, 0)
    assert SECRET.encode() not in opened_with_all_keys(database, noor.workspace_id)
    assert (await erase(ledger, noor, "party", ada)).replayed


def opened_with_all_keys(database: Database, workspace_id: UUID) -> bytes:
    """What somebody with the master key and all tables can open, by trying every key on everything."""
    master = MasterKey(bytes(range(32)))
    with psycopg.connect(database.superuser) as db:
        wraps = db.execute("SELECT key_id, wrapped FROM content_key WHERE wrapped IS NOT NULL").fetchall()
        rows = db.execute("SELECT stream_id, event_id, envelope, structure, words FROM event").fetchall()
        cards = db.execute("SELECT stream_id, card FROM stream").fetchall()
        names = db.execute("SELECT party_id, name FROM participation").fetchall()
        refusals = db.execute("SELECT event_id, problem FROM refusal WHERE problem IS NOT NULL").fetchall()
    ciphers = [AESGCM(master.unwrap(bytes(one), wrapping_context(workspace_id, key_id))) for key_id, one in wraps]
    sealed = [(b"card", stream, card) for stream, card in cards] + [(b"name", party, name) for party, name in names]
    found = []
    quotes = AESGCM(master.derive(b"sync refusal"))
    for event_id, problem in refusals:
        found.append(quotes.decrypt(problem[:12], problem[12:], workspace_id.bytes + event_id.bytes))
    for _, event_id, envelope, structure, words in rows:
        found.append(bytes(envelope))
        sealed += [(b"structure", event_id, structure), (b"words", event_id, words)]
    for part, place, content in sealed:
        for cipher in ciphers:
            if content is not None:
                with suppress(InvalidTag):
                    found.append(cipher.decrypt(content[:12], content[12:], workspace_id.bytes + place.bytes + part))
    return b"\n".join(found)
