"""Score receipts: what follows from the facts is taken, and every other number is found out by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from projections.trust.policy import TRUST_1, Policy
from service.proof.bundle import ReceiptLine, written
from service.proof.command import lines_of
from service.proof.flaws import MALFORMED, POLICY, RECEIPT, REWRITTEN, UNCOMPARED, UNRECKONED, UNSIGNED, Flaw, FlawKind
from service.proof.note import Signer, sign
from service.proof.receipt import FORMAT, PolicyDocument, Receipt, ReceiptFile, differences, document
from service.proof.verifying import Verdict, verify
from tests.domain.telling import DEAL, day
from tests.proof.conftest import ORIGIN, ToldLog
from tests.proof.mutations import read as lines_in
from tests.proof.mutations import written as joined


def checked(bundle: bytes, alone: bytes | None = None) -> Verdict:
    return verify(lines_of(BytesIO(bundle)), (), None, alone)


def flaw(bundle: bytes, alone: bytes | None = None) -> tuple[FlawKind, str]:
    with pytest.raises(Flaw) as found:
        checked(bundle, alone)
    return found.value.kind, found.value.detail


def alone(log: ToldLog, receipt: Receipt | None = None, policy: Policy = TRUST_1, **other: Any) -> bytes:
    """A receipt by itself, with what is `other` about its file."""
    found = receipt or log.receipt(DEAL, policy=policy)
    file = ReceiptFile(format=FORMAT, checkpoint=log.note, policy=document(policy), receipt=found)
    return msgspec.json.encode(structs.replace(file, **other))


def test_the_receipts_of_a_bundle_are_made_again(told_log: ToldLog) -> None:
    one, whole = checked(told_log.stream_bundle()), checked(told_log.log_bundle())
    assert (one.receipts, whole.receipts) == (1, 2)
    assert one.under == whole.under == [f"trust/1 ({TRUST_1.digest})"]


def test_a_receipt_says_where_every_fact_in_it_stands(told_log: ToldLog) -> None:
    found = told_log.receipt(DEAL)
    events = {record.fact.event_id: record.position for record in told_log.records[DEAL]}
    rows = [row for leg in found.trust.dimensions for row in leg.rows]
    assert {row.rule for row in rows} == {"T1", "T2", "T4", "T11", "T15", "T17"}
    assert all(row.position == events[row.event_id] for row in rows)
    assert (found.facts, len(found.hidden), found.erased) == (15, 2, [])
    for leg in found.trust.dimensions:
        total = sum(row.mass_for for row in leg.rows) + leg.prior_mass * leg.base_rate
        assert total == pytest.approx(leg.score, abs=1e-6)


def test_a_receipt_by_itself_is_made_again_from_a_bundle_of_the_deal_or_of_the_log(told_log: ToldLog) -> None:
    for bundle in (told_log.stream_bundle(), told_log.log_bundle()):
        verdict = checked(bundle, alone(told_log))
        assert verdict.receipt is not None
        assert verdict.receipt.receipt == told_log.receipt(DEAL)


def test_it_may_be_of_another_moment_and_under_another_policy(told_log: ToldLog) -> None:
    strict = structs.replace(TRUST_1, name="strict", version=3, acknowledge_days=2)
    receipt = told_log.receipt(DEAL, policy=strict, at=day(9))
    verdict = checked(told_log.stream_bundle(), alone(told_log, receipt, strict))
    assert verdict.under == sorted([f"trust/1 ({TRUST_1.digest})", f"strict/3 ({strict.digest})"])
    kind, said = flaw(told_log.stream_bundle(), alone(told_log, receipt, TRUST_1))
    assert (kind, "strict/3, which is not here" in said) == (POLICY, True)


class Earlier(ToldLog):
    """The log as it was when it had fewer facts."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.hidden = {name: [one for one in held if one < size] for name, held in self.hidden.items()}
        self.note = self.checkpoint_at(size)


def test_a_receipt_of_a_smaller_log_needs_the_proof_that_it_only_grew(told_log: ToldLog) -> None:
    earlier = Earlier(18)
    file = alone(earlier)
    assert earlier.receipt(DEAL).trust != told_log.receipt(DEAL).trust
    assert checked(told_log.stream_bundle(since=18), file).receipt is not None
    assert checked(told_log.log_bundle(), file).receipt is not None
    assert flaw(told_log.stream_bundle(), file)[0] is UNCOMPARED
    other = Earlier(18)
    other.texts[3] = other.texts[3].replace("2026-", "2025-")
    forged = alone(earlier, checkpoint=other.checkpoint_at(18))
    assert flaw(told_log.stream_bundle(since=18), forged)[0] is REWRITTEN
    assert flaw(told_log.log_bundle(), forged)[0] is REWRITTEN


def test_a_receipt_of_a_longer_or_another_log_is_not_checked_with_this_one(told_log: ToldLog) -> None:
    longer = told_log.checkpoint
    note = sign(structs.replace(longer, size=longer.size + 1).text, [Signer(ORIGIN, bytes(range(32)))])
    kind, said = flaw(told_log.stream_bundle(), alone(told_log, checkpoint=note))
    assert (kind, "export it anew" in said) == (UNRECKONED, True)
    foreign = sign(structs.replace(longer, origin="throughline/elsewhere").text, [Signer(ORIGIN, bytes(range(32)))])
    assert flaw(told_log.stream_bundle(), alone(told_log, checkpoint=foreign))[0] is UNSIGNED
    shorter = structs.replace(told_log.receipt(DEAL), size=20)
    assert flaw(told_log.stream_bundle(), alone(told_log, shorter))[0] is RECEIPT
    assert flaw(told_log.stream_bundle(), alone(told_log, format="throughline-receipt/2"))[0] is MALFORMED
    assert flaw(told_log.stream_bundle(), b"{}")[0] is MALFORMED


def test_a_receipt_of_somebody_who_sees_more_or_less_cannot_be_made_again(told_log: ToldLog) -> None:
    receipt = told_log.receipt(DEAL)
    row = receipt.trust.dimensions[0].rows[0].position
    more = structs.replace(receipt, hidden=receipt.hidden[1:])
    kind, said = flaw(told_log.stream_bundle(), alone(told_log, more))
    assert (kind, f"the fact at position {receipt.hidden[0]}, which is not shown here" in said) == (UNRECKONED, True)
    less = structs.replace(receipt, hidden=sorted([*receipt.hidden, row]))
    kind, said = flaw(told_log.stream_bundle(), alone(told_log, less))
    assert (kind, f"without the fact at position {row}, which this bundle shows" in said) == (UNRECKONED, True)


def test_after_content_was_erased_that_is_said(told_log: ToldLog) -> None:
    lines = lines_in(told_log.stream_bundle())
    position = told_log.receipt(DEAL).trust.dimensions[0].rows[0].position
    for line in lines:
        if line["line"] == "event" and line["position"] == position:
            line["parts"] = {"envelope": line["parts"]["envelope"]}
    kind, said = flaw(joined(lines))
    assert kind is UNRECKONED
    assert f"the content of the fact at position {position} was erased after the receipt was made" in said


def test_words_that_are_gone_change_no_score(told_log: ToldLog) -> None:
    lines = lines_in(told_log.stream_bundle())
    for line in lines:
        if line["line"] == "event":
            line["parts"].pop("words", None)
    assert checked(joined(lines)).receipts == 1


def test_a_receipt_of_a_stream_that_the_bundle_does_not_show(told_log: ToldLog) -> None:
    other = told_log.receipt(told_log.streams[1])
    assert flaw(told_log.stream_bundle(), alone(told_log, other))[0] is UNRECKONED


def test_before_anything_happened_there_is_no_trust_to_speak_of(told_log: ToldLog) -> None:
    receipt = told_log.receipt(DEAL)
    early = structs.replace(receipt, trust=structs.replace(receipt.trust, at=day(-1)))
    kind, said = flaw(told_log.stream_bundle(), alone(told_log, early))
    assert (kind, said.startswith("there is no trust on deal/")) == (RECEIPT, True)


def test_the_row_that_differs_is_named(told_log: ToldLog) -> None:
    receipt = told_log.receipt(DEAL)
    leg = receipt.trust.dimensions[0]
    changed = [structs.replace(leg.rows[2], mass_against=0.5), *leg.rows[3:]]

    def said(rows: list[Any]) -> str:
        legs = [structs.replace(leg, rows=rows), *receipt.trust.dimensions[1:]]
        given = structs.replace(receipt, trust=structs.replace(receipt.trust, dimensions=legs))
        return next(differences(given, receipt))

    row = leg.rows[2]
    where = f"seller: the fact at position {row.position} by {row.rule} ({row.case})"
    assert said([*leg.rows[:2], *changed]).startswith(f"{where}: mass_against is 0.5, and the facts give ")
    assert said([*leg.rows[:2], *leg.rows[3:]]) == f"{where} counts, and the receipt leaves it out"
    twice = said([*leg.rows, row])
    assert twice == f"{where} is in the receipt, and no such evidence follows from the facts"
    assert said(leg.rows[::-1]) == "seller: the rows are not in the order of their start"


# -- any change at all

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Every value in a receipt that is no list and no object, by the way to it."""
    if isinstance(value, dict):
        return [one for name, inner in value.items() for one in paths(inner, (*path, name))]
    if isinstance(value, list):
        return [one for index, inner in enumerate(value) for one in paths(inner, (*path, index))]
    return [path]


OTHERS: dict[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    bool: lambda _: st.booleans(),
    int: lambda value: st.integers(0, 100) | st.just(value + 1),
    float: lambda value: st.floats(0, 2) | st.just(value + 1e-12),
    str: lambda value: st.sampled_from([value[:-1], value + "0", value.upper(), "T1", "seller", "trust/2"]),
    type(None): lambda _: st.just("2026-03-02T09:00:00Z"),
}


@given(st.data())
def test_whatever_is_changed_in_a_receipt_is_found_out(told_log: ToldLog, data: st.DataObject) -> None:
    receipt = told_log.receipt(DEAL)
    plain = msgspec.to_builtins(receipt)
    path = data.draw(st.sampled_from(paths(plain)))
    inner = plain
    for step in path[:-1]:
        inner = inner[step]
    old = inner[path[-1]]
    new = data.draw(OTHERS[type(old)](old).filter(lambda one: one != old))
    inner[path[-1]] = new
    try:
        given_receipt = msgspec.convert(plain, Receipt)
    except msgspec.ValidationError:
        return  # a line of no bundle
    if given_receipt == receipt:
        return  # another way to write the same
    bundle = _with(told_log, given_receipt)
    assert flaw(bundle)[0] in (RECEIPT, POLICY, UNRECKONED), (path, old, new)


@settings(max_examples=30)
@given(st.integers(1, 10**6), st.sampled_from([-1, 1]))
def test_another_moment_gives_other_masses(told_log: ToldLog, seconds: int, direction: int) -> None:
    receipt = told_log.receipt(DEAL)
    at: datetime = receipt.trust.at + direction * timedelta(seconds=seconds)
    moved = structs.replace(receipt, trust=structs.replace(receipt.trust, at=at))
    assert flaw(_with(told_log, moved))[0] is RECEIPT


@settings(max_examples=30)
@given(st.data())
def test_whatever_is_changed_in_a_policy_is_found_out(told_log: ToldLog, data: st.DataObject) -> None:
    text = document(TRUST_1).document
    place = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from('0123456789aT":,}').filter(lambda one: one != text[place]))
    changed = structs.replace(document(TRUST_1), document=text[:place] + put + text[place + 1 :])
    assert flaw(told_log.stream_bundle(), _file(told_log, changed))[0] is POLICY


def _file(log: ToldLog, policy: PolicyDocument) -> bytes:
    file = ReceiptFile(format=FORMAT, checkpoint=log.note, policy=policy, receipt=log.receipt(DEAL))
    return msgspec.json.encode(file)


def _with(log: ToldLog, receipt: Receipt) -> bytes:
    """The deal's bundle with another receipt."""
    lines = log.stream_bundle().splitlines(keepends=True)
    place = next(index for index, line in enumerate(lines) if line.startswith(b'{"line":"receipt"'))
    lines[place] = written(ReceiptLine(**structs.asdict(receipt)))
    return b"".join(lines)


@pytest.mark.parametrize("at", ["0001-01-01", "1970-01-01", "9999-12-31"])
def test_no_moment_is_too_far(told_log: ToldLog, at: str) -> None:
    receipt = told_log.receipt(DEAL)
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    moved = structs.replace(receipt, trust=structs.replace(receipt.trust, at=moment))
    assert flaw(_with(told_log, moved))[0] in (RECEIPT, UNRECKONED)


def test_two_receipts_of_one_stream_are_one_too_many(told_log: ToldLog) -> None:
    lines = lines_in(told_log.stream_bundle())
    lines.insert(-1, lines[-2])
    lines[-1]["receipts"] = 2
    assert flaw(joined(lines))[0] is MALFORMED


@pytest.mark.parametrize(
    "document", ["[" * 60_000, '{"x":' * 12_000, '{"name":"trust","version":1}', "", "\ud7ff" * 30_000]
)
def test_a_policy_that_is_none(told_log: ToldLog, document: str) -> None:
    digest = sha256(document.encode()).hexdigest()
    assert flaw(told_log.stream_bundle(), _file(told_log, PolicyDocument("trust/1", digest, document)))[0] is POLICY


def test_facts_are_not_read_as_lines_of_another_kind(told_log: ToldLog) -> None:
    """A fact after the receipts is none of the bundle's."""
    lines = told_log.stream_bundle().splitlines(keepends=True)
    fact = next(line for line in lines if line.startswith(b'{"line":"event"'))
    lines.insert(-1, fact)
    assert flaw(b"".join(lines))[0] is MALFORMED
