"""Reads, writes and the following of the log overtake each other inside one process, at the worst moments there are.

Each moment is made by holding back the answer of one statement until something else has happened.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from domain.facts import stream_uuid
from service.ledger import workspace as following
from service.ledger.commits import Commits
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.store import Store, statement
from tests.ledger.conftest import Opening, a_deal, note, noted

pytestmark = pytest.mark.anyio

FACTS = statement("facts")
RECORDED = statement("recorded")
REACHED_S = 20  # far longer than any statement takes
Passing = Callable[[Store | None, str, Any], bool]


class Gate:
    """Holds back the first statement that it is for: `reached` once one is there, until `open`."""

    def __init__(self, passing: Passing, *, after: bool) -> None:
        self._passing = passing
        self.after = after
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def is_reached(self) -> None:
        """Return once a statement waits here; fail when none comes."""
        await asyncio.wait_for(self.reached.wait(), REACHED_S)

    async def pass_through(self, *statement: Any) -> None:
        if not self.reached.is_set() and self._passing(*statement):
            self.reached.set()
            await self.opened.wait()


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Gate]]:
    """Gates on every reading statement and on every append of this process."""
    closed: list[Gate] = []
    read, sent = Store.read, Commits.send

    async def gated(store: Store | None, sql: str, parameters: Any, send: Any) -> Any:
        for gate in [gate for gate in closed if not gate.after]:
            await gate.pass_through(store, sql, parameters)
        rows = await send
        for gate in [gate for gate in closed if gate.after]:
            await gate.pass_through(store, sql, parameters)
        return rows

    async def gated_read(store: Store, sql: str, parameters: Any) -> Any:
        return await gated(store, sql, parameters, read(store, sql, parameters))

    async def gated_send(commits: Commits, parameters: Any, *more: Any) -> Any:
        return await gated(None, "append", parameters, sent(commits, parameters, *more))

    monkeypatch.setattr(Store, "read", gated_read)
    monkeypatch.setattr(Commits, "send", gated_send)
    yield closed
    for gate in closed:
        gate.opened.set()


def facts_of(stream_id: str, reader: Ledger) -> Passing:
    """The reading of a stream's facts by one ledger."""
    stream = stream_uuid(stream_id)
    return lambda store, sql, parameters: store is reader._store and sql == FACTS and parameters["streams"] == [stream]


def what_was_recorded(reader: Ledger) -> Passing:
    """The reading of what is new in the log by one ledger."""
    return lambda store, sql, _: store is reader._store and sql == RECORDED


def append_to(stream_id: str) -> Passing:
    stream = stream_uuid(stream_id)
    return lambda store, sql, parameters: store is None and sql == "append" and stream.bytes in parameters["streams"]


def closed(gates: list[Gate], passing: Passing, *, after: bool) -> Gate:
    gate = Gate(passing, after=after)
    gates.append(gate)
    return gate


@pytest.mark.parametrize("after", [True, False])
async def test_a_stream_loaded_while_the_log_is_followed_does_not_stay_behind_it(
    ledger: Ledger, noor: Identity, opening: Opening, gates: list[Gate], *, after: bool
) -> None:
    known, unknown = await a_deal(ledger, noor), await a_deal(ledger, noor)
    async with opening() as reader:
        await reader.history(noor, known)
        load = closed(gates, facts_of(unknown, reader), after=True)
        loading = asyncio.create_task(reader.history(noor, unknown))
        await load.is_reached()
        await note(ledger, noor, known, "Recorded elsewhere")
        await note(ledger, noor, unknown, "Recorded elsewhere while it is being read here")
        follow = closed(gates, what_was_recorded(reader), after=after)
        catching_up = asyncio.create_task(reader.history(noor, known))
        await follow.is_reached()
        load.opened.set()
        await loading
        follow.opened.set()
        await catching_up
        assert (await reader.history(noor, unknown)).version == 2
        assert (await note(reader, noor, unknown, "And written to from here")).stream_version == 3


async def test_a_stream_that_was_let_go_and_read_again_while_it_is_written_is_not_kept_behind(
    ledger: Ledger, noor: Identity, gates: list[Gate]
) -> None:
    deal = await a_deal(ledger, noor)
    write = closed(gates, append_to(deal), after=False)
    writing = asyncio.create_task(note(ledger, noor, deal, "On its way"))
    await write.is_reached()
    let_go(ledger, noor.workspace_id, deal)
    assert (await ledger.history(noor, deal)).version == 1
    write.opened.set()
    assert (await writing).stream_version == 2
    assert (await ledger.history(noor, deal)).version == 2
    assert (await note(ledger, noor, deal, "The next")).stream_version == 3


async def test_a_stream_read_again_just_before_it_is_written_is_not_kept_behind(
    ledger: Ledger, noor: Identity, gates: list[Gate]
) -> None:
    """As before, but the reading ends after the write, and memory is short again."""
    deal, other = await a_deal(ledger, noor), await a_deal(ledger, noor)
    write = closed(gates, append_to(deal), after=False)
    writing = asyncio.create_task(note(ledger, noor, deal, "On its way"))
    await write.is_reached()
    let_go(ledger, noor.workspace_id, deal)
    read = closed(gates, facts_of(deal, ledger), after=True)
    reading = asyncio.create_task(ledger.history(noor, deal))
    await read.is_reached()
    read_again = closed(gates, facts_of(deal, ledger), after=True)
    write.opened.set()
    await writing
    read.opened.set()
    second = asyncio.create_task(read_again.is_reached())
    await asyncio.wait([reading, second], return_when=asyncio.FIRST_COMPLETED)
    await note(ledger, noor, deal, "Written while it is read for the second time")
    await note(ledger, noor, other, "Elsewhere")
    let_go(ledger, noor.workspace_id, deal)
    read_again.opened.set()
    await reading
    second.cancel()
    assert (await ledger.history(noor, deal)).version == 3


async def test_a_stream_that_is_let_go_while_others_are_read_refuses_nobody_for_what_it_lacks(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its reading and the deciding it moves on, and the log is followed past it, but nobody brings it up."""
    deal = await a_deal(ledger, noor)
    async with opening() as other:
        load = following.Workspace.load

        async def overtaken(workspace: following.Workspace, *arguments: Any) -> Any:
            kept = await load(workspace, *arguments)
            monkeypatch.undo()
            workspace.forget([stream_uuid(deal)])
            await note(other, noor, deal, "Meanwhile")
            await workspace.follow()
            return kept

        monkeypatch.setattr(following.Workspace, "load", overtaken)
        appended = await note(ledger, noor, deal, "Against what is there", if_match=2)
    assert appended.stream_version == 3


async def test_facts_that_the_follower_has_folded_in_part_are_folded_once_and_all(
    ledger: Ledger, noor: Identity, gates: list[Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The follower reads what this process has just recorded, and the answer to the append comes in between."""
    monkeypatch.setattr(following, "FACTS_PER_BREATH", 1)
    deal = await a_deal(ledger, noor)
    write = closed(gates, append_to(deal), after=True)
    writing = asyncio.create_task(
        ledger.append(noor, deal, [noted(f"One of {number}") for number in range(60)], opens=False)
    )
    await write.is_reached()
    fold = following.Workspace._fold

    def answered_in_between(*arguments: Any) -> None:
        write.opened.set()
        fold(*arguments)

    monkeypatch.setattr(following.Workspace, "_fold", answered_in_between)
    await ledger.history(noor, deal)
    await writing
    history = await ledger.history(noor, deal)
    assert history.stream is not None
    assert history.version == len(history.records) == history.stream.version == 61
    assert history.stream.counts["record"] == 60


async def test_groups_that_are_answered_in_another_order_than_they_were_written_are_told_right(
    ledger: Ledger, noor: Identity, gates: list[Gate]
) -> None:
    """The second group is answered, read and followed while the first one's answer is still on its way."""
    first, second = await a_deal(ledger, noor), await a_deal(ledger, noor)
    write = closed(gates, append_to(first), after=True)
    writing = asyncio.create_task(note(ledger, noor, first, "Written first, answered last"))
    await write.is_reached()
    appended = await note(ledger, noor, second, "Written second, answered first")
    assert (appended.stream_version, appended.position) == (2, 4)
    assert (await ledger.history(noor, first)).version == 2
    waiting = asyncio.create_task(note(ledger, noor, first, "Rests on what is not answered yet"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    write.opened.set()
    assert ((await writing).stream_version, (await writing).position) == (2, 3)
    assert ((await waiting).stream_version, (await waiting).position) == (3, 5)
    for stream, version in ((first, 3), (second, 2)):
        history = await ledger.history(noor, stream)
        assert history.stream is not None
        assert history.version == len(history.records) == history.stream.version == version
    assert await ledger.position(noor) == 5


async def test_a_stream_that_is_remembered_wrongly_can_be_written_all_the_same(ledger: Ledger, noor: Identity) -> None:
    """Whatever the cause: it is read anew instead of being refused until the next start."""
    deal = await a_deal(ledger, noor)
    wrong = ledger._memory.get(noor.workspace_id, stream_uuid(deal))
    assert wrong is not None
    let_go(ledger, noor.workspace_id, deal)
    await note(ledger, noor, deal, "Known to the log alone")
    ledger._memory.put(noor.workspace_id, stream_uuid(deal), wrong)
    assert wrong.version == 1
    assert (await note(ledger, noor, deal, "Written on what is stored")).stream_version == 3
    assert (await ledger.history(noor, deal)).version == 3


def let_go(ledger: Ledger, workspace_id: UUID, stream_id: str) -> None:
    """What happens to the stream that was not used for longest when memory is short."""
    ledger._memory.drop(workspace_id, [stream_uuid(stream_id)])


async def test_two_groups_of_one_process_that_end_in_the_other_order_are_not_taken_for_others(
    ledger: Ledger, noor: Identity, gates: list[Gate]
) -> None:
    first, second = await a_deal(ledger, noor), await a_deal(ledger, noor)
    here = ledger._workspaces.known(noor.workspace_id)
    answer = closed(gates, append_to(first), after=True)
    writing = asyncio.create_task(note(ledger, noor, first, "Recorded first, told last"))
    await answer.is_reached()
    assert (await note(ledger, noor, second, "Recorded second, told first")).position == 4
    assert (here.position, here.behind, here.shared) == (2, 1, False)
    assert (await note(ledger, noor, second, "And another")).position == 5
    assert (here.position, here.behind, here.shared) == (2, 1, False)
    answer.opened.set()
    await writing
    assert (here.position, here.behind, here.shared) == (5, 0, False)
