"""The demo's two stories told to the rules themselves: what examples of answers are made from. Makes no answer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID

import msgspec

from domain.admission import decide
from domain.events import ClientProposal
from domain.facts import Caller, Recorded
from domain.history import effective
from domain.refusals import Refusal
from domain.stream import Stream, fold, initial
from projections.view import View
from service.demo.story import Telling, default_telling, story
from service.http.proposals import Kind

# Whoever reads the page shall see the same answer as the one who read it yesterday.
FIRST_DAY = date(2026, 3, 2)
TELLER = UUID("0193a000-0000-7000-8000-0000000000a1")
LATER = timedelta(hours=1)

_proposal = msgspec.json.Decoder(ClientProposal).decode


class ToldStory(msgspec.Struct, frozen=True):
    """A story as it was recorded, alone in its log, and as it stands `at` the day after its last fact."""

    stream_id: str
    recorded: Stream
    records: Sequence[Recorded]
    at: datetime

    @property
    def version(self) -> int:
        """The stream's version; as the story is alone in its log, its size too."""
        return len(self.records)

    def view(self, at: datetime | None = None) -> View:
        """The story as it stands, or as it stood at a moment."""
        held = effective(self.records, at)
        return View(fold(self.stream_id, [record.fact for record in held]), at or self.at)


@cache
def told(kind: Kind) -> ToldStory:
    """The demo's story of this kind."""
    telling = Telling(story(kind), default_telling(TELLER), TELLER)
    stream = initial(f"{kind}/{telling.stream_id}")
    caller = Caller(TELLER, "owner")
    at = datetime.min.replace(tzinfo=UTC)
    records: list[Recorded] = []
    for line in telling.story.facts:
        proposal = _proposal(msgspec.json.encode(telling.proposal(line, FIRST_DAY)))
        assert proposal.event_id is not None, "a story says the same twice"
        at = max(at, proposal.occurred_at + LATER)
        try:
            facts = decide(stream, [(proposal, proposal.event_id)], caller, at)
        except Refusal:
            assert line.refused is not None, f"the rules refuse {line.told}"
            continue
        records += [Recorded(fact, len(records), at) for fact in facts]
    day_after = datetime.combine(FIRST_DAY + timedelta(days=telling.story.last_day + 1), datetime.min.time(), UTC)
    return ToldStory(stream.stream_id, stream, records, day_after)
