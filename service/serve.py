"""`throughline serve`: opens what the service needs, serves until asked to stop, and closes it in the reverse order."""

import contextlib
import gc
import os
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
import uvicorn

from service import log
from service.connections import KEEP_ALIVE_S, bounded
from service.faults import StartRefusal
from service.postgres import OwnPostgres
from service.settings import Settings, read_settings, settings_help
from service.start import prepare_elsewhere, prepare_own

if TYPE_CHECKING:  # loaded while the database starts
    from litestar import Litestar

BACKLOG = 1024
"""Connections the system holds for us while we are busy or still starting."""

COLLECTOR_THRESHOLDS = (50_000, 20, 50)
"""New objects between two looks at the youngest; such looks before one at the older, and those before one at all.

A request leaves no cycles, and what is kept in memory is large and long-lived: at Python's own thresholds the collector
goes through all of it again and again and finds nothing.
"""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ServeCommand(click.Command):
    """Its help ends with every setting, which click would wrap into paragraphs."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        formatter.write("\n" + settings_help() + "\n")


@click.command("serve", cls=ServeCommand, help="Run the service until it is asked to stop (Ctrl-C or SIGTERM).")
def command() -> None:
    serve(read_settings(os.environ))


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then return. Raises `StartRefusal` when something is missing."""
    gc.set_threshold(*COLLECTOR_THRESHOLDS)  # first: what is imported below stays too
    starting = Starting()
    given_up: list[str] = []
    with ExitStack() as opened:
        listener = opened.enter_context(_listen(settings.host, settings.port))
        own = None
        if settings.own_server:
            own = OwnPostgres(settings.data, purpose="serve")
            opened.callback(own.stop)
        else:
            settings.data.mkdir(parents=True, exist_ok=True)
            ready = prepare_elsewhere(settings)
        # Our own PostgreSQL starts by itself meanwhile.
        from service.erasures import erase_again
        from service.http.app import create_app
        from service.ledger.bootstrap import first_owner_key

        log.configure(settings.log_level)
        if own:
            ready = prepare_own(settings, own.ready())
        traced = _traces(settings)
        erase_again(ready.dsn, ready.master_key, settings)
        new_key = first_owner_key(ready.dsn, ready.master_key, settings)
        app = create_app(settings, ready.dsn, ready.master_key)
        server = GracefulServer(
            uvicorn.Config(
                opened.enter_context(traced(app)),
                http=bounded(settings),
                loop="uvloop",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                proxy_headers=False,  # nobody in front is trusted to tell who is calling
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=max(1, round(settings.shutdown_deadline_s)),
            ),
            starting,
            on_started=lambda: _announce(listener, settings, new_key),
            on_stopping=app.shared.stop,
        )

        def give_up(reason: str) -> None:
            given_up.append(reason)
            os.kill(os.getpid(), signal.SIGTERM)

        _leave_what_stays_to_itself()
        try:
            if own:
                own.watch(give_up)
            starting.go_on()
            server.run(sockets=[listener])
        finally:
            if given_up:
                raise StartRefusal(*given_up)


def _traces(settings: Settings) -> "Callable[[Litestar], AbstractContextManager[Any]]":
    """What traces an application while it serves; nothing unless an address is set to send traces to."""
    if settings.traces_endpoint is None:
        return contextlib.nullcontext
    from service.tracing import sent_to, tracing

    endpoint = settings.traces_endpoint
    return lambda app: tracing(app, sent_to(endpoint))


class Starting:
    """What a stop signal does until the service serves: it ends the process then and there.

    Python forgets an interruption that happens to come while it calls back out of its own tidying up. Whether one came
    is therefore remembered as well, and looked at once more before anybody is served.
    """

    def __init__(self) -> None:
        self.asked_to_stop = False
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True
        sys.exit(0)

    def go_on(self) -> None:
        """Return, unless a signal came."""
        if self.asked_to_stop:
            sys.exit(0)


class GracefulServer(uvicorn.Server):
    """uvicorn, ending with its work done and exit code 0 instead of dying of the signal again."""

    def __init__(
        self,
        config: uvicorn.Config,
        starting: Starting,
        on_started: Callable[[], None],
        on_stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._starting = starting
        self._on_started = on_started
        self._on_stopping = on_stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in STOP_SIGNALS:
            signal.signal(number, self.handle_exit)
        self._starting.go_on()
        yield
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # what is left is PostgreSQL's clean stop, which is bounded

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stopping()  # readiness turns, streams end: they would hold their connections for ever
        await super().shutdown(sockets=sockets)


def _leave_what_stays_to_itself() -> None:
    """Let the garbage collector pass over what was imported."""
    gc.collect()
    gc.freeze()


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket, before anything that takes time: a taken port is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError:
        raise StartRefusal(f"THROUGHLINE_HOST is {host}, which is no address of this machine.") from None
    with contextlib.closing(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as fault:
            raise StartRefusal(
                f"Port {port} of {host} cannot be listened on ({os.strerror(fault.errno or 0)}): "
                "name another in THROUGHLINE_PORT; 0 takes any free one."
            ) from None
        yield listener


def _announce(listener: socket.socket, settings: Settings, new_key: str | None) -> None:
    url = _url(listener)
    key_file = settings.data / "owner.key"
    lines = [f"Throughline answers on {url} (documentation: {url}/docs)"]
    if new_key:
        lines.append(f"The owner key, made now and shown this once; it is also in {_short(key_file)}:")
        lines.append(f"  {new_key}")
        lines.append(f"  curl -s -H 'Authorization: Bearer {new_key}' {url}/v1/me")
    elif key_file.exists():
        key = f'"Authorization: Bearer $(cat {shlex.quote(str(_short(key_file)))})"'
        lines.append(f"  curl -s -H {key} {url}/v1/me")
    else:
        lines.append("`throughline key create` makes a key to call it with.")
    click.echo("\n".join(lines))
    sys.stdout.flush()


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    callable_host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # shown, not bound
    return f"http://[{callable_host}]:{port}" if ":" in callable_host else f"http://{callable_host}:{port}"


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
