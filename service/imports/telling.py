"""What a person sees of an import while it runs and when it ends, and the report file. Decides nothing."""

import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid
from rich.text import Text

from service.faults import StartRefusal
from service.imports.faults import NotTaken
from service.imports.taking import Counts

# Enough to see what is wrong with a file; the report holds them all.
SHOWN_MAX = 20
# Where nobody watches, a line now and then shows that it goes on.
PLAIN_LINE_EVERY_S = 5.0


class Telling:
    """Progress by the bytes of the file, a bar on a terminal and plain lines elsewhere; rows that were not taken."""

    def __init__(self, console: Console, name: str, file_bytes: int, report: Path | None) -> None:
        self._console = console
        self._name = name
        self._file_bytes = max(1, file_bytes)
        self._report_path = report
        self._report = None
        self._shown: list[NotTaken] = []
        self._open = ExitStack()
        self._progress: Progress | None = None
        self._next_line_at = time.monotonic() + PLAIN_LINE_EVERY_S
        if report is not None:
            try:
                self._report = self._open.enter_context(report.open("wb"))
            except OSError as fault:
                raise StartRefusal(f"The report {report} cannot be written: {fault.strerror}.") from fault

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rows]} rows"),
                TimeRemainingColumn(),
            )
            self._progress = self._open.enter_context(Progress(*columns, console=self._console, transient=True))
            self._progress.add_task(self._name, total=self._file_bytes, rows=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def moved(self, bytes_read: int, counts: Counts) -> None:
        """So far has the file been read, and so much came of it."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=bytes_read, rows=counts.rows)
        elif time.monotonic() >= self._next_line_at:
            self._next_line_at = time.monotonic() + PLAIN_LINE_EVERY_S
            share = bytes_read / self._file_bytes
            self._say(f"{self._name}: {share:.0%} read, {counts.rows} rows, {counts.facts} facts added")

    def not_taken(self, row: NotTaken) -> None:
        """One row stays out."""
        if self._report is not None:
            self._report.write(msgspec.json.encode(row) + b"\n")
        if len(self._shown) < SHOWN_MAX:
            self._shown.append(row)

    def end(self, counts: Counts, took_s: float, *, stopped: bool) -> None:
        """The summary. Call after the progress has been put away."""
        if self._shown:
            self._tell_not_taken(counts)
        total = f"{counts.rows} rows in {took_s:.1f} s: " if counts.rows else "No rows: "
        self._say(
            f"{total}{counts.opened} deals opened, {counts.extended} extended, {counts.unchanged} as they were, "
            f"{counts.not_taken} not taken; {counts.facts} facts added."
        )
        if stopped:
            self._say("Stopped. What was taken is recorded; run the same command again and it goes on from there.")

    def _tell_not_taken(self, counts: Counts) -> None:
        grid = Grid(title="Rows not taken", title_justify="left", show_edge=False, pad_edge=False)
        for heading in ("line", "key"):
            grid.add_column(heading, no_wrap=True)
        grid.add_column("why, and what would be accepted", overflow="fold")
        for row in sorted(self._shown, key=lambda row: row.line):
            grid.add_row(str(row.line), Text(row.key or "-"), Text(f"{row.reason} Accepted: {row.accepted}"))
        self._console.print(grid)
        if counts.not_taken > len(self._shown):
            rest = counts.not_taken - len(self._shown)
            self._say(f"… and {rest} more; {self._where_all()}")
        elif self._report_path is not None:
            self._say(self._where_all())

    def _where_all(self) -> str:
        if self._report_path is None:
            return "--report FILE.jsonl writes them all down, in a run that takes nothing twice."
        return f"all of them are in {self._report_path}."

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)
