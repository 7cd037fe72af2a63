"""The queries behind lists of deals and goals: what is chosen, in which order, from where on. Reads nothing itself."""

from datetime import datetime
from typing import Any

from projections.summary import EDITION
from projections.trust.rows import DIMENSIONS
from service.ledger.credentials import Identity
from service.ledger.questions import After, RowsQuestion
from service.ledger.visible_streams import caller_parameters, visible_streams

# Of two moments the later summary holds; those of other rules than these are as good as none. LIMIT 1 keeps the joins
# look-ups by key: planned while the tables were small, a plain join may read all of them once a row.
_SUMMARY = """
  LEFT JOIN summarised d ON d.workspace_id = s.workspace_id AND d.edition = %(edition)s
  LEFT JOIN LATERAL (
        SELECT m.* FROM summary m WHERE m.workspace_id = d.workspace_id AND m.stream_id = s.stream_id LIMIT 1
       ) u ON true"""
_KEY = """
  LEFT JOIN LATERAL (
        SELECT c.wrapped FROM content_key c WHERE c.workspace_id = s.workspace_id AND c.key_id = s.stream_id LIMIT 1
       ) k ON true"""
_COLUMNS = (
    "s.stream_id, s.kind, s.version, s.status, s.outcome, s.stage, s.card, s.forces_net, s.dues, s.opened_at, "
    "s.last_event_at, k.wrapped, u.version, u.stale_at, u.detail, d.position, s.sorted_by"
)
# How much is left of what ages, and with it the score, in one dimension. A row for each dimension would be tidier, and
# takes twice as long: a list by trust works this out for every stream.
_LEFT = "power(0.5::float8, extract(epoch FROM %(moment)s - u.made_at)::float8 / u.half_life_s[{n}])"
_FOR = f"(u.lasting_for[{{n}}] + u.aging_for[{{n}}] * {_LEFT})"
_ALL = f"(u.lasting_for[{{n}}] + u.lasting_against[{{n}}] + (u.aging_for[{{n}}] + u.aging_against[{{n}}]) * {_LEFT})"
# The smallest score of all dimensions at a moment: all evidence of one half-life fades by the same factor, so that what
# was added up at one moment can be compared at any other, and the order is the right one whenever it is asked for.
_TRUST = f"least({', '.join(f'{_FOR} / {_ALL}'.format(n=n) for n in range(1, len(DIMENSIONS) + 1))})"
_SORT_KEYS = {
    "opened": "s.opened_at",
    "last_event": "s.last_event_at",
    "next_due": "s.dues[1]",
    "trust": _TRUST,
}
"""What each sort orders by. Rows without a value come last, whichever the direction."""
_NEVER_WITHOUT = {"opened", "last_event"}
# The index on last events holds only the ten minutes, so that not every fact touches it: PostgreSQL goes through it and
# sorts the streams of one stretch at a time.
_TEN_MINUTES = "date_bin('10 minutes', %(after_value)s::timestamptz, '2000-01-01 00:00+00')"
_SIGNAL_ON = """EXISTS (
    SELECT FROM unnest(u.signals, u.signals_since, u.signals_until) AS g(name, since, until)
     WHERE g.since <= %(now)s AND %(now)s < g.until"""


def page_query(
    identity: Identity,
    question: RowsQuestion,
    after: After | None,
    limit: int,
    now: datetime,
    customer_tag: bytes | None = None,
    followed: int = 0,
) -> tuple[str, dict[str, Any]]:
    """The query for at most `limit` rows after a place, and its parameters. Its last column is what is sorted by.

    The column before tells how far the summaries had followed the log when the rows were read. Where that is less than
    `followed` they are being made anew, and nothing is chosen by them: rows come whether a signal is on or not.
    """
    conditions = ["s.kind = %(kind)s", visible_streams(identity.caller)]
    parameters = caller_parameters(identity) | {"kind": question.kind, "limit": limit, "edition": EDITION}
    for column in ("status", "outcome", "stage"):
        value = getattr(question, column)
        if value is not None:
            conditions.append(f"s.{column} = %({column})s")
            parameters[column] = value
    if question.party is not None:
        conditions.append("%(party)s = ANY (s.parties)")
        parameters["party"] = question.party
    if question.customer is not None:
        conditions.append("s.customer_tag = %(customer_tag)s")
        parameters["customer_tag"] = customer_tag
    if question.updated_since is not None:
        conditions.append("s.updated_at >= %(updated_since)s")
        parameters["updated_since"] = question.updated_since
    if question.signal is not None:
        named = "" if question.signal == "any" else " AND g.name = %(signal)s"
        conditions.append(f"(d.position IS NULL OR d.position < %(followed)s OR {_SIGNAL_ON}{named}))")
        parameters |= {"now": now, "signal": question.signal, "followed": followed}
    if question.sort == "trust":
        parameters["moment"] = now if after is None or after.at is None else after.at
    if after is not None:
        conditions.append(_beyond(question, after))
        parameters |= {"after_value": after.value, "after_id": after.id}
    key = _SORT_KEYS[question.sort]
    chosen_by = _SUMMARY if question.signal is not None or question.sort == "trust" else ""
    # What a row shows besides is looked up for those of the page alone.
    sql = (
        f"SELECT {_COLUMNS} FROM (SELECT s.*, {key} AS sorted_by FROM stream s{chosen_by} "
        f"WHERE s.workspace_id = %(workspace)s AND {' AND '.join(conditions)} "
        f"ORDER BY {_order(question, key)} LIMIT %(limit)s) s{_KEY}{_SUMMARY} "
        f"ORDER BY {_order(question, 's.sorted_by')}"
    )
    return sql, parameters


def _order(question: RowsQuestion, key: str) -> str:
    way = "DESC" if question.descending else "ASC"
    order = f"{key} {way}"
    if question.sort not in _NEVER_WITHOUT:
        order += " NULLS LAST"
    elif question.sort == "last_event":
        order = f"s.last_event_in {way}, {order}"
    return f"{order}, s.stream_id {way}"


def _beyond(question: RowsQuestion, after: After) -> str:
    """Rows that come later than the last one seen; those without a value come last either way."""
    key, sign = _SORT_KEYS[question.sort], "<" if question.descending else ">"
    value = f"%(after_value)s::{'float8' if question.sort == 'trust' else 'timestamptz'}"
    if after.value is None:
        return f"{key} IS NULL AND s.stream_id {sign} %(after_id)s AND {value} IS NULL"
    later = f"({key}, s.stream_id) {sign} ({value}, %(after_id)s)"
    if question.sort not in _NEVER_WITHOUT:
        return f"({later} OR {key} IS NULL)"
    if question.sort == "last_event":
        return f"s.last_event_in {sign}= {_TEN_MINUTES} AND {later}"
    return later
