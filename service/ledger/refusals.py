"""What the ledger itself can answer instead of an append or a read. The rules' own refusals are in `domain.refusals`.

LedgerRefusal
 +- Absent             no such stream, or not the caller's to see
 +- NoSuchKey          the credential is unknown, expired or revoked
 +- KeyMadeBefore      a call with the same name made the key, and told its secret
 +- VersionMismatch    the caller's If-Match is behind
 +- EventIdReused      the id names another fact
 +- Overloaded         the workspace's queue is full
 +- TooManyFollowers   the key follows over as many connections as one may
 +- TooManyTickets     the key holds as many tickets as one may
 +- PositionAhead      the log is not that long
 +- OtherLog           the checkpoint is of another log
 +- DeviceFenced       the device was installed anew since
 +- TooManyDevices     the party has as many devices as one may
 +- TooManyWebhooks    the workspace has as many webhooks as one may
 +- TooManyTests       as many tests of webhooks are under way as may be at once
 +- WebhookWithoutKey  a webhook would see with a key that opens nothing, or may not have one
 +- AddressRefused     a webhook's address is not one that is called
 +- StoreUnavailable   PostgreSQL did not answer in time; the outcome may be unknown
 +- NotCheckpointed    what was asked to be proven is not signed for yet
 +- NotSummarised      what a list is chosen by is still being made, of all streams
 +- Unreadable         a stored fact cannot be read
 +- NothingToErase     there is no content left, and none was erased before
"""

from collections.abc import Sequence
from uuid import UUID

from domain.facts import Recorded

# How long a client should wait before it tries again: a queue drains within a second, a server restarts in a few.
OVERLOADED_RETRY_S = 1
UNAVAILABLE_RETRY_S = 2
# Followers come and go with the pages that are open; unused tickets lapse after a minute.
FOLLOWERS_RETRY_S = 5
TICKETS_RETRY_S = 60


class LedgerRefusal(Exception):
    """Something the ledger cannot do for this caller now."""


class Absent(LedgerRefusal):
    """There is no such stream, or the caller may not know of it: the two are never told apart."""


class NoSuchKey(LedgerRefusal):
    """The credential is malformed, unknown, expired or revoked: the four are never told apart."""


class KeyMadeBefore(LedgerRefusal):
    """A key with this id is there: its secret was told once, in an answer that may have been lost."""

    def __init__(self, credential_id: UUID) -> None:
        super().__init__(f"The key {credential_id} was made before.")
        self.credential_id = credential_id


class VersionMismatch(LedgerRefusal):
    """The stream has moved past the version the caller decided on; `missed` are the facts since that they may see."""

    def __init__(self, current_version: int, missed: Sequence[Recorded] = ()) -> None:
        super().__init__(f"The stream is at version {current_version}.")
        self.current_version = current_version
        self.missed = missed


class EventIdReused(LedgerRefusal):
    """The event id was used before for another content, stream or party."""

    def __init__(self, event_id: UUID) -> None:
        super().__init__(f"Event id {event_id} already names another fact.")
        self.event_id = event_id


class Overloaded(LedgerRefusal):
    """More is waiting for this workspace than the queue may hold; nothing was recorded."""

    retry_after_s = OVERLOADED_RETRY_S


class TooManyFollowers(LedgerRefusal):
    """The key, or everybody together, follows over as many connections as this process serves."""

    retry_after_s = FOLLOWERS_RETRY_S


class TooManyTickets(LedgerRefusal):
    """The key holds as many tickets that have not lapsed as one key may."""

    retry_after_s = TICKETS_RETRY_S


class PositionAhead(LedgerRefusal):
    """Somebody asks from a position that the log has not reached: they followed another log."""

    def __init__(self, position: int) -> None:
        super().__init__(f"The log has {position} facts.")
        self.position = position


class OtherLog(LedgerRefusal):
    """Somebody goes on from a checkpoint that is not of this log: a backup was restored in between."""


class DeviceFenced(LedgerRefusal):
    """A device pushes in an epoch before the one it is in, which began at its newest installation."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"The device is in epoch {epoch}.")
        self.epoch = epoch


class TooManyDevices(LedgerRefusal):
    """The party records from as many devices as one may."""

    def __init__(self, devices_max: int) -> None:
        super().__init__(f"A party has at most {devices_max} devices.")
        self.devices_max = devices_max


class TooManyWebhooks(LedgerRefusal):
    """The workspace has as many webhooks as one may."""

    def __init__(self, webhooks_max: int) -> None:
        super().__init__(f"A workspace has at most {webhooks_max} webhooks.")
        self.webhooks_max = webhooks_max


class TooManyTests(LedgerRefusal):
    """As many test messages as one process sends at once are on their way."""

    retry_after_s = OVERLOADED_RETRY_S


class WebhookWithoutKey(LedgerRefusal):
    """The key that a webhook would see with opens nothing, or may not have webhooks; or there is none."""


class AddressRefused(LedgerRefusal):
    """An address that is not called. The sentence names the rule, and nothing that a look-up has found."""


class StoreUnavailable(LedgerRefusal):
    """PostgreSQL did not answer in time. A write may or may not have happened: send it again with the same event id."""

    retry_after_s = UNAVAILABLE_RETRY_S


class NotCheckpointed(LedgerRefusal):
    """No signed checkpoint covers `size` facts of the log yet; one follows within seconds."""

    retry_after_s = UNAVAILABLE_RETRY_S

    def __init__(self, size: int) -> None:
        super().__init__(f"No checkpoint covers {size} facts yet.")
        self.size = size


class NotSummarised(LedgerRefusal):
    """What lists by trust and signals are chosen by is still being made; that goes on while nobody waits for it."""

    retry_after_s = UNAVAILABLE_RETRY_S


class NotProvable(LedgerRefusal):
    """A guest's answer rests on what the invitation tells, beside the facts that they are shown: it has no receipt."""


class NothingToErase(LedgerRefusal):
    """The target has no content that could be destroyed, and never had any."""


class Unreadable(LedgerRefusal):
    """A stored fact cannot be read: a changed byte or an unknown type. Names the fact, never its content."""

    def __init__(self, stream_id: str, version: int, reason: str) -> None:
        super().__init__(f"Fact {version} of {stream_id} cannot be read: {reason}.")
        self.stream_id = stream_id
        self.version = version
