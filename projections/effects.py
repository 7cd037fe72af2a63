"""What facts do to a stream: how it looks before them and after them at one moment, and each by itself.

Knows nothing of how facts are recorded: two views are given, and which facts make the second out of the first.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from domain.fields import Instant
from projections.discovery import discovery
from projections.forces import forces
from projections.signals import Signal, signals
from projections.timeline import effects_of
from projections.timeline.entries import CoverageChange, Effect, NetChange
from projections.trust.changes import TrustChange, trust_between
from projections.view import View


class FactEffect(Struct, frozen=True, kw_only=True):
    """What one fact did by itself when it happened: what the timeline tells of it."""

    event_id: UUID
    effect: Effect


class Effects(Struct, frozen=True, kw_only=True):
    """What facts changed in how the stream looks at `at` (UTC), under `policy`.

    `trust` has an entry for each dimension of which the score or the uncertainty is another, `forces_net` and
    `coverage` are null when they are the same. `signals_came` are on with the facts and were not on without them,
    `signals_went` the other way round, each as it was. `events` tells of each fact, in the order given, what it did at
    the time at which it happened: of one that happened earlier less may be left by `at`, and a void or a correction
    shows only in the members above.
    """

    at: Instant
    policy: str
    trust: list[TrustChange]
    forces_net: NetChange | None
    coverage: CoverageChange | None
    signals_came: list[Signal]
    signals_went: list[Signal]
    events: list[FactEffect]


def effects(before: View, after: View, facts: Sequence[UUID]) -> Effects:
    """From `before`, which has no facts when the stream begins with them, to `after`, both at the same moment.

    Costs a few passes over the facts of each view.
    """
    net = NetChange(before=forces(before).net, after=forces(after).net)
    coverage = CoverageChange(before=discovery(before).coverage, after=discovery(after).coverage)
    on_before, on_after = signals(before), signals(after)
    single = effects_of(after, facts)
    return Effects(
        at=after.at,
        policy=after.policy.key,
        trust=trust_between(before, after),
        forces_net=None if net.before == net.after else net,
        coverage=None if coverage.before == coverage.after else coverage,
        signals_came=[one for one in on_after.signals if one.name not in on_before.names],
        signals_went=[one for one in on_before.signals if one.name not in on_after.names],
        events=[FactEffect(event_id=fact, effect=single[fact]) for fact in facts],
    )
