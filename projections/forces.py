"""What pushes, pulls, frightens and holds back (P3): sums, what was addressed, where sources disagree. No advice."""

from collections import Counter
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from domain.events.conduct import InteractionLogged
from domain.events.forces import ForceChanged, ForceKind, ForceObserved
from domain.fields import Instant
from projections.figures import ratio
from projections.list_row import FORCE_SIGN, said
from projections.view import View

ForceSource = Literal["organisation", "identity", "product", "seller", "other"]

FORCES: tuple[ForceKind, ...] = get_args(ForceKind)
PERSONAL_RISK = "personal_risk"  # what an anxiety is about when somebody may pay for the decision in person


class ForceSeen(Struct, frozen=True, kw_only=True):
    """One force. `intensity` is the latest, 0..5, 0 once it is `resolved`; `addressed` counts contacts that took it up.

    `statement` is null once erased, `about` is a code such as `personal_risk`. `changed_at` is when the intensity was
    last said. `evidence` is the fact that observed it and those that changed it.
    """

    force_id: UUID
    force: ForceKind
    statement: str | None
    intensity: int
    resolved: bool
    party_id: UUID | None
    about: str | None
    source: ForceSource
    observed_at: Instant
    changed_at: Instant
    addressed: int
    evidence: list[UUID]


class ForceSums(Struct, frozen=True, kw_only=True):
    """The latest intensities of the forces at work, summed by kind. `net` is push and pull less anxiety and habit."""

    push: int
    pull: int
    anxiety: int
    habit: int
    net: int


class ForceSumsOfSource(ForceSums, frozen=True, kw_only=True):
    """The sums of the forces that come from one source, the resolved ones too, which count 0."""

    source: ForceSource


class Attention(Struct, frozen=True, kw_only=True):
    """Of the contacts that took up any force, the share that took up one of each kind, 0..1.

    The shares may add up to more than 1, for a contact can take up several kinds; all null while no contact took up
    any. `contacts` counts those that did.
    """

    push: float | None
    pull: float | None
    anxiety: float | None
    habit: float | None
    contacts: int


class Forces(Struct, frozen=True, kw_only=True):
    """The forces for and against change. Lists are in the order in which things were first observed.

    `push`, `pull`, `anxiety` and `habit` sum the latest intensities (0 when resolved) of each kind; `net` is the first
    two less the others, null while no force was ever observed. `missing` lists the kinds that never were. `moves` is
    true when push and pull outweigh anxiety and habit, null while any kind is missing. `by_source` sums what comes from
    each source; `conflict` is true when one source's net is above 0 and another's below. `pull_bias` is the attention
    that went to pull. `personal_risks` are the anxieties at work that are about a personal risk.
    """

    push: int
    pull: int
    anxiety: int
    habit: int
    net: int | None
    moves: bool | None
    missing: list[ForceKind]
    by_source: list[ForceSumsOfSource]
    conflict: bool
    attention: Attention
    pull_bias: float | None
    personal_risks: list[ForceSeen]
    forces: list[ForceSeen]


def forces(view: View) -> Forces:
    """The forces on a stream, in one pass over its facts."""
    found: dict[UUID, _Force] = {}
    attention: Counter[ForceKind] = Counter()
    contacts = 0
    for entry in view.entries:
        match entry.fact.data:
            case ForceObserved(force_id=force_id) as told if force_id is not None:
                found[force_id] = _Force(told, entry.at, entry.fact.event_id)
            case ForceChanged(force_id=force_id, intensity=intensity) if force_id in found:
                found[force_id].change(intensity, entry.at, entry.fact.event_id)
            case InteractionLogged(addresses=addresses):
                taken_up = [found[force_id] for force_id in dict.fromkeys(addresses) if force_id in found]
                contacts += bool(taken_up)
                attention.update({force.told.force for force in taken_up})
                for force in taken_up:
                    force.addressed += 1
    rows = [force.row(force_id) for force_id, force in found.items()]
    sums = _sums(rows)
    observed = {row.force for row in rows}
    missing = [kind for kind in FORCES if kind not in observed]
    by_source = _by_source(rows)
    shares = {kind: ratio(attention[kind], contacts) for kind in FORCES}
    return Forces(
        push=sums.push,
        pull=sums.pull,
        anxiety=sums.anxiety,
        habit=sums.habit,
        net=sums.net if rows else None,
        moves=None if missing else sums.net > 0,
        missing=missing,
        by_source=by_source,
        conflict=any(source.net > 0 for source in by_source) and any(source.net < 0 for source in by_source),
        attention=Attention(**shares, contacts=contacts),
        pull_bias=shares["pull"],
        personal_risks=[row for row in rows if row.force == "anxiety" and row.about == PERSONAL_RISK and row.intensity],
        forces=rows,
    )


class _Force:
    """One force while the facts are gone through."""

    def __init__(self, told: ForceObserved, at: datetime, event_id: UUID) -> None:
        self.told = told
        self.intensity: int = told.intensity
        self.observed_at = self.changed_at = at
        self.addressed = 0
        self.evidence = [event_id]

    def change(self, intensity: int, at: datetime, event_id: UUID) -> None:
        self.intensity, self.changed_at = intensity, at
        self.evidence.append(event_id)

    def row(self, force_id: UUID) -> ForceSeen:
        return ForceSeen(
            force_id=force_id,
            force=self.told.force,
            statement=said(self.told.statement),
            intensity=self.intensity,
            resolved=self.intensity == 0,
            party_id=self.told.party_id,
            about=self.told.about,
            source=self.told.source,
            observed_at=self.observed_at,
            changed_at=self.changed_at,
            addressed=self.addressed,
            evidence=self.evidence,
        )


def _sums(rows: list[ForceSeen]) -> ForceSums:
    sums = dict.fromkeys(FORCES, 0)
    for row in rows:
        sums[row.force] += row.intensity
    return ForceSums(**sums, net=sum(FORCE_SIGN[kind] * total for kind, total in sums.items()))


def _by_source(rows: list[ForceSeen]) -> list[ForceSumsOfSource]:
    grouped: dict[ForceSource, list[ForceSeen]] = {}
    for row in rows:
        grouped.setdefault(row.source, []).append(row)
    return [
        ForceSumsOfSource(
            source=source, push=sums.push, pull=sums.pull, anxiety=sums.anxiety, habit=sums.habit, net=sums.net
        )
        for source, sums in ((source, _sums(of_source)) for source, of_source in grouped.items())
    ]
