"""Configuration in the library's way: which workspace, which database and which key, from an application's environment.

The settings are the service's own, those that name the database and the master key, and WORKSPACE_ID.
"""

from typing import cast
from uuid import UUID

import psycopg
from eventsourcing.domain import TAggregateID
from eventsourcing.persistence import (
    AggregateRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    Mapper,
    NotSupportedError,
    OperationalError,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType
from psycopg.conninfo import make_conninfo

from service import masterkey
from service.clock import Clock
from service.database import connect, refuse_powerful_role
from service.eventsourcing.connections import Connections
from service.eventsourcing.mapper import LedgerMapper
from service.eventsourcing.process import LedgerProcessRecorder
from service.eventsourcing.recorder import LedgerRecorder
from service.faults import StartRefusal
from service.ledger.store import statement
from service.masterkey import MasterKey
from service.migrate import SCHEMA_QUERY, schema_difference
from service.postgres import APP_ROLE, DATABASE, pidfile
from service.postgres.cluster import PORT
from service.settings import Settings, read_settings

SETTINGS = ("THROUGHLINE_DATA", "DATABASE_URL", "THROUGHLINE_MASTER_KEY", "THROUGHLINE_MASTER_KEY_FILE")
WORKSPACE_ID = "WORKSPACE_ID"


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Makes what an application records with; finds every fault of its configuration when it is constructed."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.workspace_id = self._workspace_id()
        try:
            self._settings = read_settings(
                {name: value for name in SETTINGS if (value := self.env.get(name)) is not None}
            )
            self._master_key = self._checked_key()
        except StartRefusal as fault:
            raise InfrastructureFactoryError(str(fault)) from fault
        self._connections = Connections(self._address_now)

    def _workspace_id(self) -> UUID:
        try:
            return UUID(self.env.get(WORKSPACE_ID, ""))
        except ValueError:
            raise InfrastructureFactoryError(
                f"{' or '.join(self.env.create_keys(WORKSPACE_ID))} must be a workspace's id, "
                "such as `throughline workspace list` shows."
            ) from None

    def _checked_key(self) -> MasterKey:
        """The master key, once it is certain that it, the schema and the workspace are the right ones."""
        own = self._settings.own_server
        with connect(_address(self._settings), "own server" if own else "DATABASE_URL") as connection:
            if not own:
                refuse_powerful_role(connection)
            try:
                fault = schema_difference(connection.execute(SCHEMA_QUERY).fetchall())
            except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
                fault = "The database has no schema of this service: run `throughline migrate`."
            if fault:
                raise StartRefusal(fault)
            if not connection.execute(statement("head").encode(), {"workspace": self.workspace_id}).fetchone():
                raise StartRefusal(
                    f"There is no workspace {self.workspace_id}; `throughline workspace list` shows those there are."
                )
            return masterkey.obtain(self._settings, connection)

    def _address_now(self) -> str:
        try:
            return _address(self._settings)
        except StartRefusal as gone:  # the service was stopped since; it may come back
            raise OperationalError(str(gone)) from gone

    def mapper(
        self, transcoder: Transcoder | None = None, mapper_class: type[Mapper[TAggregateID]] | None = None
    ) -> Mapper[TAggregateID]:
        """Ours, unless the application or its MAPPER_TOPIC names another."""
        if mapper_class is None and not self.env.get(self.MAPPER_TOPIC):
            mapper_class = cast(type[Mapper[TAggregateID]], LedgerMapper)
        return super().mapper(transcoder, mapper_class)

    def application_recorder(self) -> LedgerRecorder:
        return LedgerRecorder(self._connections, self._master_key, self.workspace_id, Clock())

    def process_recorder(self) -> LedgerProcessRecorder:
        name = self.env.name or "application"
        return LedgerProcessRecorder(self._connections, self._master_key, self.workspace_id, Clock(), name)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        raise NotSupportedError(
            f"The log keeps no {purpose} beside its facts: leave IS_SNAPSHOTTING_ENABLED off, or cache aggregates "
            "with AGGREGATE_CACHE_MAXSIZE."
        )

    def tracking_recorder(
        self,
        tracking_recorder_class: type[TrackingRecorder] | None = None,  # noqa: ARG002  # as the library calls it
    ) -> TrackingRecorder:
        raise NotSupportedError(
            "A projection keeps its view in a store of its own: set its PERSISTENCE_MODULE, under the projection's "
            "name, to another module, such as eventsourcing.sqlite."
        )

    def close(self) -> None:
        self._connections.close()


def _address(settings: Settings) -> str:
    """Where the database is now. Our own server is the service's to start: starting it here would lock that out."""
    if settings.database_url is not None:
        return settings.database_url
    found = pidfile.read(settings.data / "postgres")
    if found is None or not found.ready:
        raise StartRefusal(f"No service runs on {settings.data}: start it, or set DATABASE_URL.")
    return make_conninfo(host=str(found.socket_folder), port=PORT, user=APP_ROLE, dbname=DATABASE)
