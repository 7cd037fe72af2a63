"""One call: who asks, what is asked, what is sent. The request class of every route; nothing is decided here."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from litestar import Request
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from service.http.bodies import decoded, read_body
from service.http.problems import not_found
from service.http.proposals import Kind
from service.http.questions import CANONICAL_UUID, asked
from service.http.shared import Shared
from service.http.shown import HELD, is_key, token
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.tickets import Held
from service.policies import Registry
from service.settings import Settings

if TYPE_CHECKING:  # it brings a client and cryptography, which a service without an issuer does not need
    from service.oidc.identities import TokenIdentities

Q = TypeVar("Q", bound=Struct)
T = TypeVar("T")


class Call(Request[Identity, Any, Any]):
    """A request, read strictly and only as far as the route asks for it."""

    __slots__ = ()

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The parent's __init__ is left out on purpose: it prepares a dozen members that nothing here reads.
        self.scope = scope  # type: ignore[assignment]  # calls are of HTTP
        self.receive = receive
        self.send = send

    @property
    def identity(self) -> Identity:
        """Who asks; set when a call is admitted to a route that is not public."""
        identity: Identity = self.scope["user"]
        return identity

    @property
    def held(self) -> Held | None:
        """The ticket by which the caller was let in, if it was one."""
        return cast("Held | None", self.scope.get(HELD))

    @property
    def again(self) -> Callable[[], Awaitable[Identity]]:
        """Asks anew who this is, while it lasts: raises `NoSuchKey` when what was shown opens nothing any more."""
        held = self.held
        if held is not None:
            return partial(self.ledger.tickets.holder, held)
        tokens = self.tokens
        shown = token(self.scope, identity_tokens=tokens is not None)
        return partial(self.ledger.identify if tokens is None or is_key(shown) else tokens.again, shown)

    @property
    def shared(self) -> Shared:
        """What all calls share."""
        shared: Shared = self.scope["litestar_app"].shared  # type: ignore[attr-defined]  # it is our own
        return shared

    @property
    def tokens(self) -> "TokenIdentities | None":
        """Who shows an issuer's tokens; None where none are taken."""
        return self.shared.tokens

    @property
    def ledger(self) -> Ledger:
        return self.shared.ledger

    @property
    def settings(self) -> Settings:
        return self.shared.settings

    @property
    def policies(self) -> Registry:
        """What can be asked under."""
        return self.shared.policies

    @property
    def asker(self) -> tuple[UUID, UUID, str]:
        """Whom a cursor is bound to: workspace, party and role."""
        identity = self.identity
        return identity.workspace_id, identity.caller.party_id, identity.caller.role

    def now(self) -> datetime:
        return self.shared.clock.now()

    def question(self, kind: type[Q]) -> Q:
        """The query string as `kind`."""
        return asked(kind, self.scope["query_string"])

    def id(self, name: str) -> UUID:
        """A path parameter that is a UUID. Another form of one names nothing: 404, as for any id that is not there."""
        return UUID(self._id(name))

    def stream_id(self, kind: Kind) -> str:
        """The stream of a kind whose UUID is in the path."""
        return f"{kind}/{self._id('stream_id')}"

    def _id(self, name: str) -> str:
        text: str = self.scope["path_params"][name]
        if not CANONICAL_UUID.match(text):
            raise not_found()
        return text

    async def sent(self, decode: Callable[[bytes], T], known_types: Iterable[str] = ()) -> T:
        """The body through a strict decoder."""
        settings = self.settings
        body = await read_body(
            self.scope, self.receive, bytes_max=settings.body_bytes_max, deadline_s=settings.body_deadline_s
        )
        return decoded(decode, body, known_types)
