"""The first start: an empty database gets a workspace and an owner key. Nothing else makes a workspace by itself."""

import asyncio
import os
from pathlib import Path

from service.ledger.ledger import Ledger
from service.ledger.members import create_workspace
from service.masterkey import MasterKey
from service.settings import Settings

OWNER_KEY_FILE = "owner.key"
FIRST_WORKSPACE = "first workspace"


def first_owner_key(dsn: str, master_key: MasterKey, settings: Settings) -> str | None:
    """The owner key of a workspace made now because there was none; None when there was one.

    The key is also left in `owner.key` in the data folder, readable by its owner alone.
    """
    key = asyncio.run(_first(dsn, master_key, settings))
    if key is not None:
        _write(settings.data / OWNER_KEY_FILE, key)
    return key


async def _first(dsn: str, master_key: MasterKey, settings: Settings) -> str | None:
    async with Ledger.open(dsn, master_key, settings) as ledger:
        if await ledger.workspaces():
            return None
        _, key = await create_workspace(ledger, FIRST_WORKSPACE)
        return key


def _write(file: Path, key: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600), "w") as written:
        written.write(key + "\n")
