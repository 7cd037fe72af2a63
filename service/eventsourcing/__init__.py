"""A workspace's log in the terms of the library `eventsourcing`: what it reads and writes goes through here.

Synchronous throughout, and no part of the HTTP service, which never imports it. Knows SQL and keys through the ledger's
own statements; decides nothing about deals and goals, whose facts it hands out and never takes in.

`PERSISTENCE_MODULE=service.eventsourcing` makes an application use it; see docs/eventsourcing.md.
"""

import logging
import sys

_LOGGERS = [logging.getLogger(name) for name in ("psycopg", "psycopg.pool")]
# The library's PostgreSQL module silences these two for the whole process when it is imported. Importing it here, and
# setting them back, makes later imports of it harmless.
_LEVELS = [logging.NOTSET if "eventsourcing.postgres" in sys.modules else logger.level for logger in _LOGGERS]

import eventsourcing.postgres  # noqa: E402, F401

for _logger, _level in zip(_LOGGERS, _LEVELS, strict=True):
    _logger.setLevel(_level)

from service.eventsourcing.factory import Factory  # noqa: E402  # the one class that the library looks for here
from service.eventsourcing.following import WorkspaceLog  # noqa: E402
from service.eventsourcing.mapper import LedgerMapper, OpaqueFact, RecordedFact  # noqa: E402

__all__ = ["Factory", "LedgerMapper", "OpaqueFact", "RecordedFact", "WorkspaceLog"]
