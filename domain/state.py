"""The folded stream as a shape: what is on it now, and how a fork of it is dropped or merged. No rule lives here."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import overload
from uuid import UUID

from msgspec import Struct

from domain.facts import Fact, StreamKind, Visibility
from domain.fields import Due, Side
from domain.lifecycles import OPEN_STATES


class Thing(Struct, kw_only=True, gc=False):
    """Something with an id on a stream: an objection, a commitment, a force, ...

    `fact` is what defines it now (for a promise that was asked for and then made, the making), `moved` the event that
    brought it to `state`. `born` and `at` are the effective times of its first fact and of the one that moved it.
    """

    kind: str
    id: UUID
    state: str
    fact: Fact
    moved: UUID
    born: datetime
    at: datetime
    due: Due | None = None  # a promise's as last agreed, a milestone's as last mapped, when to ask about a no again
    statement: str | None = None  # a promise's words, as last agreed
    intensity: int = 0  # a force's; 0 is resolved
    result: str | None = None  # an assumption's last test
    by: tuple[UUID, ...] = ()  # who confirmed it

    @property
    def open(self) -> bool:
        """Whether it still asks for something: a promise to be kept, an objection to be settled, a force at work, …"""
        return self.state in OPEN_STATES.get(self.kind, ()) and (self.kind != "force" or self.intensity > 0)


class Participant(Struct, frozen=True, gc=False):
    """Somebody who takes part. One who `left` may still be named: their promises do not leave with them.

    `name` is the last one said, `joined_at` the effective time of their first joining.
    """

    party_id: UUID
    side: Side
    roles: tuple[str, ...]
    fact: Fact  # that made them what they are now; of the opener, the first fact
    joined_at: datetime
    name: str | None = None
    left: UUID | None = None  # the event by which they left
    left_at: datetime | None = None


class Entry(Struct, frozen=True, gc=False):
    """A recorded fact with its effective time."""

    fact: Fact
    at: datetime


class Stream(Struct, kw_only=True, eq=False):
    """A stream folded up to `version`. Change it through `domain.stream` only.

    A fork sees its parent's things until it changes them, so forking costs the same for a small and a large stream.
    Dropping a fork leaves no trace; `merge` costs what was changed. A parent must not be changed while a fork lives.
    """

    stream_id: str
    kind: StreamKind
    version: int = 0
    # The stream as a whole
    first: Fact | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None  # the latest effective time so far
    in_order: bool = True  # whether facts were recorded in the order in which they happened
    width: int = Visibility.SHARED.width  # of the narrowest fact, as recorded
    terms: Struct | None = None  # the data of the first fact, as changed or restated since
    closed: Fact | None = None  # the deal.closed that holds
    stage: str | None = None
    stage_at: datetime | None = None
    stage_event: UUID | None = None
    lifecycle: str | None = None  # of a goal
    achievement: str | None = None
    status_event: UUID | None = None
    pause: UUID | None = None  # the selling pause that is on
    counts: dict[str, int] = {}  # facts that hold, by family
    # Layers: what this stream holds itself; what it does not, its base does
    own_entries: list[Entry] = []
    own_versions: dict[UUID, int] = {}
    own_things: dict[UUID, Thing] = {}
    own_open: dict[UUID, bool] = {}  # of the things changed here, whether they are open; without a base, the open ones
    own_participants: dict[UUID, Participant] = {}
    own_widened: dict[UUID, Visibility] = {}
    own_voided: dict[UUID, UUID] = {}
    own_corrected: dict[UUID, Fact] = {}
    base_version: int = 0
    base: "Stream | None" = None  # looked through
    parent: "Stream | None" = None  # merged into

    # -- reading

    @property
    def erased(self) -> bool:
        """Whether the content of the whole stream was destroyed. What its facts say is gone; that they were is not."""
        return self.first is not None and self.first.data is None

    @property
    def facts(self) -> "Facts":
        """Every fact as recorded, voided ones too, by version."""
        return Facts(self)

    def entry(self, version: int) -> Entry:
        """The fact at `version`, which is between 1 and the stream's version."""
        layer = self
        while version <= layer.base_version and layer.base is not None:
            layer = layer.base
        return layer.own_entries[version - layer.base_version - 1]

    def entries(self) -> Iterator[Entry]:
        """Every fact with its effective time, in the order of the fold."""
        for layer in self._layers():
            yield from layer.own_entries

    def find(self, event_id: UUID) -> Entry | None:
        """The fact with this event id, if it is on the stream."""
        layer: Stream | None = self
        while layer is not None:
            version = layer.own_versions.get(event_id)
            if version is not None:
                return layer.entry(version)
            layer = layer.base
        return None

    def thing(self, thing_id: UUID) -> Thing | None:
        """The thing with this id, of whatever kind."""
        layer: Stream | None = self
        while layer is not None:
            thing = layer.own_things.get(thing_id)
            if thing is not None:
                return thing
            layer = layer.base
        return None

    def things(self, kind: str | None = None) -> Iterator[Thing]:
        """All things, or all of one kind, in the order in which they came."""
        merged: dict[UUID, Thing] = {}
        for layer in self._layers():
            merged |= layer.own_things
        return (thing for thing in merged.values() if kind is None or thing.kind == kind)

    def open_things(self) -> list[Thing]:
        """All things that are open. Costs what is open, not what there is."""
        if self.base is None:
            return [self.own_things[thing_id] for thing_id in self.own_open]
        merged: dict[UUID, bool] = {}
        for layer in self._layers():
            merged |= layer.own_open
        found = (self.thing(thing_id) for thing_id, is_open in merged.items() if is_open)
        return [thing for thing in found if thing is not None]

    def participant(self, party_id: UUID) -> Participant | None:
        """Whoever takes or took part under this id."""
        layer: Stream | None = self
        while layer is not None:
            participant = layer.own_participants.get(party_id)
            if participant is not None:
                return participant
            layer = layer.base
        return None

    @property
    def participants(self) -> Mapping[UUID, Participant]:
        """Everybody who takes or took part, in the order in which they first came."""
        merged: dict[UUID, Participant] = {}
        for layer in self._layers():
            merged |= layer.own_participants
        return merged

    def side(self, party_id: UUID | None) -> Side | None:
        """The side of a participant, also after they left."""
        participant = None if party_id is None else self.participant(party_id)
        return None if participant is None else participant.side

    def takes_part(self, party_id: UUID) -> bool:
        """Whether the party is a participant now."""
        participant = self.participant(party_id)
        return participant is not None and participant.left is None

    def visibility(self, fact: Fact) -> Visibility:
        """Who may see `fact` now: as it was recorded, or as it was widened since."""
        layer: Stream | None = self
        while layer is not None:
            if layer.own_widened:
                widened = layer.own_widened.get(fact.event_id)
                if widened is not None:
                    return widened
            layer = layer.base
        return fact.visibility

    def voided_by(self, event_id: UUID) -> UUID | None:
        """The void that took the fact with this id out, if one did."""
        layer: Stream | None = self
        while layer is not None:
            void = layer.own_voided.get(event_id) if layer.own_voided else None
            if void is not None:
                return void
            layer = layer.base
        return None

    def corrected_by(self, event_id: UUID) -> Fact | None:
        """The last correction of the fact with this id."""
        layer: Stream | None = self
        while layer is not None:
            correction = layer.own_corrected.get(event_id) if layer.own_corrected else None
            if correction is not None:
                return correction
            layer = layer.base
        return None

    @property
    def rewritten(self) -> bool:
        """Whether any fact was voided, corrected or widened, so that the facts as recorded are not what holds."""
        layer: Stream | None = self
        while layer is not None:
            if layer.own_voided or layer.own_corrected or layer.own_widened:
                return True
            layer = layer.base
        return False

    def _layers(self) -> list["Stream"]:
        layers = []
        layer: Stream | None = self
        while layer is not None:
            layers.append(layer)
            layer = layer.base
        return layers[::-1]

    # -- forking

    def fork(self) -> "Stream":
        """A stream that begins as this one. Drop it, or `merge` it."""
        child = copy.copy(self)
        child.counts = dict(self.counts)
        child.own_entries = []
        child.own_versions = {}
        child.own_things = {}
        child.own_open = {}
        child.own_participants = {}
        child.own_widened = {}
        child.own_voided = {}
        child.own_corrected = {}
        child.base_version = self.version
        child.base = child.parent = self
        return child

    def merge(self) -> None:
        """Give everything this fork changed to its parent; the fork is not used afterwards."""
        parent = self.parent
        if parent is None:
            raise TypeError("only a fork is merged")
        if self.base is None:  # folded anew, because of a void or a correction
            parent.become(self)
            return
        parent.own_entries += self.own_entries
        parent.own_versions |= self.own_versions
        if self.own_things:
            parent.own_things |= self.own_things
            for thing_id, is_open in self.own_open.items():
                parent.keep_open(thing_id, is_open)
        parent.own_participants |= self.own_participants
        parent.own_widened |= self.own_widened
        parent.own_voided |= self.own_voided
        parent.own_corrected |= self.own_corrected
        for name, value in zip(_SCALARS, _scalars(self), strict=True):
            setattr(parent, name, value)

    def become(self, other: "Stream") -> None:
        """Hold what `other`, which has no base, holds; stay the fork of one's own parent."""
        for name in (*_SCALARS, *_LAYERS):
            setattr(self, name, getattr(other, name))
        self.base = None
        self.base_version = 0

    # -- changing, by the fold only

    def own(self, thing: Thing) -> Thing:
        """The copy of `thing` that may be changed here."""
        if self.base is None or thing.id in self.own_things:
            return thing
        copied = copy.copy(thing)
        self.own_things[thing.id] = copied
        return copied

    def keep_open(self, thing_id: UUID, is_open: bool) -> None:
        """Note whether a thing is open, after it was made or changed here."""
        if is_open or self.base is not None:
            self.own_open[thing_id] = is_open
        else:
            self.own_open.pop(thing_id, None)


class Facts(Sequence[Fact]):
    """A stream's facts by version, read through its layers."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __len__(self) -> int:
        return self._stream.version

    @overload
    def __getitem__(self, index: int) -> Fact: ...

    @overload
    def __getitem__(self, index: slice) -> list[Fact]: ...

    def __getitem__(self, index: int | slice) -> Fact | list[Fact]:
        if isinstance(index, slice):
            return [self._stream.entry(at + 1).fact for at in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._stream.entry(index % len(self) + 1).fact

    def __iter__(self) -> Iterator[Fact]:
        return (entry.fact for entry in self._stream.entries())


_LAYERS = (
    "counts",
    "own_entries",
    "own_versions",
    "own_things",
    "own_open",
    "own_participants",
    "own_widened",
    "own_voided",
    "own_corrected",
)
_SCALARS = (
    "version",
    "first",
    "first_at",
    "last_at",
    "in_order",
    "width",
    "terms",
    "closed",
    "stage",
    "stage_at",
    "stage_event",
    "lifecycle",
    "achievement",
    "status_event",
    "pause",
    "counts",
)
_scalars = attrgetter(*_SCALARS)
