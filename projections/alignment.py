"""Whether people agree and work together (P12): what is aligned, sessions, users heard, gatekeepers. Judges no one."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal, NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.events.conduct import AlignmentRecorded, InteractionLogged, Purpose
from domain.facts import Fact
from domain.fields import Instant, Side
from domain.state import Stream
from projections.figures import ratio
from projections.list_row import said
from projections.view import View

Aligned = Literal["yes", "partly", "no"]
TalkedAbout = Literal["their_problem", "our_product"]

SESSIONS = frozenset({"working_session", "discovery", "demo", "review", "onboarding"})
USER_HEARD_WITHIN = timedelta(days=30)
SIDES_TOGETHER = 2
ROLES_TOGETHER = 3
# A fact about more people than this is kept for the whole group: a hundred people would be 4,950 pairs.
PAIRED_PARTIES_MAX = 6


class AlignedParty(Struct, frozen=True, kw_only=True):
    """One of those who agree or do not, with side and roles as they are at the moment asked about."""

    party_id: UUID
    side: Side | None
    roles: tuple[str, ...]


class AlignmentKnown(Struct, frozen=True, kw_only=True):
    """The last word on whether people agree on a subject.

    `parties` are two; or one, when a fact names one alone; or a group of more than six. `gap` is null when not said, or
    erased. `seller_only` is true when nobody but the seller's side ever said anything on this pair and subject.
    """

    parties: list[AlignedParty]
    subject: str
    aligned: Aligned
    gap: str | None
    stated_by: UUID
    at: Instant
    event_id: UUID
    seller_only: bool


class UserHeard(Struct, frozen=True, kw_only=True):
    """Somebody who takes part as a user. `last_at` is when they last acted or were in a contact, null if never;
    `represented` is true for 30 days from then."""

    party_id: UUID
    last_at: Instant | None
    represented: bool


class SessionHeld(Struct, frozen=True, kw_only=True):
    """A working session, discovery, demo, review or onboarding.

    `sides` and `roles` are those of everybody in it, each once, as they are at the moment asked about; `together` is
    true with at least two sides and three roles. `produced` counts what came out of it.
    """

    event_id: UUID
    at: Instant
    purpose: Purpose
    sides: list[Side]
    roles: list[str]
    together: bool
    produced: int


class GatekeeperPasses(Struct, frozen=True, kw_only=True):
    """How contacts with a gatekeeper that have a result ended, by what was talked about (null: not said).

    `pass_rate` is those passed among all of them, 0..1, null when there are none.
    """

    talked_about: TalkedAbout | None
    passed: int
    blocked: int
    deferred: int
    pass_rate: float | None


class Alignment(Struct, frozen=True, kw_only=True):
    """Who agrees on what, and who works together. Rows are in the order in which they were first said or happened.

    A fact that names up to six people says the same of every pair of them; the last word on a pair and subject stands.
    `misaligned` are the rows that are not a yes; `claimed_by_seller_only` those that claim a yes or partly and rest on
    the seller's word alone, which is a warning. `user_represented` is true when any user was heard in the last 30 days.
    `collaboration` is the sessions held together among all, 0..1, null without one. `gatekeepers` always has a row for
    their problem and one for our product. `changes_at` is when the first user represented now is no longer, if nothing
    happens: just after it the answer differs; null when time alone changes nothing.
    """

    alignments: list[AlignmentKnown]
    misaligned: list[AlignmentKnown]
    claimed_by_seller_only: list[AlignmentKnown]
    users: list[UserHeard]
    user_represented: bool
    sessions: list[SessionHeld]
    collaboration: float | None
    gatekeepers: list[GatekeeperPasses]
    changes_at: Instant | None


def alignment(view: View) -> Alignment:
    """Who agrees and who works together, in one pass over the stream's facts."""
    found = _Found(view.stream)
    for entry in view.entries:
        found.take(entry.fact, entry.at)
    rows = [_row(view.stream, subject, word) for (_, subject), word in found.alignments.items()]
    users = [
        _user(party_id, found.heard.get(party_id), view.at)
        for party_id, one in view.stream.participants.items()
        if one.left is None and "user" in one.roles
    ]
    topics: list[TalkedAbout | None] = ["their_problem", "our_product"]
    if any(topic is None for topic, _ in found.results):
        topics.append(None)
    return Alignment(
        alignments=rows,
        misaligned=[row for row in rows if row.aligned != "yes"],
        claimed_by_seller_only=[row for row in rows if row.aligned != "no" and row.seller_only],
        users=users,
        user_represented=any(user.represented for user in users),
        sessions=found.sessions,
        collaboration=ratio(sum(session.together for session in found.sessions), len(found.sessions)),
        gatekeepers=[_passes(topic, found.results) for topic in topics],
        changes_at=min(
            (user.last_at + USER_HEARD_WITHIN for user in users if user.last_at is not None and user.represented),
            default=None,
        ),
    )


class _Word(NamedTuple):
    """The last word on a group and a subject; `parties` are in the order in which they were first named."""

    parties: tuple[UUID, ...]
    fact: Fact
    told: AlignmentRecorded
    at: datetime
    seller_only: bool


class _Found:
    """What the facts have shown so far."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.alignments: dict[tuple[frozenset[UUID], str], _Word] = {}
        self.heard: dict[UUID, datetime] = {}
        self.sessions: list[SessionHeld] = []
        self.results: Counter[tuple[TalkedAbout | None, str]] = Counter()

    def take(self, fact: Fact, at: datetime) -> None:
        self.heard[fact.acting_party] = at
        match fact.data:
            case AlignmentRecorded() as told:
                self._aligned(fact, told, at)
            case InteractionLogged() as told:
                self._contact(fact, told, at)

    def _aligned(self, fact: Fact, told: AlignmentRecorded, at: datetime) -> None:
        parties = list(dict.fromkeys(told.between))
        groups = combinations(parties, 2) if 1 < len(parties) <= PAIRED_PARTIES_MAX else [tuple(parties)]
        by_seller = self.stream.side(told.stated_by) == "seller"
        for group in groups:
            key = frozenset(group), told.subject
            before = self.alignments.get(key)
            seller_only = by_seller and (before is None or before.seller_only)
            self.alignments[key] = _Word(group if before is None else before.parties, fact, told, at, seller_only)

    def _contact(self, fact: Fact, told: InteractionLogged, at: datetime) -> None:
        there = [_party(self.stream, party_id) for party_id in dict.fromkeys((told.initiated_by, *told.participants))]
        for one in there:
            self.heard[one.party_id] = at
        roles = dict.fromkeys(role for one in there for role in one.roles)
        if told.result is not None and "gatekeeper" in roles:
            self.results[told.talked_about, told.result] += 1
        if told.purpose in SESSIONS:
            sides = dict.fromkeys(one.side for one in there if one.side is not None)
            session = SessionHeld(
                event_id=fact.event_id,
                at=at,
                purpose=told.purpose,
                sides=list(sides),
                roles=list(roles),
                together=len(sides) >= SIDES_TOGETHER and len(roles) >= ROLES_TOGETHER,
                produced=len(told.produced),
            )
            self.sessions.append(session)


def _row(stream: Stream, subject: str, word: _Word) -> AlignmentKnown:
    return AlignmentKnown(
        parties=[_party(stream, party_id) for party_id in word.parties],
        subject=subject,
        aligned=word.told.aligned,
        gap=said(word.told.gap),
        stated_by=word.told.stated_by,
        at=word.at,
        event_id=word.fact.event_id,
        seller_only=word.seller_only,
    )


def _party(stream: Stream, party_id: UUID) -> AlignedParty:
    one = stream.participant(party_id)
    return AlignedParty(
        party_id=party_id, side=None if one is None else one.side, roles=() if one is None else one.roles
    )


def _user(party_id: UUID, last_at: datetime | None, at: datetime) -> UserHeard:
    represented = last_at is not None and at - last_at <= USER_HEARD_WITHIN
    return UserHeard(party_id=party_id, last_at=last_at, represented=represented)


def _passes(topic: TalkedAbout | None, results: Counter[tuple[TalkedAbout | None, str]]) -> GatekeeperPasses:
    passed, blocked, deferred = (results[topic, result] for result in ("passed", "blocked", "deferred"))
    return GatekeeperPasses(
        talked_about=topic,
        passed=passed,
        blocked=blocked,
        deferred=deferred,
        pass_rate=ratio(passed, passed + blocked + deferred),
    )
