"""What the rules of signals look at, gathered in one pass over the facts that hold. Judges nothing."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from domain.events import commitments, deal, discovery, goal, noes, objections
from domain.events.after_close import CustomerReturned, OutcomeDefined, ReferralGiven, RenewalDecided, UsageObserved
from domain.events.conduct import AlignmentRecorded, InteractionLogged
from domain.events.forces import ForceObserved
from domain.events.journey import JourneyMapped
from domain.events.offer import FeaturePresented
from domain.events.self_checks import ValueCheckAnswered
from domain.state import Entry
from projections.sides import buying_side
from projections.signals.sign import EVIDENCE_MAX
from projections.topics import TOPICS, Topics
from projections.view import View


class Run:
    """Facts in a row: how many, and the latest of them."""

    __slots__ = ("_threshold", "count", "latest", "reached")

    def __init__(self, threshold: int) -> None:
        self.count = 0
        self._threshold = threshold
        self.latest: deque[Entry] = deque(maxlen=EVIDENCE_MAX)
        self.reached: datetime | None = None  # when the threshold was

    def add(self, entry: Entry) -> None:
        self.count += 1
        self.latest.append(entry)
        if self.count == self._threshold:
            self.reached = entry.at

    def clear(self) -> None:
        self.count, self.reached = 0, None
        self.latest.clear()


class Early(NamedTuple):
    """Something that came too early: the fact, and those that show it."""

    entry: Entry
    because: tuple[UUID, ...]


class Course:
    """One stream's course up to the moment of a view."""

    def __init__(self, view: View) -> None:
        stream = view.stream
        self.stream = stream
        self._policy = view.policy
        self._pressed = timedelta(days=view.policy.price_pressure_days)
        self.theirs = buying_side(stream)
        self.first: Entry = next(view.entries)
        self.last_theirs = self.first  # with none yet, quiet is counted from the beginning
        self.chasing = Run(view.policy.chasing_contacts)
        self.effort = Run(view.policy.effort_contacts)
        self.contacts: list[Entry] = []
        self.topics = Topics()
        self.discovering = False  # whether any topic was spoken of
        self.blocking: dict[UUID, UUID] = {}  # objections that block, with the fact that opened them
        self.severities: dict[UUID, str] = {}
        self.early: dict[UUID, Early] = {}  # promises
        self.unasked: deque[Entry] = deque()
        self.haggling: dict[UUID, Early] = {}  # hesitations
        self.stage: Entry | None = None
        self.stages: list[timedelta] = []  # finished ones
        self.steps: set[UUID] = set()
        self.without_step: Entry | None = self.first
        self.triggered = self.first
        self.pushed = self.valued = self.owned = False
        self.closed: Entry | None = None
        self.explained = False
        self.last_life: Entry | None = None  # since the close
        self.claims: list[Entry] = []
        self.mapped = self.defined = self.over = False
        for entry in view.entries:
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        takes = TAKES.get(type(entry.fact.data))
        if takes is not None:
            takes(self, entry, entry.fact.data)
        if self.stream.side(entry.fact.acting_party) == self.theirs:
            self.last_theirs = entry
            self.chasing.clear()

    # -- by type

    def contact(self, entry: Entry, said: InteractionLogged) -> None:
        self.contacts.append(entry)
        self.lives(entry, said)
        if self.stream.side(said.initiated_by) == "seller":
            self.chasing.add(entry)
            self.effort.add(entry)

    def insight(self, _entry: Entry, said: discovery.InsightRecorded) -> None:
        if said.uncovered_by == self.theirs:
            self.effort.clear()

    def topic(self, entry: Entry, said: discovery.QualificationUpdated) -> None:
        self.discovering = True
        self.topics.take(entry.fact, said, entry.at)

    def motive(self, _entry: Entry, said: discovery.MotiveRecorded) -> None:
        self.owned = self.owned or said.stake_horizon == "beyond_purchase"

    def force(self, _entry: Entry, said: ForceObserved) -> None:
        self.pushed = self.pushed or said.force == "push"

    def objects(self, entry: Entry, said: Any) -> None:
        severity = getattr(said, "severity", None) or self.severities.get(said.objection_id, "normal")
        self.severities[said.objection_id] = severity
        if severity == "blocking":
            self.blocking[said.objection_id] = entry.fact.event_id

    def settles(self, _entry: Entry, said: Any) -> None:
        self.blocking.pop(said.objection_id, None)

    def feature(self, entry: Entry, said: FeaturePresented) -> None:
        if not said.requested:
            self.unasked.append(entry)

    def hesitates(self, entry: Entry, said: noes.HesitationNoticed) -> None:
        while self.unasked and entry.at - self.unasked[0].at > self._pressed:
            self.unasked.popleft()
        if (
            said.signal == "price_negotiation"
            and len(self.unasked) >= self._policy.unasked_features
            and said.hesitation_id is not None
        ):
            shown = tuple(one.fact.event_id for one in self.unasked)
            self.haggling[said.hesitation_id] = Early(entry, shown[1 - EVIDENCE_MAX :])

    def clears(self, _entry: Entry, said: noes.HesitationCleared) -> None:
        self.haggling.pop(said.hesitation_id, None)

    def promises(self, entry: Entry, said: commitments.CommitmentMade) -> None:
        promise = said.commitment_id
        assert promise is not None, "a complete fact names what it creates"
        if said.next_step:
            self.steps.add(promise)
            self.without_step = None
        discovering = self.theirs == "buyer" or self.discovering
        if self.stream.side(said.debtor) == self.theirs and (
            self.blocking or (discovering and self.topics.known < len(TOPICS) * self._policy.coverage_for_a_yes)
        ):
            self.early[promise] = Early(entry, tuple(self.blocking.values())[1 - EVIDENCE_MAX :])

    def ends(self, entry: Entry, said: Any) -> None:
        self.early.pop(said.commitment_id, None)
        if said.commitment_id in self.steps:
            self.steps.discard(said.commitment_id)
            self._without_step(entry)

    def _without_step(self, entry: Entry) -> None:
        if not self.steps and self.without_step is None:
            self.without_step = entry

    def enters(self, entry: Entry, _said: deal.StageEntered) -> None:
        if self.stage is not None:
            self.stages.append(entry.at - self.stage.at)
        self.stage = entry

    def closes(self, entry: Entry, said: deal.DealClosed) -> None:
        self.closed, self.explained, self.last_life = entry, False, entry
        if said.outcome != "won":  # which lets everybody off
            self.early.clear()
            self.steps.clear()
            self._without_step(entry)

    def reopens(self, entry: Entry, _said: deal.DealReopened) -> None:
        self.closed = None
        self.last_theirs = entry  # taken up again, quiet is counted anew
        if self.without_step is not None:
            self.without_step = entry

    def goes_on(self, entry: Entry, said: goal.GoalStatusChanged) -> None:
        ended = said.lifecycle in goal.ENDED
        if self.over and not ended:
            self.last_theirs = entry
        self.over = ended

    def explains(self, _entry: Entry, _said: deal.DecisionExplained) -> None:
        self.explained = self.closed is not None

    def triggers(self, entry: Entry, said: Any) -> None:
        if isinstance(said.trigger, str):
            self.triggered = entry

    def checks(self, _entry: Entry, _said: ValueCheckAnswered) -> None:
        self.valued = True

    def lives(self, entry: Entry, _said: Any) -> None:
        self.last_life = entry

    def claims_alignment(self, entry: Entry, said: AlignmentRecorded) -> None:
        if said.subject == "identity":
            self.claims.append(entry)

    def maps(self, _entry: Entry, _said: JourneyMapped) -> None:
        self.mapped = True

    def defines(self, _entry: Entry, _said: OutcomeDefined) -> None:
        self.defined = True


TAKES: Mapping[type, Callable[[Course, Entry, Any], None]] = MappingProxyType(
    {
        InteractionLogged: Course.contact,
        discovery.InsightRecorded: Course.insight,
        discovery.QualificationUpdated: Course.topic,
        discovery.MotiveRecorded: Course.motive,
        ForceObserved: Course.force,
        objections.ObjectionRaised: Course.objects,
        objections.ObjectionReopened: Course.objects,
        objections.ObjectionResolved: Course.settles,
        objections.ObjectionConfirmed: Course.settles,
        objections.ObjectionDismissed: Course.settles,
        objections.ObjectionAccepted: Course.settles,
        FeaturePresented: Course.feature,
        noes.HesitationNoticed: Course.hesitates,
        noes.HesitationCleared: Course.clears,
        commitments.CommitmentMade: Course.promises,
        commitments.CommitmentFulfilled: Course.ends,
        commitments.CommitmentConfirmed: Course.ends,
        commitments.CommitmentBroken: Course.ends,
        commitments.CommitmentCancelled: Course.ends,
        commitments.CommitmentReleased: Course.ends,
        commitments.CommitmentDeclined: Course.ends,
        commitments.CommitmentDisputed: Course.ends,
        deal.StageEntered: Course.enters,
        deal.DealClosed: Course.closes,
        deal.DealReopened: Course.reopens,
        goal.GoalStatusChanged: Course.goes_on,
        deal.DecisionExplained: Course.explains,
        deal.DealOpened: Course.triggers,
        deal.DealChanged: Course.triggers,
        goal.GoalSet: Course.triggers,
        goal.GoalRestated: Course.triggers,
        ValueCheckAnswered: Course.checks,
        UsageObserved: Course.lives,
        RenewalDecided: Course.lives,
        ReferralGiven: Course.lives,
        CustomerReturned: Course.lives,
        AlignmentRecorded: Course.claims_alignment,
        JourneyMapped: Course.maps,
        OutcomeDefined: Course.defines,
    }
)
"""What each type of fact adds; the others add nothing but that somebody did something."""
