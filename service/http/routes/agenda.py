"""What is due: promises, routine periods, milestones and noes to revisit, over all streams that the caller may see."""

from datetime import UTC, datetime, timedelta

from litestar.handlers import HTTPRouteHandler
from msgspec import field

from service.http.answers import Answer
from service.http.calls import Call
from service.http.cursors import binding, place_of
from service.http.documented import AgendaAnswer, list_replies
from service.http.operations import PAGES, Operation
from service.http.pages import paged
from service.http.questions import PAGE_DEFAULT, Cursor, Instant, Limit, PartyOrMe, Times, party_asked, refuse_parameter
from service.ledger.questions import After, AgendaQuestion

# A fortnight is what a person plans ahead; a year of a daily routine is the most that is worth listing.
WINDOW_DEFAULT = timedelta(days=14)
WINDOW_MAX = timedelta(days=366)
FIRST_MOMENT, LAST_MOMENT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class AgendaAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose agenda, from when until when. Absent: anybody's, from now, for a fortnight; or the fortnight up to `to`."""

    party: PartyOrMe | None = None
    start: Instant | None = field(default=None, name="from")
    end: Instant | None = field(default=None, name="to")
    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None


async def agenda(request: Call) -> Answer:
    """Answer `GET /v1/agenda`."""
    asked = request.question(AgendaAsked)
    bound_to = binding("agenda", *request.asker, [asked.party, asked.start, asked.end, asked.as_of, asked.known_at])
    found = await request.ledger.agenda(request.identity, _question(request, asked, bound_to))
    return paged(request, asked, found.items, found.next, bound_to, found.position)


def _question(request: Call, asked: AgendaAsked, bound_to: bytes) -> AgendaQuestion:
    start, end = _window(asked, request.now())
    return AgendaQuestion(
        party=party_asked(asked.party, request.identity.caller.party_id),
        start=start,
        end=end,
        limit=asked.limit,
        after=None if asked.cursor is None else place_of(asked.cursor, bound_to, After),
        as_of=asked.as_of,
        known_at=asked.known_at,
    )


def _window(asked: AgendaAsked, now: datetime) -> tuple[datetime, datetime]:
    if asked.start is None and asked.end is not None:
        start = max(asked.end, FIRST_MOMENT + WINDOW_DEFAULT) - WINDOW_DEFAULT
    else:
        start = asked.start or asked.as_of or now
    end = asked.end or min(start, LAST_MOMENT - WINDOW_DEFAULT) + WINDOW_DEFAULT
    if end < start:
        raise refuse_parameter("to", "`to` is before `from`.", "a time after `from`")
    if end - start > WINDOW_MAX:
        raise refuse_parameter(
            "to", f"The window is longer than {WINDOW_MAX.days} days.", f"at most {WINDOW_MAX.days} days"
        )
    return start, end


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/agenda",
        id="agenda",
        tag="agenda",
        summary="What is due, the overdue first",
        description="Open promises, periods of routines, milestones and noes to revisit between `from` and `to`; and "
        "what was due before `from` and is still open. `party=me` asks for what the caller is to do.",
        question=AgendaAsked,
        replies=list_replies(AgendaAnswer),
        problems=PAGES,
    ).route(agenda)
]
