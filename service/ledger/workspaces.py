"""The workspaces that this process has in use, each with its writer."""

from collections import OrderedDict
from uuid import UUID
from weakref import WeakValueDictionary

from service.clock import Clock
from service.ledger.commits import Commits
from service.ledger.credentials import Credentials, Identity
from service.ledger.keys import Ciphers
from service.ledger.listing import ListRows
from service.ledger.memory import Memory
from service.ledger.store import Store
from service.ledger.workspace import Workspace
from service.ledger.writer import Writer
from service.settings import Settings

# What is known of a workspace besides its streams is small; a process that serves more forgets those used longest ago.
WORKSPACES_KEPT_MAX = 10_000


class Workspaces:
    """One follower and one writer for each workspace, made at its first use."""

    def __init__(
        self,
        store: Store,
        memory: Memory,
        ciphers: Ciphers,
        credentials: Credentials,
        list_rows: ListRows,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._store = store
        self._memory = memory
        self._ciphers = ciphers
        self._credentials = credentials
        self._list_rows = list_rows
        self._clock = clock
        self._settings = settings
        self._commits = Commits(store, settings.commit_workspaces_max, settings.batch_events_max)
        self._pairs: OrderedDict[UUID, tuple[Workspace, Writer]] = OrderedDict()  # the last used last
        # Somebody may still read through a workspace that was let go: it is not followed by another one beside.
        self._alive: WeakValueDictionary[UUID, Workspace] = WeakValueDictionary()

    @property
    def count(self) -> int:
        return len(self._pairs)

    @property
    def facts_waiting(self) -> int:
        """Facts that wait to be recorded."""
        return sum(writer.facts_waiting for _, writer in self._pairs.values())

    def pair(self, workspace_id: UUID) -> tuple[Workspace, Writer]:
        """A workspace, as far as this process has followed it, and who writes to it."""
        pair = self._pairs.get(workspace_id)
        if pair is None:
            workspace = self._alive.get(workspace_id) or Workspace(
                workspace_id, self._store, self._memory, self._ciphers, self._credentials
            )
            self._alive[workspace_id] = workspace
            writer = Writer(
                workspace,
                self._store,
                self._commits,
                self._ciphers,
                self._list_rows,
                self._clock,
                self._settings.queue_proposals_max,
                self._settings.batch_events_max,
            )
            pair = self._pairs[workspace_id] = (workspace, writer)
            if len(self._pairs) > WORKSPACES_KEPT_MAX:
                self._let_idle_go(but=workspace_id)
        else:
            self._pairs.move_to_end(workspace_id)
        return pair

    def known(self, workspace_id: UUID) -> Workspace:
        """A workspace as far as this process has followed it."""
        return self.pair(workspace_id)[0]

    async def followed(self, identity: Identity) -> Workspace:
        """The caller's workspace, with everything in it that had committed when this was called."""
        workspace = self.known(identity.workspace_id)
        await workspace.follow()
        return workspace

    async def finish(self) -> None:
        """Answer everybody who waits to have something recorded."""
        for _, writer in list(self._pairs.values()):
            await writer.finish()

    def _let_idle_go(self, but: UUID) -> None:
        """Forget the workspace that was used longest ago of those in which nothing is under way, `but` one.

        Its streams are read anew when it comes back.
        """
        for workspace_id, (workspace, writer) in self._pairs.items():
            if writer.idle and workspace.idle and workspace_id != but:
                self._memory.drop_workspace(workspace_id)
                del self._pairs[workspace_id]
                return
