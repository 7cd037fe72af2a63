"""Every reason the domain can say no: a named rule, with what would be accepted instead.

Refusal
 +- the stream: NotYetOpened, AlreadyOpened, StreamExists, OtherKindOfStream, DealIsClosed, DealIsOpen, ContentIsErased
 +- who and when: NotAParticipant, WrongSide, InTheFuture, MomentOutOfRange, DayNotYetCome, ZoneUnknown
 +- what it is about: NoSuchThing, NoSuchFact, IdIsTaken, OtherParties, GoalSupportsItself
 +- what already is: AlreadySo, OutOfOrder
 +- what is said: NothingChanges, CurrencyMissing, ScheduleUnclear, TextTooLong, SchemaVersionUnknown
 +- who may see: VisibilityTooWide, VisibilityFollowsTarget, NotWider, GuestFactsAreShared
 +- who may say: NotForGuests, GuestsSpeakForThemselves
 +- who belongs to the workspace: NotAMember, LastOwner
 +- the record: NotYoursToChange, TargetIsVoided, VoidIsFinal, FirstFactStands, NotCorrectable, CorrectionMalformed,
    ReferencesChanged, LaterFactsDepend
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A proposal the rules keep off the stream.

    `slug` names the problem page, `rule` is the rule in one sentence, `accepted` says what would be accepted instead.
    `detail` is this case in one sentence; `members` are machine-readable and never name what the caller may not see.
    """

    slug: ClassVar[str] = "refused"
    rule: ClassVar[str] = ""
    accepted: ClassVar[str] = ""

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class NotYetOpened(Refusal):
    slug = "not-yet-opened"
    rule = "The first fact of a deal is deal.opened, that of a goal is goal.set."
    accepted = "Record deal.opened or goal.set first, alone or as the first of a batch."


class AlreadyOpened(Refusal):
    slug = "already-opened"
    rule = "Only the first fact of a stream opens it."
    accepted = "Say what is different now with deal.changed or goal.restated, or open another stream."


class StreamExists(Refusal):
    slug = "stream-exists"
    rule = "A stream is opened once, under an id that nothing else has."
    accepted = "Leave `stream_id` out and one is made, or make a new UUID."


class OtherKindOfStream(Refusal):
    slug = "other-kind-of-stream"
    rule = "Some types of fact belong on deals only, some on goals only."
    accepted = "Record it on a stream of the kinds in `on`."


class ContentIsErased(Refusal):
    slug = "content-is-erased"
    rule = "Nothing is added to a stream whose content was erased."
    accepted = "Open another stream."


class DealIsClosed(Refusal):
    slug = "deal-is-closed"
    rule = "A closed deal takes no earlier stages, requirements or features, and is not closed twice."
    accepted = "Record deal.reopened first; promises, objections, people and what follows the close go on as they are."


class DealIsOpen(Refusal):
    slug = "deal-is-open"
    rule = "Only a closed deal can be reopened."
    accepted = "Nothing needs to be recorded: the deal is open."


class NotAParticipant(Refusal):
    slug = "not-a-participant"
    rule = "A party named in a fact takes part in the stream."
    accepted = "Record participant.joined for the party first; both may be in one batch."


class WrongSide(Refusal):
    slug = "wrong-side"
    rule = (
        "A promise is settled by the creditor's side and cancelled by the debtor's; the raiser's confirms an objection."
    )
    accepted = "Record it as the act of a party on the side in `side`: with `by`, or with `on_behalf_of`."


class InTheFuture(Refusal):
    slug = "in-the-future"
    rule = "A fact has happened: its `occurred_at` is at most five minutes ahead of the service's clock."
    accepted = "Set the clock by `server_time`, or leave `occurred_at` out for now."


class MomentOutOfRange(Refusal):
    slug = "moment-out-of-range"
    rule = "Times lie between the years 1900 and 2200, so that every reader can count with them."
    accepted = "Give a time inside that range."


class DayNotYetCome(Refusal):
    slug = "day-not-yet-come"
    rule = "A check-in is for a calendar day that has begun somewhere on earth."
    accepted = "Give the day in the routine's time zone, at the latest today's."


class ZoneUnknown(Refusal):
    slug = "zone-unknown"
    rule = "A time zone is a name of the IANA time zone database."
    accepted = "Use a name such as Europe/Lisbon, or UTC."


class NoSuchThing(Refusal):
    slug = "no-such-thing"
    rule = "An id in a fact names something that is on this stream."
    accepted = "Use the id of a fact that made it on this stream; ids are listed by the stream's own resources."


class NoSuchFact(Refusal):
    slug = "no-such-fact"
    rule = "An event id in a fact names a fact that is on this stream."
    accepted = "Use the `event_id` of a fact of this stream."


class IdIsTaken(Refusal):
    slug = "id-is-taken"
    rule = "The id of something new is not on the stream yet, and not twice in one fact."
    accepted = "Make a new UUID, or leave the id out and one is made."


class OtherParties(Refusal):
    slug = "other-parties"
    rule = "A promise that was asked for is made by the party it was asked of, to the party that asked."
    accepted = "Use the request's debtor and creditor, or make another promise under a new id."


class GoalSupportsItself(Refusal):
    slug = "goal-supports-itself"
    rule = "A goal supports another goal."
    accepted = "Give the id of another goal in `parent`."


class AlreadySo(Refusal):
    slug = "already-so"
    rule = "A fact changes something; what it says already holds because of an earlier one."
    accepted = "Nothing needs to be recorded. To repeat a call safely, send the same `event_id` again."


class OutOfOrder(Refusal):
    slug = "out-of-order"
    rule = "Each thing moves through its states by its table of steps."
    accepted = "Record one of the types in `accepts`."


class NothingChanges(Refusal):
    slug = "nothing-changes"
    rule = "A change says at least one thing."
    accepted = "Give at least one member, null to clear one."


class CurrencyMissing(Refusal):
    slug = "currency-missing"
    rule = "An amount of money has a currency beside it."
    accepted = "Give `currency` as an ISO 4217 code together with the amount."


class ScheduleUnclear(Refusal):
    slug = "schedule-unclear"
    rule = "A schedule is either a number of times per period, or weekdays, each once."
    accepted = 'Give {"times": 3, "per": "week"} or {"weekdays": ["monday", "friday"]}.'


class TextTooLong(Refusal):
    slug = "text-too-long"
    rule = "Text is kept in Unicode's composed form (NFC) and is bounded in that form."
    accepted = "Shorten the text."


class SchemaVersionUnknown(Refusal):
    slug = "schema-version-unknown"
    rule = "A proposal is in a version of its type that this service knows."
    accepted = "Leave `schema_version` out, or use one of the versions in `known`."


class VisibilityTooWide(Refusal):
    slug = "visibility-too-wide"
    rule = "A fact is never visible to more people than what it refers to."
    accepted = (
        "Use the visibility in `at_most`, or leave it out; or record visibility.widened for what it refers to first."
    )


class VisibilityFollowsTarget(Refusal):
    slug = "visibility-follows-target"
    rule = "Voids, corrections and widenings are visible to exactly those who see what they are about."
    accepted = "Leave `visibility` out."


class NotWider(Refusal):
    slug = "not-wider"
    rule = "Visibility is only ever widened."
    accepted = "Widen to more people than see the fact now; to take a fact back, void it."


class GuestFactsAreShared(Refusal):
    slug = "guest-facts-are-shared"
    rule = "What a guest records is shared."
    accepted = "Leave `visibility` out, or say shared."


class NotForGuests(Refusal):
    slug = "not-for-guests"
    rule = (
        "A guest promises, objects, asks, answers and confirms; where the deal or goal stands is for its house to say."
    )
    accepted = "Record one of the types in `accepts`, or ask who invited you to record this."


class GuestsSpeakForThemselves(Refusal):
    slug = "guests-speak-for-themselves"
    rule = "What a guest records is the guest's own act."
    accepted = "Name the party in `party_id` as the one whose act it is, and leave `on_behalf_of` out."


class NotAMember(Refusal):
    slug = "not-a-member"
    rule = "Only who is a member of the workspace leaves it, changes role in it or is given a key to it."
    accepted = "Use the `party_id` of a member; GET /v1/members lists them."


class LastOwner(Refusal):
    slug = "last-owner"
    rule = "A workspace always has an owner, or nobody could ever let anybody in again."
    accepted = "Make another member an owner first."


class NotYoursToChange(Refusal):
    slug = "not-yours-to-change"
    rule = "A fact is voided or corrected by who recorded it or by an owner; a counterparty's fact by nobody else."
    accepted = "Ask the party who recorded it, or record event.annotated."


class TargetIsVoided(Refusal):
    slug = "target-is-voided"
    rule = "A voided fact is out of every answer; nothing new is said about it."
    accepted = "Record the fact again under a new id, if it holds after all."


class VoidIsFinal(Refusal):
    slug = "void-is-final"
    rule = "A void, a widening and an erasure are not taken back."
    accepted = "Record the voided fact again under a new id; void a fact that is seen by too many."


class FirstFactStands(Refusal):
    slug = "first-fact-stands"
    rule = "The first fact of a stream is what the stream is; it is corrected, never voided."
    accepted = "Record event.corrected, or close the deal as disqualified, or cancel the goal."


class NotCorrectable(Refusal):
    slug = "not-correctable"
    rule = "Facts about the record itself are not corrected."
    accepted = "Correct the fact they are about; the last correction holds."


class CorrectionMalformed(Refusal):
    slug = "correction-malformed"
    rule = "A correction has the whole data of its target's type."
    accepted = "Send all members of the target's data, as its type's schema says, with what is wrong put right."


class ReferencesChanged(Refusal):
    slug = "references-changed"
    rule = "A correction keeps the ids, parties and references of its target."
    accepted = "Void the fact and record it again under a new id."


class LaterFactsDepend(Refusal):
    slug = "later-facts-depend"
    rule = "A fact that later facts rest on is not taken away from under them."
    accepted = "Void the facts in `depending` in the same batch, right beside this one."


def _all(cls: type[Refusal]) -> list[type[Refusal]]:
    return [found for sub in cls.__subclasses__() for found in (sub, *_all(sub))]


ALL_REFUSALS: tuple[type[Refusal], ...] = tuple(_all(Refusal))
"""Every named refusal, in the order above."""
