"""Every decoder of what comes from outside, or out of the store, given anything: it answers, or refuses by name."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.types import Scope

from domain.events import CATALOGUE
from service.http.bodies import decoded
from service.http.conditions import demanded_version, holds_copy
from service.http.cursors import BINDING_BYTES, cursor, place_of
from service.http.keys import decode_wanted
from service.http.negotiation import chosen
from service.http.problems import Problem
from service.http.proposals import appending, idempotency_key, opening
from service.http.questions import asked
from service.http.routes.erasures import decode as decode_erasure
from service.http.routes.lists import DealsAsked
from service.http.synced import pushed
from service.ledger.parts import divide
from service.ledger.questions import After
from service.ledger.refusals import Unreadable
from service.ledger.sealing import CHANCE_BYTES, Stored, seal, unseal
from service.ledger.tokens import new_token, read_token
from service.proof.checkpoint import Checkpoint
from service.proof.flaws import Flaw
from service.proof.note import NotSigned, VerifierKey, open_note
from service.proof.verifying import verify
from tests.ledger.test_parts import fact_of

# The quick run looks at the same few every time; the whole run searches.
EXAMPLES_MAX = 40 if settings().derandomize else 1_000
many = settings(max_examples=EXAMPLES_MAX, deadline=None, suppress_health_check=[HealthCheck.too_slow])

HERE, KEY = UUID(int=1), bytes(range(32))
NESTED = b"[" * 20_000
ODD = [
    b'"\\ud800"',
    b"1e999",
    b"-0",
    b"NaN",
    b'"\\u0000"',
    b"9" * 400,
    b"\xff",
    b"\xef\xbb\xbf",
    NESTED,
    b'{"a":' * 9_000,
]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.uuids().map(str)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A valid text with pieces cut out, doubled, put in or changed."""
    text = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        put = draw(st.binary(max_size=6) | st.sampled_from(ODD) | st.just(text[start:end] * 2))
        text = text[:start] + put + text[end:]
    return text


def some(samples: list[bytes]) -> st.SearchStrategy[bytes]:
    return spoilt(samples) | documents.map(lambda one: json.dumps(one).encode()) | st.binary(max_size=200)


@contextmanager
def nothing_but(*named: type[Exception]) -> Iterator[None]:
    """Anything else is a failure of the decoder."""
    with suppress(*named):
        yield


EXAMPLES = [json.dumps(one.example).encode() for one in CATALOGUE.values()]
BATCHES = [b'{"facts": [%b, %b]}' % (first, second) for first, second in pairwise(EXAMPLES)]
PUSH = b"""{"device_id": "7d5e1c52-40ff-4c0c-a7f3-6d1c2f7e0001", "epoch": 1, "device_now": "2026-05-04T18:00:00Z",
 "items": [{"device_sequence": 1, "stream_id": "goal/7d5e1c52-40ff-4c0c-a7f3-6d1c2f7e0002", "type": "goal.set",
  "event_id": "7d5e1c52-40ff-4c0c-a7f3-6d1c2f7e0003", "occurred_at": "2026-05-04T07:10:00Z",
  "data": {"statement": "Run again", "horizon": "short"}}, {"device_sequence": 2, "skipped": true}]}"""


@pytest.mark.parametrize(
    ("decode", "samples"),
    [
        (appending, EXAMPLES + BATCHES),
        (opening("deal"), EXAMPLES + BATCHES),
        (opening("goal"), EXAMPLES + BATCHES),
        (decode_wanted, [b'{"name": "Phone", "role": "member", "expires_at": "2027-01-01T00:00:00Z"}']),
        (decode_erasure, [b'{"event_id": "7d5e1c52-40ff-4c0c-a7f3-6d1c2f7e0001", "scope": "party"}']),
    ],
    ids=["facts", "deal", "goal", "key", "erasure"],
)
def test_A29_a_body_is_taken_or_refused_with_a_problem(decode: Callable[[bytes], Any], samples: list[bytes]) -> None:
    @many
    @given(some(samples))
    def holds(body: bytes) -> None:
        with nothing_but(Problem):
            decoded(decode, body, CATALOGUE)

    holds()


@many
@given(some([PUSH]))
def test_A29_a_push_is_taken_item_by_item_or_refused(body: bytes) -> None:
    with nothing_but(Problem):
        decoded(pushed, body)


@many
@given(
    some(
        [b"limit=5&sort=trust&order=asc&signal=any&as_of=2026-05-04T18:00:00Z&known_at=7&text=a%20b", b"status=%6fpen"]
    )
)
def test_A29_a_query_is_taken_or_refused_with_a_problem(query: bytes) -> None:
    with nothing_but(Problem):
        asked(DealsAsked, query)


@many
@given(
    some([cursor(bytes(BINDING_BYTES), After(0.5, HERE, 7)).encode(), b"AAAAAAAAAAAAkw"]).map(
        lambda one: one.decode("latin-1")
    )
)
def test_A29_a_cursor_continues_or_is_refused(text: str) -> None:
    with nothing_but(Problem):
        place_of(text, bytes(BINDING_BYTES), After)


@many
@given(st.binary(max_size=60))
def test_A29_a_cursor_bound_to_the_question_holds_a_place_or_is_refused(place: bytes) -> None:
    """As somebody would forge one who knows how they are made."""
    forged = base64.urlsafe_b64encode(bytes(BINDING_BYTES) + place).rstrip(b"=").decode()
    with nothing_but(Problem):
        assert isinstance(place_of(forged, bytes(BINDING_BYTES), After), After)


@many
@given(some([new_token(HERE, HERE).shown.encode()]).map(lambda one: one.decode("latin-1")))
def test_A29_a_key_is_one_or_none(shown: str) -> None:
    token = read_token(shown)
    assert token is None or token.shown == shown


@many
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"accept", b"if-match", b"if-none-match", b"idempotency-key"]),
            some([b"text/html;q=0.8, application/json;q=nan", b'"7-5", W/"8", *', b"application/*;q=1e999,*/*;q=-1"]),
        ),
        max_size=4,
    )
)
def test_A29_headers_mean_something_or_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    scope = cast("Scope", {"headers": headers})
    for read in (
        lambda: chosen(scope, ["application/json", "text/html"]),
        lambda: demanded_version(scope),
        lambda: holds_copy(scope, b'"7"'),
        lambda: idempotency_key(scope),
    ):
        with nothing_but(Problem):
            read()


STORED = [fact_of(one) for one in CATALOGUE.values()]


@many
@given(st.data(), st.sampled_from(STORED))
def test_A29_what_is_stored_is_a_fact_or_unreadable(data: st.DataObject, fact: Any) -> None:
    """Bytes as a defect of ours or of the disk could leave them, under a seal that holds."""
    parts = divide(fact)
    envelope = data.draw(some([parts.envelope]))
    structure = data.draw(some([parts.structure]))
    words = data.draw(st.none() | some([parts.words or b"{}"]))
    cipher, place = AESGCM(KEY), HERE.bytes + fact.event_id.bytes

    def sealed(content: bytes | None, part: bytes) -> bytes | None:
        return None if content is None else bytes(12) + cipher.encrypt(bytes(12), bytes(16) + content, place + part)

    now = datetime(2026, 3, 2, tzinfo=UTC)
    columns = (fact.event_id, now, bytes(16) + envelope, sealed(structure, b"structure"), sealed(words, b"words"))
    with nothing_but(Unreadable):
        unseal(Stored(HERE, 7, 7, *columns, None, b""), "deal", HERE, cipher, None)


@many
@given(st.data(), st.sampled_from(STORED))
def test_A29_what_was_changed_under_its_seal_is_unreadable(data: st.DataObject, fact: Any) -> None:
    cipher = AESGCM(KEY)
    one = seal(fact, HERE, cipher, None, None, bytes(CHANCE_BYTES))
    structure = data.draw(spoilt([one.structure]))
    now = datetime(2026, 3, 2, tzinfo=UTC)
    row = Stored(HERE, 7, 7, fact.event_id, now, one.envelope, structure, one.words, None, b"")
    if structure == one.structure:
        unseal(row, "deal", HERE, cipher, None)
        return
    with pytest.raises(Unreadable):
        unseal(row, "deal", HERE, cipher, None)


NOTE = "throughline/1\n7\nAAAA\nstreams AAAA\n\n— name AAAA\n"
MANIFEST = json.dumps(
    {
        "line": "manifest",
        "format": "throughline-bundle/1",
        "log": "throughline/1",
        "scope": "log",
        "checkpoint": NOTE,
        "keys": [VerifierKey("name", KEY).text],
        "parts": [],
    }
).encode()
LINES = [
    MANIFEST,
    b'{"line":"leaf","position":0,"signed":"00"}',
    b'{"line":"ends","ends":[["00","00"]]}',
    b'{"line":"end","events":1}',
]


@many
@given(st.lists(some(LINES), max_size=5), st.booleans())
def test_A29_a_bundle_proves_something_or_has_a_flaw(lines: list[bytes], begun: bool) -> None:
    with nothing_but(Flaw):
        verify([MANIFEST, *lines] if begun else lines)


@many
@given(some([NOTE.encode(), VerifierKey("name", KEY).text.encode()]).map(lambda one: one.decode("utf-8", "replace")))
def test_A29_notes_keys_and_checkpoints_are_read_or_refused(text: str) -> None:
    with nothing_but(NotSigned):
        open_note(text, [VerifierKey("name", KEY)])
    for parse in (VerifierKey.parse, Checkpoint.parse):
        with nothing_but(ValueError):
            parse(text)
