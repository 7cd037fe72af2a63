"""The one table of what the world sees when HTTP itself says no. The rules' refusals are in `domain.refusals`."""

from collections.abc import Mapping

from msgspec import Struct

from domain.refusals import ALL_REFUSALS


class ProblemKind(Struct, frozen=True):
    """A kind of problem: its page says the rule, what to do about it, and shows one."""

    slug: str
    status: int
    title: str
    rule: str
    remedy: str
    example: str

    @property
    def type(self) -> str:
        """The relative URI that names the kind and answers with its page."""
        return f"/problems/{self.slug}"


_HTTP_PROBLEMS = (
    ProblemKind(
        "body-malformed",
        400,
        "The body is not what this call takes",
        "A body is one JSON document that fits the schema exactly: no unknown fields, no strings for numbers.",
        "Look at `pointer`, the place of the first fault, and at `accepted`; then compare with the schema in /docs.",
        '{"type": "note.recorded", "data": {"txt": "hello"}} has the unknown field /data/txt.',
    ),
    ProblemKind(
        "query-malformed",
        400,
        "The query string is not what this call takes",
        "Each parameter is known, given once, and inside its bounds.",
        "Look at `parameter` and `accepted`. In a query string `+` means a space: write %2B, or give times with Z.",
        "?limit=1000 is more than the 500 that one page may hold.",
    ),
    ProblemKind(
        "header-malformed",
        400,
        "A header is not what this call takes",
        "If-Match, If-None-Match, Idempotency-Key and Host have the forms that the documentation of the call gives.",
        "Look at `header` and `accepted`.",
        'If-Match: 7 is refused, If-Match: "7" is accepted.',
    ),
    ProblemKind(
        "cursor-not-valid",
        400,
        "The cursor does not belong to this question",
        "A cursor continues the question it came from: same caller, same path, same filters, same times.",
        "Follow `next` exactly as it was given, or ask again without `cursor`.",
        "A cursor from ?family=noes is refused with ?family=forces.",
    ),
    ProblemKind(
        "no-valid-key",
        401,
        "No valid key",
        "Every call except the documentation and health needs a key in `Authorization: Bearer tl_…`.",
        "Send the key that an owner of the workspace gave you. An unknown, an expired and a revoked key read the same.",
        "Authorization: Bearer tl_… with a key that was revoked.",
    ),
    ProblemKind(
        "no-valid-token",
        401,
        "No valid identity token",
        "An identity token is a JWT of the issuer that this service trusts, for this service, signed with one of the "
        "issuer's keys, and valid now.",
        "Look at `check`, the first check that failed: size, form, algorithm, type, critical, key, signature, issuer, "
        "audience, subject, claims, not-yet-valid or expired. Get another token from the issuer, for the right "
        "audience; what comes after a failed check was not looked at.",
        "A token that expired an hour ago: `check` is expired.",
    ),
    ProblemKind(
        "token-opens-nothing",
        403,
        "The token is valid, and opens nothing",
        "A token opens the workspace to those who are members of it, in the role on the workspace's record.",
        "Give `party_id`, if there is one, to an owner of the workspace, who adds it as a member with "
        "POST /v1/members; or have the issuer put the claims into the token that the operator has mapped.",
        "Somebody signs in before an owner has added them.",
    ),
    ProblemKind(
        "role-forbids",
        403,
        "Your role may not do this",
        "What a key may do follows from its role alone.",
        "Ask an owner of the workspace to do it, or for a key with another role. GET /v1/me says what yours may do.",
        "An auditor records a fact.",
    ),
    ProblemKind(
        "device-fenced",
        403,
        "The device was installed anew",
        "A device pushes in its newest epoch alone: an installation from before could number its facts twice.",
        "Continue in the newer installation. A device that was installed anew takes a higher epoch than `epoch`.",
        "A backup of a phone, restored on another one, pushes beside it.",
    ),
    ProblemKind(
        "not-found",
        404,
        "Not found",
        "There is nothing here for you: what is absent and what is not yours are never told apart.",
        "Check the address and the key: a key sees its own workspace only.",
        "A deal of another workspace.",
    ),
    ProblemKind(
        "method-not-allowed",
        405,
        "This method is not for this address",
        "Each address answers the methods that its Allow header names.",
        "Use one of the methods in `Allow`.",
        "DELETE on a deal: facts are never deleted, they are voided by a new fact.",
    ),
    ProblemKind(
        "not-acceptable",
        406,
        "No such form of this answer",
        "Answers are JSON; a few pages are HTML as well.",
        "Send Accept: application/json, or leave Accept out.",
        "Accept: application/xml.",
    ),
    ProblemKind(
        "body-too-slow",
        408,
        "The body took too long",
        "A body arrives whole within a fixed time.",
        "Send it again. Nothing of it was recorded.",
        "A body sent one byte a second.",
    ),
    ProblemKind(
        "position-ahead",
        410,
        "The log is not that long",
        "Positions are of one log. After a backup was restored, what came after it is gone, and other facts may get "
        "its positions.",
        "Drop what was taken from the feed and follow from the start, or read the streams and follow from "
        "Throughline-Position.",
        "?from=5000 in a log of 4200 facts.",
    ),
    ProblemKind(
        "nothing-to-erase",
        409,
        "There is nothing to erase",
        "An erasure destroys words, or a stream's content: what has none, and never had any, cannot be erased.",
        "Look at the id, and at what the fact says: ids, numbers, times and closed values go with their stream alone.",
        "The erasure of a party that no word is about.",
    ),
    ProblemKind(
        "not-provable",
        409,
        "The answer rests on more than is shown",
        "A receipt is made again from the facts that its reader is shown. An invitation tells a guest who opened the "
        "stream and which side they are on, also where these facts are not shown to them.",
        "Ask somebody of the team for the receipt, or to share the facts.",
        "A guest asks for the receipt of a deal whose opening is the team's.",
    ),
    ProblemKind(
        "other-log",
        410,
        "The checkpoint is of another log",
        "A checkpoint goes on in the log that gave it. After a backup was restored, what came after it is gone.",
        "Drop what was pulled and pull from `start`; then ask POST /v1/sync/missing which of the device's own facts "
        "are gone, and push those again, in a new epoch.",
        "?from=5000&mark=… where the fact before position 5000 is another one now.",
    ),
    ProblemKind(
        "version-mismatch",
        412,
        "The stream has moved on",
        "With If-Match a write happens only at the version that the writer has seen.",
        "Apply the events in `missed` to your copy, decide again, and send with If-Match of `current_version`.",
        'If-Match: "3" on a stream at version 5: `missed` holds versions 4 and 5.',
    ),
    ProblemKind(
        "body-too-large",
        413,
        "The body is too large",
        "A body has at most the number of bytes in `accepted`.",
        "Split a batch into several calls: each fact has its own id and can be sent alone.",
        "A batch of a hundred facts with the longest texts.",
    ),
    ProblemKind(
        "query-too-long",
        414,
        "The query string is too long",
        "A query string has at most the number of bytes in `accepted`.",
        "Leave out what is not needed.",
        "A search text of ten thousand characters.",
    ),
    ProblemKind(
        "content-type-refused",
        415,
        "This content type is not taken",
        "A body is application/json in UTF-8 and is not compressed.",
        "Send Content-Type: application/json and no Content-Encoding.",
        "Content-Type: text/plain.",
    ),
    ProblemKind(
        "event-id-reused",
        422,
        "This event id already names another fact",
        "An event id names one fact for ever: the same stream, party and content.",
        "To repeat a call, send exactly what was sent. For another fact make a new id. Changed your mind? Record "
        "`event.corrected`.",
        "The id of a note, sent again with another text.",
    ),
    ProblemKind(
        "too-many-requests",
        429,
        "Too many requests",
        "A key and an address have a budget of calls, where the service sets one; and an address one of wrong keys.",
        "Wait for the seconds in Retry-After.",
        "A thousand calls in a second with one key.",
    ),
    ProblemKind(
        "too-many-followers",
        429,
        "Too many connections follow",
        "A key follows over a bounded number of connections at once, and so do all keys together.",
        "Close what is not looked at any more. One connection can follow everything: pass on what it receives.",
        "The thirty-third stream with one key.",
    ),
    ProblemKind(
        "too-many-tickets",
        429,
        "Too many tickets",
        "A key holds a bounded number of tickets that have not lapsed.",
        "Use a ticket again for the reconnects of its page; one that nobody used lapses after a minute.",
        "A new ticket for every reconnect of a page.",
    ),
    ProblemKind(
        "too-many-devices",
        409,
        "Too many devices",
        "A party records from a bounded number of devices, which are remembered.",
        "Keep the id of a device over its installations, and take a new epoch instead.",
        "An app that makes a new device id at every start.",
    ),
    ProblemKind(
        "too-many-webhooks",
        409,
        "Too many webhooks",
        "A workspace has a bounded number of webhooks.",
        "Delete one that is not needed any more. One receiver can take everything in and pass it on.",
        "A webhook for every deal, where one with all deals and a look at `subject` would do.",
    ),
    ProblemKind(
        "webhook-without-key",
        409,
        "The webhook has no key to see with",
        "A webhook sends what a key sees: one of an owner or a service, which was not revoked and has not expired.",
        "Call this with a key of whose webhook it is: it sees with that from then on. Or make another webhook.",
        "Resuming a webhook that stopped because its key was revoked, with the key of somebody else.",
    ),
    ProblemKind(
        "webhook-address-refused",
        422,
        "This address is not called",
        "A webhook's address is an https URL of a host on the public internet, without password and fragment. The "
        "operator may allow networks beside these: THROUGHLINE_WEBHOOK_NETWORKS.",
        "Give the receiver a public address. What a host's name stands for is looked at with every message: "
        "POST /v1/webhooks/{webhook_id}/test tells what comes of it.",
        "https://127.0.0.1/, http://hooks.example.org/, https://user:password@hooks.example.org/.",
    ),
    ProblemKind(
        "rests-on-refused",
        409,
        "It rests on something that was refused",
        "What refers to something that a refused proposal would have made is refused as well: it never will be there.",
        "Show both to whoever recorded them. `refused` is the event id of the one that was refused.",
        "A promise is kept whose making was refused.",
    ),
    ProblemKind(
        "internal",
        500,
        "Something went wrong here",
        "A fault of the service, not of the call.",
        "Tell the operator the `request_id`: the log has the rest. A write may or may not have happened: sending it "
        "again with the same event id is safe.",
        "A bug.",
    ),
    ProblemKind(
        "fact-unreadable",
        500,
        "A stored fact cannot be read",
        "A stream whose stored facts cannot all be read is not answered at all, rather than wrongly.",
        "Tell the operator the `request_id`. Other streams are not affected.",
        "A stored byte was changed by something other than this service.",
    ),
    ProblemKind(
        "overloaded",
        503,
        "Too much at once",
        "Each workspace has a bounded queue of writes.",
        "Nothing was recorded. Wait for the seconds in Retry-After and send it again with the same event id.",
        "Ten thousand writes in the same moment.",
    ),
    ProblemKind(
        "store-unavailable",
        503,
        "The store does not answer",
        "Nothing is promised before PostgreSQL has committed it.",
        "Wait for the seconds in Retry-After. A write may or may not have happened: sending it again with the same "
        "event id is safe.",
        "PostgreSQL restarts.",
    ),
    ProblemKind(
        "issuer-unavailable",
        503,
        "Tokens cannot be checked now",
        "Identity tokens are checked with their issuer's keys, which the service has not had yet, or not for a day.",
        "Wait for the seconds in Retry-After. Keys of this service work meanwhile.",
        "The service was started while the issuer was away.",
    ),
    ProblemKind(
        "not-checkpointed",
        503,
        "Not signed for yet",
        "What is proven is proven against a signed checkpoint, and checkpoints follow the facts within seconds.",
        "Wait for the seconds in Retry-After and ask again.",
        "The export of a deal that was opened a moment ago.",
    ),
    ProblemKind(
        "not-summarised",
        503,
        "Not summarised yet",
        "Lists by trust or by a signal choose from a summary of every stream. Summaries are made when such a list is "
        "asked for, of what changed since the last one; the first time, and after an upgrade that changed their rules, "
        "of everything.",
        "Wait for the seconds in Retry-After and ask again: the summaries are being made whether anybody waits or not, "
        "and what is made already is kept. Lists in another order can be had meanwhile.",
        "The first list by trust of a workspace of a hundred thousand deals.",
    ),
    ProblemKind(
        "not-ready",
        503,
        "The service cannot do its work now",
        "Calls need a service that is not stopping, and recording a schema that its version may record in.",
        "Send calls to another process of the service, or wait for the seconds in Retry-After.",
        "The service was asked to stop and answers only what is in flight.",
    ),
)

HTTP_PROBLEMS: Mapping[str, ProblemKind] = {kind.slug: kind for kind in _HTTP_PROBLEMS}


def _titled(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


REFUSALS: Mapping[str, ProblemKind] = {
    refusal.slug: ProblemKind(refusal.slug, 409, _titled(refusal.slug), refusal.rule, refusal.accepted, "")
    for refusal in ALL_REFUSALS
}

ALL_KINDS: Mapping[str, ProblemKind] = {**HTTP_PROBLEMS, **REFUSALS}
