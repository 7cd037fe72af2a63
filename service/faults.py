"""What keeps the service or a command from starting, in sentences for whoever runs it. No HTTP, no domain refusals."""


class StartRefusal(Exception):
    """Ends the program with exit code 2; every argument is one full sentence and names what would be accepted."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = sentences

    def __str__(self) -> str:
        return "\n".join(self.sentences)


class DataFolderInUse(StartRefusal):
    """Another living program holds the data folder's lock."""


class ServerGivingUp(StartRefusal):
    """PostgreSQL did not come up; the sentence carries the end of its log."""
