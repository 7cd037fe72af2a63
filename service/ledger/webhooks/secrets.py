"""Secrets that messages are signed with, after Standard Webhooks. One leaves once, and is stored wrapped."""

import base64
import hmac
import os
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from service.ledger.webhooks.records import Webhook
from service.masterkey import MasterKey
from service.setting_kinds import MASTER_KEY_BYTES

MARK = "whsec_"


class Secret:
    """The bytes that both sides have. Neither `repr` nor `str` shows them."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Secret(not shown)"

    @property
    def shown(self) -> str:
        """As its owner gets it, once."""
        return MARK + base64.b64encode(self._key).decode()

    def signature(self, message_id: str, at: datetime, body: bytes) -> str:
        """`v1,` and the HMAC-SHA256 of id, seconds and body, joined by dots."""
        signed = b"%b.%d.%b" % (message_id.encode(), int(at.timestamp()), body)
        return "v1," + base64.b64encode(hmac.digest(self._key, signed, sha256)).decode()


class Secrets:
    """Makes, wraps and unwraps them. A wrapped one opens for its own webhook alone."""

    def __init__(self, master_key: MasterKey) -> None:
        self._master_key = master_key

    def make(self, workspace_id: UUID, webhook_id: UUID) -> tuple[Secret, bytes]:
        """A new secret, and the same wrapped."""
        key = os.urandom(MASTER_KEY_BYTES)
        return Secret(key), self._master_key.wrap(key, _context(workspace_id, webhook_id))

    def signing(self, workspace_id: UUID, webhook: Webhook, at: datetime) -> Sequence[Secret]:
        """Those that sign now: the newest, and the one before while it has not lapsed."""
        wrapped = [webhook.secret]
        if webhook.old_secret is not None and webhook.old_secret_until is not None and at < webhook.old_secret_until:
            wrapped.append(webhook.old_secret)
        context = _context(workspace_id, webhook.webhook_id)
        return [Secret(self._master_key.unwrap(one, context)) for one in wrapped]


def signed_headers(secrets: Sequence[Secret], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed message; a receiver needs one of the signatures."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(secret.signature(message_id, at, body) for secret in secrets),
    }


def _context(workspace_id: UUID, webhook_id: UUID) -> bytes:
    return b"webhook secret" + workspace_id.bytes + webhook_id.bytes
