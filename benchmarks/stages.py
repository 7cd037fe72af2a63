"""CPU time by stage: the functions of each stage are wrapped, and time counts for the innermost that runs. No profiler.

A coroutine is timed step by step, so that what runs while it waits is not counted for it.
"""

import gc
import inspect
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

SQL_CALL = "SQL call (Python's side)"
COLLECTING = "garbage collection"
REST = "server, event loop and what is not named"

STAGES: tuple[tuple[str, str, str], ...] = (
    ("outer layer: request id, headers, log line", "service.http.app:Throughline", "__call__"),
    ("Litestar: routing, middleware, request", "litestar:Litestar", "__call__"),
    ("identify the key", "service.ledger.ledger:Ledger", "identify"),
    ("decode the body", "service.http.routes.recording", "appending"),
    ("render the answer", "service.http.routes.recording", "recorded"),
    ("ask: digest, ids, queue", "service.ledger.recording:Recording", "append"),
    ("writer: groups, answers", "service.ledger.writer:Writer", "_commit"),
    ("decide", "service.ledger.writer", "decide"),
    ("append: keys, parameters", "service.ledger.writer", "append"),
    ("commit: what goes together", "service.ledger.commits:Commits", "_commit"),
    ("seal", "service.ledger.append", "_sealed"),
    ("derived rows", "service.ledger.listing:ListRows", "of"),
    (SQL_CALL, "service.ledger.prepared:Prepared", "call"),
    ("keep in memory", "service.ledger.writer:Writer", "_keep"),
    ("read one history", "service.ledger.ledger:Ledger", "history"),
    ("look at the counter row", "service.ledger.sharing:SharedRuns", "_run_for_all"),
    ("fold into an answer", "service.http.routes.streams", "answered"),
    ("render a page", "service.http.routes.events", "page"),
)
"""Stage, where its function is, and the function's name; `outer layer` and `rest` are what no other stage takes."""


class Stages:
    """CPU seconds of this thread by stage; the innermost stage is charged."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._open = [REST]
        self._since = time.thread_time()

    def called(self, stage: str) -> None:
        """Count one call of a stage, however many steps it takes."""
        self.calls[stage] = self.calls.get(stage, 0) + 1

    def enter(self, stage: str) -> None:
        self._charge()
        self._open.append(stage)

    def leave(self) -> None:
        self._charge()
        self._open.pop()

    def collected(self, phase: str, _: object) -> None:
        """What the interpreter's garbage collector calls before and after it runs."""
        if phase == "start":
            self.enter(COLLECTING)
        else:
            self.leave()

    def restart(self) -> None:
        """Count from here."""
        self._charge()
        self.seconds.clear()
        self.calls.clear()

    def stop(self) -> tuple[dict[str, float], dict[str, int]]:
        """CPU seconds and calls by stage."""
        self._charge()
        return dict(self.seconds), dict(self.calls)

    def _charge(self) -> None:
        now = time.thread_time()
        stage = self._open[-1]
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now


class _Stepped:
    """A coroutine whose every step is charged to one stage."""

    def __init__(self, stages: Stages, stage: str, coroutine: Any) -> None:
        self._stages = stages
        self._stage = stage
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        send, value = self._coroutine.send, None
        while True:
            self._stages.enter(self._stage)
            try:
                waited_for = send(value)
            except StopIteration as end:
                return end.value
            finally:
                self._stages.leave()
            try:
                value = yield waited_for
                send = self._coroutine.send
            except BaseException as failure:  # noqa: BLE001 - the coroutine decides what becomes of it
                value, send = failure, self._coroutine.throw


@contextmanager
def staged() -> Iterator[Stages]:
    """Every stage's function wrapped while the block runs."""
    stages = Stages()
    originals = []
    try:
        for stage, place, name in STAGES:
            owner = _owner(place)
            originals.append((owner, name, owner.__dict__[name]))
            setattr(owner, name, _wrapped(stages, stage, owner.__dict__[name]))
        gc.callbacks.append(stages.collected)
        yield stages
    finally:
        if stages.collected in gc.callbacks:
            gc.callbacks.remove(stages.collected)
        for owner, name, original in reversed(originals):
            setattr(owner, name, original)


def _owner(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name) if name else import_module(module)


def _wrapped(stages: Stages, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        async def steps(coroutine: Any) -> Any:
            return await _Stepped(stages, stage, coroutine)

        @wraps(function)
        def stepped(*args: Any, **named: Any) -> Any:
            stages.called(stage)
            return steps(function(*args, **named))  # wrong arguments are told at once, as without this

        return stepped

    @wraps(function)
    def timed(*args: Any, **named: Any) -> Any:
        stages.called(stage)
        stages.enter(stage)
        try:
            return function(*args, **named)
        finally:
            stages.leave()

    return timed
