"""Help given, pressure applied, and whether pauses in selling were kept (P19). No score is in here."""

from bisect import bisect_right
from collections import Counter
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.conduct import (
    AlternativeRecommended,
    HelpConfirmed,
    HelpGiven,
    IntentDeclared,
    InteractionLogged,
    PressureApplied,
    Purpose,
)
from domain.events.discovery import MotiveRecorded
from domain.fields import Instant, Side
from domain.state import Entry, Stream
from projections.figures import ratio
from projections.list_row import said
from projections.pauses import Pause, pauses, pitches
from projections.trust.evidence import Evidence
from projections.view import View

Direction = Literal["given", "received", "other"]


class HelpEntry(Struct, frozen=True, kw_only=True):
    """Somebody was helped. On a deal the house is the seller's side and whoever acts for it without taking part, on a
    goal its owner: `direction` is given when the house helped others, received when others helped it, else other.

    `useful` is null until somebody other than the giver said so, else what they said last. `benefit_disclosed` is true
    when the giver said what is in it for them; `giver_benefit` is null when not, or erased. Times are UTC.
    """

    help_id: UUID
    kind: Literal["advice", "introduction", "content", "time", "removal_of_obstacle"]
    by: UUID
    to: UUID
    direction: Direction
    outside_sale: bool
    free: bool
    benefit_disclosed: bool
    giver_benefit: str | None
    given_at: Instant
    confirmed_at: Instant | None
    useful: bool | None
    evidence: list[UUID]


class Pressure(Struct, frozen=True, kw_only=True):
    """Somebody was pushed to decide, and for whose sake."""

    event_id: UUID
    kind: Literal["quarter_end", "discount_deadline", "chasing", "persuasion", "escalation"]
    beneficiary: Literal["seller", "buyer"]
    by: UUID
    at: Instant


class KindCount(Struct, frozen=True, kw_only=True):
    """How often pressure of one kind was applied."""

    kind: str
    count: int


class PurposeCount(Struct, frozen=True, kw_only=True):
    """The contacts with one purpose, and their share of all (six places). Of the evidence on trust that started after
    such a contact and before the next one of any purpose, `then_for` counts what speaks for somebody, `then_against`
    what speaks against: what came after, which need not have come of it."""

    purpose: Purpose
    contacts: int
    share: float | None
    then_for: int
    then_against: int


class Recommendation(Struct, frozen=True, kw_only=True):
    """Something other than buying was advised; `reason` is null once erased."""

    event_id: UUID
    kind: Literal["competitor", "in_house", "do_nothing"]
    reason: str | None
    at: Instant


class Intent(Struct, frozen=True, kw_only=True):
    """What somebody said they are after."""

    event_id: UUID
    by: UUID
    side: Side | None
    intent: Literal["help", "close", "learn", "sell"]
    to: UUID | None
    at: Instant


class Help(Struct, frozen=True, kw_only=True):
    """The ledger of help and pressure. Lists come in the order in which things happened; shares have six places and are
    null when there is nothing to divide by.

    `given` counts the help of the house, of which `outside_sale` was not part of a sale, `free` was free, `confirmed`
    was called useful by somebody else and `not_useful` was not; `received` is help that the house got. `pressure`
    counts how often somebody was pushed; `help_share` is given / (given + pressure), `self_orientation` the share of
    the pressure that was for the seller's sake. `benefits_disclosed` counts the help whose giver said what is in it for
    them; `own_motives` are the motives recorded of the house. `contacts` counts logged interactions, `no_ask_share` is
    the share without an ask, `value_share` the share in which value was given; `by_purpose` has the most frequent
    first, then by name.

    `selling_disclosed_at` is when the house first said that it wants to sell or close, `first_pitch_at` when it first
    did: a feature presented, or a contact with an ask; `disclosed_first` is whether the former came before the latter
    or with it, null while nothing was sold. `pauses_kept` of the `pauses` were kept. `changes_at` is when a running
    pause will have been kept, or the next evidence starts by itself.
    """

    given: int
    outside_sale: int
    free: int
    confirmed: int
    not_useful: int
    received: int
    pressure: int
    help_share: float | None
    self_orientation: float | None
    benefits_disclosed: int
    own_motives: list[UUID]
    contacts: int
    no_ask_share: float | None
    value_share: float | None
    by_purpose: list[PurposeCount]
    pressure_by_kind: list[KindCount]
    selling_disclosed_at: Instant | None
    first_pitch_at: Instant | None
    disclosed_first: bool | None
    pauses_kept: int
    pauses: list[Pause]
    help: list[HelpEntry]
    pressures: list[Pressure]
    recommended: list[Recommendation]
    intents: list[Intent]
    changes_at: Instant | None


class _Found(Struct):
    helped: dict[UUID, tuple[Entry, HelpGiven]] = {}
    confirmed: dict[UUID, list[tuple[Entry, HelpConfirmed]]] = {}
    contacts: list[InteractionLogged] = []
    contact_times: list[datetime] = []
    pressures: list[Pressure] = []
    recommended: list[Recommendation] = []
    intents: list[Intent] = []
    motives: list[UUID] = []
    first_pitch_at: datetime | None = None


def help_ledger(view: View) -> Help:
    """What was given and what was pushed for on a stream. Costs one pass over the facts."""
    found, stream = _collected(view), view.stream
    ledger = [_help(stream, help_id, found) for help_id in found.helped]
    given = [one for one in ledger if one.direction == "given"]
    kept_or_not = pauses(view)
    pressed, contacts = len(found.pressures), len(found.contacts)
    selling = (one.at for one in found.intents if one.intent in ("sell", "close") and _is_house(stream, one.by))
    disclosed_at = next(selling, None)
    evidence = view.evidence
    return Help(
        given=len(given),
        outside_sale=sum(one.outside_sale for one in given),
        free=sum(one.free for one in given),
        confirmed=sum(one.useful is True for one in given),
        not_useful=sum(one.useful is False for one in given),
        received=sum(one.direction == "received" for one in ledger),
        pressure=pressed,
        help_share=ratio(len(given), len(given) + pressed),
        self_orientation=ratio(sum(one.beneficiary == "seller" for one in found.pressures), pressed),
        benefits_disclosed=sum(one.benefit_disclosed for one in ledger),
        own_motives=found.motives,
        contacts=contacts,
        no_ask_share=ratio(sum(not one.ask for one in found.contacts), contacts),
        value_share=ratio(sum(one.value_given for one in found.contacts), contacts),
        by_purpose=_purposes(found, evidence, view.at),
        pressure_by_kind=[
            KindCount(kind=kind, count=count) for kind, count in Counter(one.kind for one in found.pressures).items()
        ],
        selling_disclosed_at=disclosed_at,
        first_pitch_at=found.first_pitch_at,
        disclosed_first=_disclosed_first(disclosed_at, found.first_pitch_at),
        pauses_kept=sum(one.state == "kept" for one in kept_or_not),
        pauses=kept_or_not,
        help=ledger,
        pressures=found.pressures,
        recommended=found.recommended,
        intents=found.intents,
        changes_at=_changes_at(found, kept_or_not, evidence, view.at),
    )


def _collected(view: View) -> _Found:
    found = _Found()
    for entry in view.entries:
        _take(found, view.stream, entry)
    return found


def _take(found: _Found, stream: Stream, entry: Entry) -> None:
    fact, at = entry.fact, entry.at
    event_id, data = fact.event_id, fact.data
    match data:
        case HelpGiven(help_id=UUID() as help_id):
            found.helped.setdefault(help_id, (entry, data))
        case HelpConfirmed() if data.help_id in found.helped:
            found.confirmed.setdefault(data.help_id, []).append((entry, data))
        case PressureApplied():
            found.pressures.append(
                Pressure(event_id=event_id, kind=data.kind, beneficiary=data.beneficiary, by=fact.acting_party, at=at)
            )
        case AlternativeRecommended():
            found.recommended.append(Recommendation(event_id=event_id, kind=data.kind, reason=said(data.reason), at=at))
        case IntentDeclared():
            side = stream.side(data.by)
            found.intents.append(
                Intent(event_id=event_id, by=data.by, side=side, intent=data.intent, to=data.to, at=at)
            )
        case InteractionLogged():
            found.contacts.append(data)
            found.contact_times.append(at)
        case MotiveRecorded(motive_id=UUID() as motive_id) if _is_house(stream, data.party_id):
            found.motives.append(motive_id)
    if found.first_pitch_at is None and pitches(data):
        found.first_pitch_at = at


def _is_house(stream: Stream, party_id: UUID) -> bool:
    side = stream.side(party_id)
    return side == "self" if stream.kind == "goal" else side in ("seller", None)


def _help(stream: Stream, help_id: UUID, found: _Found) -> HelpEntry:
    entry, data = found.helped[help_id]
    by = entry.fact.acting_party
    judged = [(one, confirmed) for one, confirmed in found.confirmed.get(help_id, ()) if confirmed.by != by]
    direction: Direction = "other"
    if _is_house(stream, by) != _is_house(stream, data.to):
        direction = "given" if _is_house(stream, by) else "received"
    return HelpEntry(
        help_id=help_id,
        kind=data.kind,
        by=by,
        to=data.to,
        direction=direction,
        outside_sale=data.outside_sale,
        free=data.free,
        benefit_disclosed=data.giver_benefit is not None,
        giver_benefit=said(data.giver_benefit),
        given_at=entry.at,
        confirmed_at=judged[-1][0].at if judged else None,
        useful=judged[-1][1].useful if judged else None,
        evidence=[one.fact.event_id for one in (entry, *(one for one, _ in found.confirmed.get(help_id, ())))],
    )


def _purposes(found: _Found, evidence: Evidence, at: datetime) -> list[PurposeCount]:
    counted = Counter(one.purpose for one in found.contacts)
    speaks_for: Counter[Purpose] = Counter()
    against: Counter[Purpose] = Counter()
    for one in evidence.rows:
        place = bisect_right(found.contact_times, one.row.starts_at) - 1
        if place >= 0 and one.row.starts_at <= at:
            purpose = found.contacts[place].purpose
            speaks_for[purpose] += one.weight_for > 0
            against[purpose] += one.weight_against > 0
    return [
        PurposeCount(
            purpose=purpose,
            contacts=count,
            share=ratio(count, len(found.contacts)),
            then_for=speaks_for[purpose],
            then_against=against[purpose],
        )
        for purpose, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]


def _changes_at(found: _Found, kept_or_not: list[Pause], evidence: Evidence, at: datetime) -> datetime | None:
    moments = [one.until for one in kept_or_not if one.state == "running" and one.until is not None]
    if found.contacts:
        moments += [one.row.starts_at for one in evidence.rows if one.row.starts_at > at]
        moments += [] if evidence.good_until is None else [evidence.good_until]
    return min(moments, default=None)


def _disclosed_first(disclosed_at: datetime | None, first_pitch_at: datetime | None) -> bool | None:
    if first_pitch_at is None:
        return None
    return disclosed_at is not None and disclosed_at <= first_pitch_at
