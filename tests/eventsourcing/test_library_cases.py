"""The library's own test cases for recorders, run against ours on a workspace of a fresh database each."""

from collections.abc import Iterator

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
)

from service.eventsourcing import Factory
from service.eventsourcing.process import LedgerProcessRecorder
from service.eventsourcing.recorder import LedgerRecorder
from tests.conftest import Database
from tests.eventsourcing.conftest import environment_of, new_workspace


class OurRecorder:
    """Gives each case a recorder: a process recorder, which is an application recorder too."""

    factory: Factory

    @pytest.fixture(autouse=True)
    def made(self, database: Database) -> Iterator[None]:
        self.factory = Factory(environment_of(database, new_workspace(database)))
        yield
        self.factory.close()


class TestApplicationRecorder(OurRecorder, ApplicationRecorderTestCase[LedgerRecorder]):
    def create_recorder(self) -> LedgerRecorder:
        return self.factory.application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingNotificationIDs(OurRecorder, NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> LedgerRecorder:
        return self.factory.application_recorder()


class TestProcessRecorder(OurRecorder, ProcessRecorderTestCase):
    def create_recorder(self) -> LedgerProcessRecorder:
        return self.factory.process_recorder()


# What the library calls base cases would be collected by their names here as well.
del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase, ProcessRecorderTestCase
