"""`throughline key` and `throughline workspace`: for whoever runs the service, on its own machine."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import click

from service.faults import StartRefusal
from service.ledger import members
from service.ledger.ledger import Ledger
from service.ledger.refusals import StoreUnavailable
from service.settings import read_settings
from service.start import prepared

T = TypeVar("T")
EXPIRY_DAYS_MAX = 3_650


@click.group(help="Make, list and revoke keys to the service.")
def key() -> None:
    """The group itself does nothing."""


@click.group(help="Make and list workspaces.")
def workspace() -> None:
    """The group itself does nothing."""


_of_workspace = click.option("--workspace", "chosen", type=click.UUID, help="The workspace, when there are several.")


@key.command("create", help="Make a key and print it, once.")
@click.option("--role", type=click.Choice(["owner", "member"]), default="member", show_default=True)
@click.option("--name", required=True, help="Whose key it is, as the list shows it.")
@click.option("--party", type=click.UUID, help="The party it is for; a new one when absent.")
@click.option(
    "--days", type=click.IntRange(1, EXPIRY_DAYS_MAX), help="After how many days it expires; never when absent."
)
@_of_workspace
def create_key(role: str, name: str, party: UUID | None, days: int | None, chosen: UUID | None) -> None:
    async def create(ledger: Ledger) -> str:
        expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        return await members.issue_key(
            ledger,
            await workspace_of(ledger, chosen),
            role="owner" if role == "owner" else "member",
            name=name,
            party_id=party,
            expires_at=expires_at,
        )

    click.echo(_with_ledger(create))


@key.command("list", help="List all keys, newest first; secrets are not stored and cannot be shown.")
@_of_workspace
def list_keys(chosen: UUID | None) -> None:
    async def read(ledger: Ledger) -> list[str]:
        keys = await members.keys(ledger, await workspace_of(ledger, chosen))
        return [
            f"{one.credential_id}  {one.role:8}  {_state(one.expires_at, one.revoked_at):20}  "
            f"party {one.party_id}  {one.name}"
            for one in keys
        ]

    for line in _with_ledger(read):
        click.echo(line)


@key.command("revoke", help="Make a key open nothing any more.")
@click.argument("credential", type=click.UUID)
@click.option("--reason", help="Recorded with it.")
@_of_workspace
def revoke_key(credential: UUID, reason: str | None, chosen: UUID | None) -> None:
    async def revoke(ledger: Ledger) -> bool:
        return await members.revoke_key(ledger, await workspace_of(ledger, chosen), credential, reason)

    if not _with_ledger(revoke):
        raise StartRefusal(f"There is no key {credential} in use: `throughline key list` shows them.")
    click.echo(f"revoked {credential}")


@workspace.command("create", help="Make a workspace, and print its first owner key, once.")
@click.argument("name")
def create_workspace(name: str) -> None:
    async def create(ledger: Ledger) -> tuple[UUID, str]:
        return await members.create_workspace(ledger, name)

    made, owner_key = _with_ledger(create)
    click.echo(f"{made}\n{owner_key}")


@workspace.command("list", help="List all workspaces with their number of facts.")
def list_workspaces() -> None:
    for one, name, facts in _with_ledger(lambda ledger: ledger.workspaces()):
        click.echo(f"{one}  {facts:>9} facts  {name}")


def _with_ledger(act: Callable[[Ledger], Awaitable[T]]) -> T:
    settings = read_settings(os.environ)
    with prepared(settings, purpose="key") as ready:

        async def run() -> T:
            async with Ledger.open(ready.dsn, ready.master_key, settings) as ledger:
                return await act(ledger)

        try:
            return asyncio.run(run())
        except StoreUnavailable:
            raise StartRefusal("PostgreSQL did not answer in time: try again.") from None


async def workspace_of(ledger: Ledger, chosen: UUID | None) -> UUID:
    """The workspace a command was told, or the only one there is; raises `StartRefusal`."""
    known = [one for one, _, _ in await ledger.workspaces()]
    if chosen is not None:
        if chosen not in known:
            raise StartRefusal(f"There is no workspace {chosen}: `throughline workspace list` shows them.")
        return chosen
    if len(known) == 1:
        return known[0]
    if not known:
        raise StartRefusal("There is no workspace yet: `throughline workspace create NAME` makes one.")
    raise StartRefusal(
        "There are several workspaces: name one with --workspace; `throughline workspace list` shows them."
    )


def _state(expires_at: datetime | None, revoked_at: datetime | None) -> str:
    if revoked_at is not None:
        return f"revoked {revoked_at:%Y-%m-%d}"
    return "in use" if expires_at is None else f"until {expires_at:%Y-%m-%d}"
