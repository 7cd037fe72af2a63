"""An application that only follows: what a projection's runner is given to read a workspace's facts."""

from typing import ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.utils import EnvType


class WorkspaceLog(Application[UUID]):
    """One workspace's log, named by its WORKSPACE_ID.

    Its name is what a projection is tracked under, so that one view may take in several workspaces.
    """

    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": "service.eventsourcing"}

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self.name = f"workspace {self.env['WORKSPACE_ID']}"
