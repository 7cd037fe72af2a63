"""From an exception to an RFC 9457 problem document. Nothing internal may enter one: the log has it, by request id."""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from litestar.exceptions import ClientException, HTTPException, MethodNotAllowedException, NotFoundException

from domain.refusals import Refusal
from service.http.answers import PROBLEM_JSON, Answer, Header, encode, joined
from service.http.problem_kinds import ALL_KINDS, HTTP_PROBLEMS, ProblemKind
from service.ledger.refusals import (
    Absent,
    AddressRefused,
    DeviceFenced,
    EventIdReused,
    NoSuchKey,
    NotCheckpointed,
    NothingToErase,
    NotProvable,
    NotSummarised,
    OtherLog,
    Overloaded,
    PositionAhead,
    StoreUnavailable,
    TooManyDevices,
    TooManyFollowers,
    TooManyTests,
    TooManyTickets,
    TooManyWebhooks,
    Unreadable,
    VersionMismatch,
    WebhookWithoutKey,
)
from service.oidc.refusals import IssuerUnavailable, TokenOpensNothing, TokenRefused

log = logging.getLogger("throughline.http")

REQUEST_ID = "throughline.request"
"""Where the scope has the id that the request's log line and its answer's header tell."""

# A client that is further behind than this reads the stream's events instead: the answer to a write stays small.
MISSED_EVENTS_MAX = 500

REFUSAL = "throughline.refusal"
"""The scope's entry for the kind of problem that was answered."""

# Every address of this service is shorter; a longer one is not told back whole.
INSTANCE_CHARS_MAX = 300
_HALF_ESCAPED = re.compile(rb"%[0-9A-Fa-f]?\Z")

NOT_READY_RETRY_S = 2  # as often as a load balancer asks about readiness

CLOSE: Header = (b"connection", b"close")
CHALLENGE: Header = (b"www-authenticate", b'Bearer realm="throughline"')


class Problem(Exception):
    """HTTP itself says no. `slug` is a row of the table, `members` help the caller to act."""

    def __init__(self, slug: str, detail: str, *headers: Header, **members: Any) -> None:
        super().__init__(detail)
        self.kind = HTTP_PROBLEMS[slug]
        self.detail = detail
        self.headers = headers
        self.members = members


def no_valid_key() -> Problem:
    """Absent, malformed, unknown, expired and revoked keys answer alike."""
    return Problem("no-valid-key", "Send a valid key: `Authorization: Bearer tl_…`.", CHALLENGE)


def _of_token(exc: TokenRefused | TokenOpensNothing | IssuerUnavailable) -> Problem:
    """Which check failed is told: the holder of a token can read it, and learns nothing about anybody else's."""
    match exc:
        case TokenRefused():
            told = f'Bearer realm="throughline", error="invalid_token", error_description="{exc.detail}"'
            return Problem("no-valid-token", exc.detail, (b"www-authenticate", told.encode("ascii")), check=exc.check)
        case TokenOpensNothing():
            members = {} if exc.party_id is None else {"party_id": exc.party_id}
            return Problem("token-opens-nothing", exc.detail, **members)
        case IssuerUnavailable():
            return _retry("issuer-unavailable", "The issuer's keys could not be had.", exc.retry_after_s)


def not_found() -> Problem:
    """Absent and not yours, in the same bytes."""
    return Problem("not-found", "There is nothing at this address that this key may see.")


def method_not_allowed(methods: Iterable[str]) -> Problem:
    """The address is there, but answers only `methods`."""
    names = sorted(methods)
    header = (b"allow", ", ".join(names).encode())
    return Problem("method-not-allowed", "This address does not answer that method.", header, accepted=names)


def too_many_requests(detail: str, retry_after_s: int) -> Problem:
    """A key or an address is over its limit."""
    return _retry("too-many-requests", detail, retry_after_s)


def _retry(slug: str, detail: str, retry_after_s: int) -> Problem:
    header = (b"retry-after", b"%d" % retry_after_s)
    return Problem(slug, detail, header, retry_after_s=retry_after_s)


def _version_mismatch(exc: VersionMismatch) -> Problem:
    missed = exc.missed[:MISSED_EVENTS_MAX]
    return Problem(
        "version-mismatch",
        f"The stream is at version {exc.current_version}.",
        (b"etag", b'"%d"' % exc.current_version),
        current_version=exc.current_version,
        missed=msgspec.Raw(joined(missed)),
        missed_complete=len(missed) == len(exc.missed),
    )


def _of_sync(exc: OtherLog | DeviceFenced | TooManyDevices) -> Problem:
    match exc:
        case OtherLog():
            detail = "The log is not the one that the checkpoint is of."
            return Problem("other-log", detail, start="/v1/sync/pull?from=0")
        case DeviceFenced():
            return Problem("device-fenced", f"The device is in epoch {exc.epoch}.", epoch=exc.epoch)
        case TooManyDevices():
            return Problem("too-many-devices", f"There are {exc.devices_max} devices.", accepted=exc.devices_max)


def _of_webhooks(exc: Exception) -> Problem | None:
    match exc:
        case TooManyWebhooks():
            return Problem("too-many-webhooks", f"There are {exc.webhooks_max} webhooks.", accepted=exc.webhooks_max)
        case WebhookWithoutKey():
            return Problem("webhook-without-key", "The key to see with opens nothing, or may not have webhooks.")
        case AddressRefused():
            accepted = "an https URL of a public host"
            return Problem("webhook-address-refused", str(exc), pointer="/url", accepted=accepted)
        case _:
            return None


def _of_litestar(exc: HTTPException) -> Problem | None:
    if isinstance(exc, MethodNotAllowedException):
        allow = (exc.headers or {}).get("allow", "")
        return method_not_allowed([method for method in allow.split(", ") if method != "OPTIONS"])
    if isinstance(exc, NotFoundException):
        return not_found()
    if isinstance(exc, ClientException):
        return Problem("header-malformed", "The request's head cannot be read.", accepted="A valid Host header")
    return None


# What goes no better when it is asked again.
_NEVER: Mapping[type[Exception], tuple[str, str]] = {
    NothingToErase: ("nothing-to-erase", "Nothing that this names has content to be erased."),
    NotProvable: ("not-provable", "The answer rests on more than the facts that you are shown."),
}

# What may go better later, when it is asked again.
_LATER: Mapping[type[Exception], tuple[str, str]] = {
    Overloaded: ("overloaded", "Too many writes are waiting; nothing was recorded."),
    NotCheckpointed: ("not-checkpointed", "No signed checkpoint covers this yet."),
    NotSummarised: ("not-summarised", "What this list is chosen by is being made of all streams, and is not done yet."),
    StoreUnavailable: ("store-unavailable", "The store did not answer in time."),
    TooManyFollowers: ("too-many-followers", "There are as many connections that follow as there may be."),
    TooManyTests: ("too-many-requests", "As many test messages are on their way as may be at once."),
    TooManyTickets: ("too-many-tickets", "This key holds as many tickets as it may."),
}


def problem_of(exc: Exception) -> Problem | None:
    """The problem that an exception means to the caller; None for a fault of ours."""
    match exc:
        case Problem():
            return exc
        case Absent():
            return not_found()
        case NothingToErase() | NotProvable():
            return Problem(*_NEVER[type(exc)])
        case NoSuchKey():
            return no_valid_key()
        case TokenRefused() | TokenOpensNothing() | IssuerUnavailable():
            return _of_token(exc)
        case VersionMismatch():
            return _version_mismatch(exc)
        case EventIdReused():
            detail = (
                f"The id {exc.event_id}, as it was sent or as the Idempotency-Key gives it, was used before for other "
                "content, another stream or party, or beside other facts: what was recorded under a key is repeated "
                "with it."
            )
            return Problem("event-id-reused", detail, event_id=exc.event_id)
        case (
            Overloaded()
            | NotCheckpointed()
            | NotSummarised()
            | StoreUnavailable()
            | TooManyFollowers()
            | TooManyTickets()
            | TooManyTests()
        ):
            return _retry(*_LATER[type(exc)], exc.retry_after_s)
        case PositionAhead():
            detail = f"The log has {exc.position} facts."
            return Problem("position-ahead", detail, accepted=f"a position up to {exc.position}")
        case OtherLog() | DeviceFenced() | TooManyDevices():
            return _of_sync(exc)
        case HTTPException():
            return _of_litestar(exc)
        case _:
            return _of_webhooks(exc)


def answer_to(scope: Any, exc: Exception) -> Answer:
    """The problem document for whatever was raised; what is no refusal goes to the log and leaves only its id here."""
    request_id: str = scope[REQUEST_ID]
    if isinstance(exc, Refusal):
        kind = ALL_KINDS[exc.slug]
        scope[REFUSAL] = kind.slug
        members = {"rule": exc.rule, "accepted": exc.accepted, **exc.members}
        return document(kind, exc.detail, _instance(kind, scope, request_id), (), members)
    problem = problem_of(exc)
    if problem is not None:
        scope[REFUSAL] = problem.kind.slug
        instance = _instance(problem.kind, scope, request_id)
        return document(problem.kind, problem.detail, instance, problem.headers, problem.members)
    log.error("request %s failed", request_id, exc_info=exc, extra={"request_id": request_id})
    kind = HTTP_PROBLEMS["fact-unreadable" if isinstance(exc, Unreadable) else "internal"]
    scope[REFUSAL] = kind.slug
    return document(kind, kind.rule, _instance(kind, scope, request_id), (), {"request_id": request_id})


def not_ready(reason: str) -> Problem:
    """The service lives but cannot do its work."""
    return _retry("not-ready", reason, NOT_READY_RETRY_S)


def document(
    kind: ProblemKind, detail: str, instance: str, headers: tuple[Header, ...], members: Mapping[str, Any]
) -> Answer:
    """The problem document of `kind`; `members` never replace the standard ones."""
    standard = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": instance,
    }
    return Answer(encode({**standard, **members, **standard}), PROBLEM_JSON, *headers, code=kind.status)


def _instance(kind: ProblemKind, scope: Mapping[str, Any], request_id: str) -> str:
    """Where it happened: path and request id.

    For what is not found only the collection, so that an absent and a foreign id are answered in the same bytes; the
    request id is in the Throughline-Request header.
    """
    if kind.status == 404:
        return str(scope.get("path_template", "/")).partition("{")[0]
    path = _HALF_ESCAPED.sub(b"", scope["raw_path"][:INSTANCE_CHARS_MAX]).decode("latin-1")
    return f"{path}#{request_id}"
