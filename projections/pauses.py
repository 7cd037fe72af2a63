"""Pauses in selling, and what was sold inside them all the same (a part of P19). Nothing is refused because of one."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from domain.events.conduct import InteractionLogged, PressureApplied, SellingPauseEnded, SellingPauseStarted
from domain.events.offer import FeaturePresented
from domain.fields import Due, Instant
from projections.moments import moment
from projections.view import View

PauseState = Literal["running", "kept", "broken", "ended_early"]


class Pause(Struct, frozen=True, kw_only=True):
    """Nothing was to be sold for a while. Times are UTC; `until` is when it was to be over, null when that was open.

    It is broken as soon as something was sold inside it: a feature presented, pressure applied, or a contact with an
    ask. Without that it is kept once it lasted until then, or was ended when no end was set; ended_early when it was
    ended before; and running until one of these. Ended on the very day named counts as kept. `pitches` are the events
    by which something was sold: they are marked, not refused.
    """

    started_at: Instant
    until: Instant | None
    ended_at: Instant | None
    state: PauseState
    pitches: list[UUID]


class _OpenPause(Struct):
    started_at: datetime
    until: Due | None
    ended_at: datetime | None = None
    pitches: list[UUID] = []

    def takes(self, at: datetime) -> bool:
        """Whether what happened at that moment happened inside it."""
        return self.ended_at is None and (self.until is None or at < moment(self.until).at)

    def state(self, at: datetime) -> PauseState:
        if self.pitches:
            return "broken"
        if self.ended_at is not None and self.until is not None and self.ended_at < moment(self.until).near:
            return "ended_early"
        over = self.ended_at is not None or (self.until is not None and moment(self.until).at <= at)
        return "kept" if over else "running"


def pauses(view: View) -> list[Pause]:
    """The pauses of a stream, in the order in which they began."""
    found: list[_OpenPause] = []
    for entry in view.entries:
        data = entry.fact.data
        if isinstance(data, SellingPauseStarted):
            found.append(_OpenPause(entry.at, data.until))
        elif not found:
            continue
        elif isinstance(data, SellingPauseEnded):
            found[-1].ended_at = found[-1].ended_at or entry.at
        elif (pitches(data) or isinstance(data, PressureApplied)) and found[-1].takes(entry.at):
            found[-1].pitches.append(entry.fact.event_id)
    return [_pause(one, view.at) for one in found]


def pitches(data: Any) -> bool:
    """Whether something was being sold: a feature presented, or a contact with an ask."""
    return isinstance(data, FeaturePresented) or (isinstance(data, InteractionLogged) and data.ask)


def _pause(pause: _OpenPause, at: datetime) -> Pause:
    return Pause(
        started_at=pause.started_at,
        until=None if pause.until is None else moment(pause.until).at,
        ended_at=pause.ended_at,
        state=pause.state(at),
        pitches=pause.pitches,
    )
