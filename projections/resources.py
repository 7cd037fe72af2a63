"""What a stream can be asked beside its state, by name: the list that paths, answers and documents come from."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec import Struct

from domain.facts import StreamKind
from projections.alignment import Alignment, alignment
from projections.commitments import Commitments, commitments
from projections.conduct import Conduct, conduct
from projections.discovery import Discovery, discovery
from projections.forces import Forces, forces
from projections.help import Help, help_ledger
from projections.journey import Journey, journey
from projections.motives import Motives, motives
from projections.noes import Noes, noes
from projections.objections import Objections, objections
from projections.proof_loop import ProofLoop, proof_loop
from projections.questions import Questions, questions
from projections.requirements import Requirements, requirements
from projections.right_deal import RightDeal, right_deal
from projections.signals import Signals, signals
from projections.trust.calibrated import Calibration, calibration
from projections.trust.score import Trust, trust
from projections.value_filter import ValueFilter, value_filter
from projections.view import View

BOTH: frozenset[StreamKind] = frozenset({"deal", "goal"})


class Resource(Struct, frozen=True, kw_only=True):
    """One question and the function that answers it.

    `name` is the last segment of the path (`value-filter`). `timed` is true when time alone can change the answer,
    which then has a member `changes_at`. `by_policy` is true when the answer depends on the policy asked for.
    """

    name: str
    of: Callable[[View], Struct]
    answer: type[Struct]
    summary: str
    kinds: frozenset[StreamKind] = BOTH
    timed: bool = False
    by_policy: bool = False

    @property
    def key(self) -> str:
        """The member of the answer that holds it (`value_filter`)."""
        return self.name.replace("-", "_")


_ALL: tuple[Resource, ...] = (
    Resource(
        name="discovery",
        of=discovery,
        answer=Discovery,
        summary="What is known of the buyer: five topics, insights by kind, and whether they feel understood",
        timed=True,
    ),
    Resource(
        name="forces",
        of=forces,
        answer=Forces,
        summary="What pushes, pulls, frightens and holds back, what was addressed, and where sources pull apart",
    ),
    Resource(
        name="motives",
        of=motives,
        answer=Motives,
        summary="What each person has to win or lose on five layers, and what nobody has a motive for",
    ),
    Resource(
        name="objections",
        of=objections,
        answer=Objections,
        summary="What speaks against going on, and how long it waited",
        timed=True,
    ),
    Resource(
        name="noes",
        of=noes,
        answer=Noes,
        summary="The noes, what each brought to light, and what was ruled out",
    ),
    Resource(
        name="commitments",
        of=commitments,
        answer=Commitments,
        summary="Promises made, kept, broken and overdue, and what was never promised",
        timed=True,
    ),
    Resource(
        name="trust",
        of=trust,
        answer=Trust,
        summary="Trust in the seller, the product, the process and oneself, with all the evidence",
        timed=True,
        by_policy=True,
    ),
    Resource(
        name="signals",
        of=signals,
        answer=Signals,
        summary="What it warns of: which signals are on, since when, and what to ask",
        timed=True,
        by_policy=True,
    ),
    Resource(
        name="alignment",
        of=alignment,
        answer=Alignment,
        summary="How far people agree, whether they work together, and what gatekeepers let pass",
        timed=True,
    ),
    Resource(
        name="requirements",
        of=requirements,
        answer=Requirements,
        summary="What is required, whether it is answered and verified, and which features nobody asked for",
        kinds=frozenset({"deal"}),
    ),
    Resource(
        name="journey",
        of=journey,
        answer=Journey,
        summary="The way to the end: what is reached, what comes next, what slips",
        timed=True,
    ),
    Resource(
        name="proof-loop",
        of=proof_loop,
        answer=ProofLoop,
        summary="Whether what was meant to be done again and again was done",
        kinds=frozenset({"goal"}),
        timed=True,
        by_policy=True,
    ),
    Resource(
        name="value-filter",
        of=value_filter,
        answer=ValueFilter,
        summary="Is it worth it, is it who I want to be, will I follow through; and would I buy it",
        timed=True,
        by_policy=True,
    ),
    Resource(
        name="help",
        of=help_ledger,
        answer=Help,
        summary="Help given against pressure applied, and whether pauses were kept",
        timed=True,
        by_policy=True,
    ),
    Resource(
        name="conduct",
        of=conduct,
        answer=Conduct,
        summary="How people dealt with each other: whom it was about, who asked, who listened, who proposed",
    ),
    Resource(
        name="right-deal",
        of=right_deal,
        answer=RightDeal,
        summary="Whether it was the right thing: used, achieved, renewed, referred",
        timed=True,
    ),
    Resource(
        name="questions",
        of=questions,
        answer=Questions,
        summary="What to ask next, why, and which fact would record the answer",
        timed=True,
        by_policy=True,
    ),
    Resource(
        name="calibration",
        of=calibration,
        answer=Calibration,
        summary="How well trust foretold what came of promises, and how it compares with what people say",
        by_policy=True,
    ),
)

RESOURCES: Mapping[str, Resource] = MappingProxyType({resource.name: resource for resource in _ALL})
