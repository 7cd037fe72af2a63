"""Reaches a PostgreSQL by its address and judges whether it will do. Migrates nothing and keeps no pool."""

import re
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from service.faults import StartRefusal
from service.postgres import APP_ROLE, DATABASE, OWNER_ROLE
from service.postgres.programs import SERVER_MAJOR_MIN

CONNECT_DEADLINE_S = 10
"""At start a person is waiting for the sentence; a healthy server answers within milliseconds."""

REASONS = (
    "connection refused",
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "timeout expired",
    "network is unreachable",
    "no route to host",
    "no such file or directory",
    "could not translate host name",
    "failed to resolve host",
    "name or service not known",
    "does not support ssl",
    "certificate verify failed",
    "too many clients",
    "the database system is starting up",
    "the database system is shutting down",
    "does not exist",
    "permission denied",
)
"""What may be told of a failed connection. Never the whole text: a password with an unescaped @ is read as a host."""

POWERFUL_ROLES = ["pg_write_all_data", "pg_write_server_files", "pg_execute_server_program"]
"""PostgreSQL's own roles whose members can write past every privilege on a table."""

TWO_ROLES = (
    f"Two roles are needed: CREATE ROLE {OWNER_ROLE} LOGIN PASSWORD '...'; CREATE ROLE {APP_ROLE} LOGIN "
    f"PASSWORD '...'; CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}; then name the first in DATABASE_MIGRATE_URL "
    "and the second in DATABASE_URL."
)


def connect(address: str, named_by: str) -> psycopg.Connection[Any]:
    """An autocommit connection to a server that is new enough. Raises `StartRefusal`, never with the password."""
    try:
        connection = psycopg.connect(
            address, autocommit=True, connect_timeout=CONNECT_DEADLINE_S, application_name="throughline start"
        )
    except psycopg.Error as fault:
        said = str(fault).lower()
        reason = next((reason for reason in REASONS if reason in said), "no answer; try the same address with psql")
        raise StartRefusal(f"PostgreSQL at {shown(address)} ({named_by}) cannot be reached: {reason}.") from None
    major = connection.info.server_version // 10_000
    if major < SERVER_MAJOR_MIN:
        connection.close()
        raise StartRefusal(
            f"PostgreSQL at {shown(address)} is version {major}; version {SERVER_MAJOR_MIN} or newer is needed."
        )
    return connection


def shown(address: str) -> str:
    """The address for people: role, hosts and database, without the password or anything that may be part of it."""
    parts = conninfo_to_dict(address)
    plain = {name: str(parts[name]) for name in ("user", "host", "port", "dbname") if parts.get(name)}
    kept = {name: text if re.fullmatch(r"[\w.:/,-]+", text) else "?" for name, text in plain.items()}
    place = kept.get("host", "the default host") + (f":{kept['port']}" if "port" in kept else "")
    return f"{place}, database {kept.get('dbname', 'by default')}, role {kept.get('user', 'by default')}"


def refuse_powerful_role(connection: psycopg.Connection[Any]) -> None:
    """The run-time role must not be able to change or delete a fact: no superuser, no owner, not through membership."""
    row = connection.execute(
        """
        SELECT current_user,
               bool_or(r.rolsuper), bool_or(r.rolbypassrls),
               string_agg(r.rolname, ', ') FILTER (WHERE r.rolname = ANY (%s)),
               (SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                   AND pg_has_role(current_user, c.relowner, 'MEMBER'))
          FROM pg_roles r WHERE pg_has_role(current_user, r.oid, 'MEMBER')
        """,
        (POWERFUL_ROLES,),
    ).fetchone()
    assert row is not None  # every role is a member of itself
    role, superuser, bypasses, member_of, owned = row
    power = (
        "is a superuser"
        if superuser
        else "may bypass row-level security"
        if bypasses
        else f"is a member of {member_of}"
        if member_of
        else f"owns tables ({owned})"
        if owned
        else None
    )
    if power:
        raise StartRefusal(
            f"DATABASE_URL's role {role} {power}, so that it could change what was recorded. {TWO_ROLES}"
        )
