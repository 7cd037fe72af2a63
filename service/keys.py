"""`throughline key`, `member` and `workspace`: for whoever runs the service, on its own machine."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar, get_args
from uuid import UUID

import click

from domain.facts import Role
from domain.refusals import Refusal
from projections.members import Member, MemberRole
from projections.members import members as members_of
from service.faults import StartRefusal
from service.ids import new_id
from service.ledger import members
from service.ledger.credentials import Credential
from service.ledger.ledger import Ledger
from service.ledger.refusals import StoreUnavailable
from service.settings import read_settings
from service.start import prepared

T = TypeVar("T")
EXPIRY_DAYS_MAX = 3_650  # ten years: whoever wants more gives no expiry
OVERLAP_HOURS_MAX = 720  # a month: as long as two keys for one should be about
ROLES = list(get_args(MemberRole))
STREAM = re.compile(r"(deal|goal)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@click.group(help="Make, list, rotate, expire and revoke keys to the service.")
def key() -> None:
    """The group itself does nothing."""


@click.group(help="Add, list and remove members of a workspace, and give them roles.")
def member() -> None:
    """The group itself does nothing."""


@click.group(help="Make and list workspaces.")
def workspace() -> None:
    """The group itself does nothing."""


of_workspace = click.option("--workspace", "chosen", type=click.UUID, help="The workspace, when there are several.")
_reason = click.option("--reason", help="Recorded with it.")


@key.command("create", help="Make a key and print it, once. Whoever is no member becomes one, except a guest.")
@click.option("--role", type=click.Choice([*ROLES, "guest"]), default="member", show_default=True)
@click.option("--name", required=True, help="Whose key it is, as the list shows it.")
@click.option("--party", type=click.UUID, help="The party it is for; a new one when absent.")
@click.option("--stream", help="The one stream of a guest, such as deal/0193a000-0000-7000-8000-00000000d0a1.")
@click.option(
    "--days", type=click.IntRange(1, EXPIRY_DAYS_MAX), help="After how many days it expires; never when absent."
)
@click.option("--agent", is_flag=True, help="For a program that acts for the party: its facts say so of their actor.")
@of_workspace
def create_key(
    role: Role,
    name: str,
    party: UUID | None,
    stream: str | None,
    days: int | None,
    agent: bool,
    chosen: UUID | None,
) -> None:
    if (role == "guest") != (stream is not None) or (role == "guest" and party is None):
        raise StartRefusal("A guest's key, and no other, is for one --stream, and for a --party who takes part in it.")
    if stream is not None and not STREAM.fullmatch(stream):
        raise StartRefusal(f"{stream} is no stream: name it as deal/ or goal/ and its id.")

    async def create(ledger: Ledger) -> str:
        workspace_id = await workspace_of(ledger, chosen)
        there = next((one for one in await _members(ledger, workspace_id) if one.party_id == party), None)
        if there is not None and role not in (there.role, "guest"):
            raise StartRefusal(
                f"{party} is a member in the role {there.role}: `throughline member role` gives another to them and "
                "their keys."
            )
        expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
        return await members.issue_key(
            ledger,
            workspace_id,
            role=role,
            name=name,
            party_id=party,
            expires_at=expires_at,
            stream_id=stream,
            kind="agent" if agent else None,
        )

    click.echo(with_ledger(create))


@key.command("list", help="List the newest 500 keys; secrets are not stored and cannot be shown.")
@of_workspace
def list_keys(chosen: UUID | None) -> None:
    async def read(ledger: Ledger) -> list[str]:
        keys = await members.keys(ledger, await workspace_of(ledger, chosen))
        return [
            f"{one.credential_id}  {one.role:8}  {one.party_kind:7}  {_state(one.expires_at, one.revoked_at):20}  "
            f"{_used(one):15}  party {one.party_id}  {one.name}{f'  ({one.stream_id})' if one.stream_id else ''}"
            for one in keys
        ]

    for line in with_ledger(read):
        click.echo(line)


@key.command("rotate", help="Make another key for the same and print it, once; the old one ends after the overlap.")
@click.argument("credential", type=click.UUID)
@click.option(
    "--overlap-hours", type=click.IntRange(0, OVERLAP_HOURS_MAX), default=24, show_default=True, help="Both work."
)
@of_workspace
def rotate_key(credential: UUID, overlap_hours: int, chosen: UUID | None) -> None:
    async def rotate(ledger: Ledger) -> str | None:
        workspace_id = await workspace_of(ledger, chosen)
        old = await ledger.credentials.page(workspace_id, credential_id=credential)
        if not old or old[0].revoked_at is not None:
            return None
        until = datetime.now(UTC) + timedelta(hours=overlap_hours)
        return await members.rotate_key(ledger, workspace_id, old[0], until)

    made = with_ledger(rotate)
    if made is None:
        raise StartRefusal(f"There is no key {credential} in use: `throughline key list` shows them.")
    click.echo(made)


@key.command("expire", help="Let a key open nothing from a moment on; no key is ever prolonged.")
@click.argument("credential", type=click.UUID)
@click.option("--days", type=click.IntRange(0, EXPIRY_DAYS_MAX), required=True, help="From now; 0 ends it now.")
@_reason
@of_workspace
def expire_key(credential: UUID, days: int, reason: str | None, chosen: UUID | None) -> None:
    at = datetime.now(UTC) + timedelta(days=days)

    async def expire(ledger: Ledger) -> bool:
        return await members.end_key(ledger, await workspace_of(ledger, chosen), credential, at, reason)

    if not with_ledger(expire):
        raise StartRefusal(f"There is no key {credential} in use: `throughline key list` shows them.")
    click.echo(f"{credential} opens nothing after {at:%Y-%m-%d %H:%M} UTC")


@key.command("revoke", help="Make a key open nothing any more.")
@click.argument("credential", type=click.UUID)
@_reason
@of_workspace
def revoke_key(credential: UUID, reason: str | None, chosen: UUID | None) -> None:
    async def revoke(ledger: Ledger) -> bool:
        return await members.revoke_key(ledger, await workspace_of(ledger, chosen), credential, reason)

    if not with_ledger(revoke):
        raise StartRefusal(f"There is no key {credential} in use: `throughline key list` shows them.")
    click.echo(f"revoked {credential}")


@member.command("list", help="List all members.")
@of_workspace
def list_members(chosen: UUID | None) -> None:
    async def read(ledger: Ledger) -> list[Member]:
        return await _members(ledger, await workspace_of(ledger, chosen))

    for one in with_ledger(read):
        click.echo(f"{one.party_id}  {one.role:8}  since {one.joined_at:%Y-%m-%d}  {one.name or ''}")


@member.command("add", help="Add a member and print the party's id; `throughline key create --party` makes the key.")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--party", type=click.UUID, help="The party it is; a new one when absent.")
@click.option("--subject", help="Instead of --party: who it is to the issuer of identity tokens, their `sub`.")
@of_workspace
def add_member(name: str, role: Role, party: UUID | None, subject: str | None, chosen: UUID | None) -> None:
    known_as = None if subject is None else _of_subject(subject, party)

    async def add(ledger: Ledger) -> UUID:
        party_id = party or known_as or new_id(datetime.now(UTC))
        await members.add_member(ledger, await workspace_of(ledger, chosen), party_id, name, role)
        return party_id

    click.echo(with_ledger(add))


@member.command("role", help="Give a member, and all their keys, another role.")
@click.argument("party", type=click.UUID)
@click.argument("role", type=click.Choice(ROLES))
@of_workspace
def change_role(party: UUID, role: Role, chosen: UUID | None) -> None:
    async def change(ledger: Ledger) -> None:
        await members.change_role(ledger, await workspace_of(ledger, chosen), party, role)

    with_ledger(change)
    click.echo(f"{party} is now {role}")


@member.command("remove", help="Remove a member and revoke all their keys.")
@click.argument("party", type=click.UUID)
@_reason
@of_workspace
def remove_member(party: UUID, reason: str | None, chosen: UUID | None) -> None:
    async def remove(ledger: Ledger) -> int:
        return len(await members.remove_member(ledger, await workspace_of(ledger, chosen), party, reason))

    click.echo(f"removed {party} and revoked {with_ledger(remove)} keys")


def _of_subject(subject: str, party: UUID | None) -> UUID:
    """The party of an issuer's subject, as its tokens name it where no claim holds the party."""
    from service.oidc.mapping import party_of

    settings = read_settings(os.environ)
    if party is not None or settings.oidc_issuer is None or settings.oidc_party_claim is not None:
        raise StartRefusal(
            "--subject stands for the party that THROUGHLINE_OIDC_ISSUER's tokens name where no claim does: it needs "
            "that setting, without THROUGHLINE_OIDC_PARTY_CLAIM, and no --party."
        )
    return party_of(settings.oidc_issuer, subject)


async def _members(ledger: Ledger, workspace_id: UUID) -> list[Member]:
    stream = await members.members_now(ledger, workspace_id)
    return [] if stream is None else members_of(stream)


@workspace.command("create", help="Make a workspace, and print its first owner key, once.")
@click.argument("name")
def create_workspace(name: str) -> None:
    async def create(ledger: Ledger) -> tuple[UUID, str]:
        return await members.create_workspace(ledger, name)

    made, owner_key = with_ledger(create)
    click.echo(f"{made}\n{owner_key}")


@workspace.command("list", help="List all workspaces with their number of facts.")
def list_workspaces() -> None:
    for one, name, facts in with_ledger(lambda ledger: ledger.workspaces()):
        click.echo(f"{one}  {facts:>9} facts  {name}")


def with_ledger(act: Callable[[Ledger], Awaitable[T]]) -> T:
    """What a command does with a ledger over the database that the settings name."""
    settings = read_settings(os.environ)
    with prepared(settings, purpose="key") as ready:

        async def run() -> T:
            async with Ledger.open(ready.dsn, ready.master_key, settings) as ledger:
                return await act(ledger)

        try:
            return asyncio.run(run())
        except StoreUnavailable:
            raise StartRefusal("PostgreSQL did not answer in time: try again.") from None
        except Refusal as refusal:
            raise StartRefusal(f"{refusal.detail} {refusal.accepted}") from None


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


def _used(one: Credential) -> str:
    return "never used" if one.last_used_at is None else f"used {one.last_used_at:%Y-%m-%d}"
