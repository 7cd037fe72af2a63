"""Where new ids come from: version 7 UUIDs, whose order is the order of time, so that index pages fill from one end."""

import os
from datetime import datetime
from uuid import UUID


def new_id(at: datetime) -> UUID:
    """A UUID of version 7 (RFC 9562, section 5.7) for the moment `at`."""
    chance = int.from_bytes(os.urandom(10))
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & (2**62 - 1))
