"""The key a caller shows: which credential it names, and how its secret is checked. Knows no database."""

import hmac
import re
import secrets
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

# 256 random bits: a plain digest of it can be stored, for there is nothing to guess (OWASP ASVS 5.0, 11.4).
SECRET_BYTES = 32
_TOKEN = re.compile(r"tl_([0-9a-f]{32})([0-9a-f]{32})_([A-Za-z0-9_-]{43})", re.ASCII)


class Token(NamedTuple):
    """A key as shown: the workspace and credential it names (so that one look-up finds it), and its secret."""

    workspace_id: UUID
    credential_id: UUID
    secret: str

    def __repr__(self) -> str:
        return f"Token({self.workspace_id}, {self.credential_id}, …)"

    @property
    def shown(self) -> str:
        """The key as its owner sees it, once."""
        return f"tl_{self.workspace_id.hex}{self.credential_id.hex}_{self.secret}"

    @property
    def secret_digest(self) -> bytes:
        return sha256(self.secret.encode()).digest()

    def matches(self, secret_digest: bytes) -> bool:
        """Whether this is the secret that was stored, in a time that says nothing about where they differ."""
        return hmac.compare_digest(self.secret_digest, secret_digest)


def new_token(workspace_id: UUID, credential_id: UUID) -> Token:
    """A fresh random secret for a credential."""
    return Token(workspace_id, credential_id, secrets.token_urlsafe(SECRET_BYTES))


def read_token(shown: str) -> Token | None:
    """The token in what a caller showed, or None when it has not the form of one."""
    match = _TOKEN.fullmatch(shown)
    return None if match is None else Token(UUID(match[1]), UUID(match[2]), match[3])
