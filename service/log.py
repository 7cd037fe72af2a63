"""How log records look on standard error: one JSON object a line, whatever is in them. Nothing is logged from here."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

QUIET = ("uvicorn", "asyncio", "psycopg", "httpx", "httpcore")
"""Libraries whose remarks below warning are about themselves; eventsourcing even silences psycopg when imported."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLine(logging.Formatter):
    """A record as one line: line breaks and control characters in a message stay inside its JSON string."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "event": "log",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure(level: str) -> None:
    """Send everything from `level` up to standard error. Call after the imports: some libraries set levels."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("psycopg.pool").setLevel(logging.NOTSET)
