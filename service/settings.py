"""Every setting, read once and whole from the environment; all faults are told at once. Nobody else reads it."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from uuid import UUID

from service.faults import StartRefusal
from service.oidc.settings import OIDC_SETTINGS, oidc_contradictions
from service.setting_kinds import (
    Setting,
    choice,
    database_address,
    folder,
    http_address,
    key_of_base64,
    networks,
    origins,
    seconds,
    secret,
    whole,
)

PREFIX = "THROUGHLINE_"
CALLERS_KEY = "THROUGHLINE_KEY"
"""No setting: a key to some service, for the commands that call one."""
# Settings with any number of values: absent, they have none.
MANY = ("cors_origins", "webhook_networks")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the service was told. Secrets stay out of `repr`."""

    host: str
    port: int
    data: Path
    database_url: str | None = field(repr=False)
    database_migrate_url: str | None = field(repr=False)
    master_key: bytes | None = field(repr=False)
    master_key_file: Path | None
    database_connections_max: int
    batch_events_max: int
    commit_workspaces_max: int
    queue_proposals_max: int
    cached_events_max: int
    body_bytes_max: int
    connections_max: int
    key_requests_per_s: int
    address_requests_per_s: int
    wrong_keys_per_minute: int
    header_deadline_s: float
    body_deadline_s: float
    shutdown_deadline_s: float
    erasure_journal: Path | None
    backups: Path | None
    policies: Path | None
    cors_origins: tuple[str, ...]
    metrics_key: str | None = field(repr=False)
    traces_endpoint: str | None = field(repr=False)
    webhook_networks: tuple[IPv4Network | IPv6Network, ...]
    log_level: str
    oidc_issuer: str | None
    oidc_audience: str | None
    oidc_algorithms: tuple[str, ...]
    oidc_jwks_url: str | None
    oidc_workspace: UUID | None
    oidc_workspace_claim: str | None
    oidc_party_claim: str | None
    oidc_role_claim: str | None
    oidc_roles: tuple[tuple[str, str], ...]
    oidc_members: str
    oidc_leeway_s: float
    oidc_refetch_s: float

    @property
    def own_server(self) -> bool:
        return self.database_url is None


TABLE: tuple[Setting, ...] = (
    Setting("THROUGHLINE_HOST", "host", "127.0.0.1", str, "an address or host name of this machine", "where to listen"),
    # Above 1,023, so that it takes no privilege.
    Setting("THROUGHLINE_PORT", "port", "8000", *whole(0, 65_535), "port to listen on; 0 takes any free one"),
    Setting("THROUGHLINE_DATA", "data", "./data", folder, "a folder", "own PostgreSQL, keys made at the first start"),
    Setting(
        "DATABASE_URL",
        "database_url",
        "",
        database_address,
        "a PostgreSQL address such as postgresql://role:password@host/database",
        "a PostgreSQL to use, with the run-time role, which must own nothing",
        "own PostgreSQL in THROUGHLINE_DATA",
    ),
    Setting(
        "DATABASE_MIGRATE_URL",
        "database_migrate_url",
        "",
        database_address,
        "a PostgreSQL address such as postgresql://role:password@host/database",
        "the same database with the role that owns the tables; migrates at start",
        "DATABASE_URL, which then cannot migrate at start",
    ),
    Setting(
        "THROUGHLINE_MASTER_KEY",
        "master_key",
        "",
        key_of_base64,
        "32 bytes as base64, such as `openssl rand -base64 32` prints",
        "the key that wraps all content keys",
        "THROUGHLINE_MASTER_KEY_FILE",
    ),
    Setting(
        "THROUGHLINE_MASTER_KEY_FILE",
        "master_key_file",
        "",
        folder,
        "a file",
        "a file with that key",
        "master.key in THROUGHLINE_DATA, made once, with the own PostgreSQL",
    ),
    # 12 busy connections keep two cores of PostgreSQL busy; the own server allows 60 in all. Fewer than three there
    # cannot be: one that reads, one that appends, one for jobs.
    Setting(
        "THROUGHLINE_DATABASE_CONNECTIONS_MAX", "database_connections_max", "12", *whole(3, 500), "connections kept"
    ),
    # One commit of 256 small facts takes about 20 ms, which is what a lone writer is willing to wait behind.
    Setting("THROUGHLINE_BATCH_EVENTS_MAX", "batch_events_max", "256", *whole(1, 5_000), "facts in one commit"),
    # Of many workspaces that write now and then, each would have a commit for a fact or two. One where each is on a
    # server of its own: a commit over several servers costs more than it saves.
    Setting(
        "THROUGHLINE_COMMIT_WORKSPACES_MAX",
        "commit_workspaces_max",
        "16",
        *whole(1, 1_000),
        "workspaces that share a commit",
    ),
    # At a few thousand appends a second this is a second of waiting: the bound of what a client would still wait for.
    Setting(
        "THROUGHLINE_QUEUE_PROPOSALS_MAX", "queue_proposals_max", "4096", *whole(1, 1_000_000), "proposals waiting"
    ),
    # About 1.5 KB of resident memory an everyday fact, as measured: 110 MB. Long words cost what they are long.
    Setting(
        "THROUGHLINE_CACHED_EVENTS_MAX",
        "cached_events_max",
        "75000",
        *whole(1_000, 100_000_000),
        "facts of folded streams kept in memory",
    ),
    # A batch of a hundred facts with long texts fits; a megabyte that never ends costs a connection that much memory.
    Setting(
        "THROUGHLINE_BODY_BYTES_MAX", "body_bytes_max", "1048576", *whole(1_024, 1 << 30), "largest body of a request"
    ),
    # One file descriptor each; 1,024 is the usual limit of a process, with room for the database and files.
    Setting("THROUGHLINE_CONNECTIONS_MAX", "connections_max", "900", *whole(1, 100_000), "client connections at once"),
    # Off unless set: a limit above the ten thousand calls a second that a process answers would never act, one below
    # would slow down imports and phones that sync after a week away. Where workspaces share a service, set one.
    Setting(
        "THROUGHLINE_KEY_REQUESTS_PER_S",
        "key_requests_per_s",
        "0",
        *whole(0, 1_000_000),
        "calls a second with one key, twice that at once, per process; 0 sets no limit",
    ),
    # Off unless set: behind a proxy all calls come from its address.
    Setting(
        "THROUGHLINE_ADDRESS_REQUESTS_PER_S",
        "address_requests_per_s",
        "0",
        *whole(0, 1_000_000),
        "calls a second from one address (IPv6: one /64), twice that at once, per process; 0 sets no limit",
    ),
    # Nobody shows sixty wrong keys in a minute by mistake. A secret of 256 bits is not guessed: this is against noise.
    Setting(
        "THROUGHLINE_WRONG_KEYS_PER_MINUTE",
        "wrong_keys_per_minute",
        "60",
        *whole(0, 1_000_000),
        "wrong keys a minute from one address before it gets 429, save with keys known to be right; 0 sets no limit",
    ),
    # A request's head fits into a few packets; ten seconds are those of a phone in a tunnel.
    Setting(
        "THROUGHLINE_HEADER_DEADLINE_S",
        "header_deadline_s",
        "10",
        *seconds(0.1, 600),
        "time for a request's line and headers to arrive, and for a silent connection",
    ),
    # The largest body at half a megabit a second.
    Setting("THROUGHLINE_BODY_DEADLINE_S", "body_deadline_s", "20", *seconds(0.1, 600), "time for a body to arrive"),
    # Longer than any call is answered in, and less than the 30 seconds after which supervisors usually kill.
    Setting(
        "THROUGHLINE_SHUTDOWN_DEADLINE_S",
        "shutdown_deadline_s",
        "10",
        *seconds(0, 600),
        "time to answer what is in flight when asked to stop",
    ),
    Setting(
        "THROUGHLINE_ERASURE_JOURNAL",
        "erasure_journal",
        "",
        folder,
        "a folder",
        "where each erasure is also noted, outside the database, for restores",
        "none",
    ),
    Setting(
        "THROUGHLINE_BACKUPS",
        "backups",
        "",
        folder,
        "a folder",
        "where `throughline backup` puts backups, best on another disk",
        "none: the command is told",
    ),
    Setting(
        "THROUGHLINE_POLICIES",
        "policies",
        "",
        folder,
        "a folder",
        "where further policies are (`*.json`, as they are published), read at start",
        "only the built-in one",
    ),
    Setting(
        "THROUGHLINE_CORS_ORIGINS",
        "cors_origins",
        "",
        origins,
        "origins separated by commas, such as https://app.example.org",
        "web origins whose scripts may call",
        "none",
    ),
    Setting(
        "THROUGHLINE_METRICS_KEY",
        "metrics_key",
        "",
        secret,
        "16 to 200 visible ASCII characters",
        "what a scraper of /metrics shows as its bearer key",
        "none: /metrics answers this machine alone, when THROUGHLINE_HOST is a loopback address",
    ),
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "traces_endpoint",
        "",
        http_address,
        "an address such as http://collector:4318",
        "where to send OpenTelemetry traces (OTLP over HTTP), with the extra `traces`; other OTEL_ variables hold too",
        "none: nothing is traced",
    ),
    # Closed unless opened: whoever may make a webhook would otherwise reach what only this machine can.
    Setting(
        "THROUGHLINE_WEBHOOK_NETWORKS",
        "webhook_networks",
        "",
        networks,
        "networks separated by commas, such as 10.1.0.0/16",
        "private networks that webhooks may call beside public addresses, also without encryption",
        "none",
    ),
    Setting("THROUGHLINE_LOG_LEVEL", "log_level", "info", *choice("debug", "info", "warning", "error"), "least to log"),
    *OIDC_SETTINGS,
)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in `environment` (empty counts as absent). Raises `StartRefusal` with every fault there is."""
    named = sorted(name for name in environment if name.startswith(PREFIX) and name != CALLERS_KEY)
    faults = [_stranger(name) for name in named if name not in _NAMES]
    values: dict[str, Any] = {}
    for setting in TABLE:
        text = environment.get(setting.name) or setting.default
        try:
            values[setting.fills] = setting.read(text) if text or setting.fills in MANY else None
        except ValueError:
            # The value may be a secret, in part or in whole, so that it is not repeated.
            faults.append(f"{setting.name} must be {setting.accepted}.")
    faults.extend(_contradictions(values))
    if faults:
        raise StartRefusal(*faults)
    return Settings(**values)


def _contradictions(values: dict[str, Any]) -> list[str]:
    faults = []
    if values.get("master_key") and values.get("master_key_file"):
        faults.append("THROUGHLINE_MASTER_KEY and THROUGHLINE_MASTER_KEY_FILE are both set; keep one of them.")
    elsewhere = values.get("database_url", "given, but malformed")
    if values.get("database_migrate_url") and not elsewhere:
        faults.append("DATABASE_MIGRATE_URL is set without DATABASE_URL, which names the run-time role; set both.")
    # A key that was given but is malformed is not among the values, and has been told already.
    if elsewhere and not any(values.get(name, name) for name in ("master_key", "master_key_file")):
        faults.append(
            "DATABASE_URL is set, so THROUGHLINE_MASTER_KEY or THROUGHLINE_MASTER_KEY_FILE must be too: "
            "every process on that database needs the same 32 bytes (`openssl rand -base64 32` makes them)."
        )
    return faults + oidc_contradictions(values)


def _stranger(name: str) -> str:
    near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0)[0]
    return f"{name} is not a setting; the nearest is {near}."


_NAMES = tuple(setting.name for setting in TABLE)


def settings_table() -> str:
    """The table of all settings in Markdown."""
    lines = ["| variable | default | takes | meaning |", "|---|---|---|---|"]
    for setting in TABLE:
        default = setting.default_shown or f"`{setting.default}`"
        lines.append(f"| `{setting.name}` | {default} | {setting.accepted} | {setting.meaning} |")
    return "\n".join(lines) + "\n"


def settings_help() -> str:
    """The same for a terminal."""
    lines = ["Settings come from the environment:", ""]
    for setting in TABLE:
        lines.append(f"  {setting.name}  [{setting.default_shown or setting.default}]")
        lines.append(f"      {setting.meaning}: {setting.accepted}")
    return "\n".join(lines)
