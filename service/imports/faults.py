"""What keeps one row of an export out. A whole file or map is kept out by a `StartRefusal` instead."""

from msgspec import Struct


class RowFault(Exception):
    """A row that cannot be taken: why, and what would be accepted instead."""

    def __init__(self, reason: str, accepted: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.accepted = accepted


class NotTaken(Struct, frozen=True):
    """One row that was not taken. `line` is the line of the file it begins on; `key` is None when the row has none."""

    line: int
    key: str | None
    reason: str
    accepted: str
