"""`throughline log`: the keys that sign checkpoints, for whoever runs the service, on its own machine."""

from uuid import UUID

import click

from service.faults import StartRefusal
from service.keys import of_workspace, with_ledger, workspace_of
from service.ledger.ledger import Ledger
from service.ledger.log_keys import LogKey


@click.group(help="List, add and retire the keys that sign a workspace's checkpoints.")
def log() -> None:
    """The group itself does nothing."""


@log.command("keys", help="List the keys, the oldest first, as verifiers take them.")
@of_workspace
def list_log_keys(chosen: UUID | None) -> None:
    async def read(ledger: Ledger) -> list[LogKey]:
        return await ledger.checkpoints.keys.published(await workspace_of(ledger, chosen))

    for key in with_ledger(read):
        state = "signs" if key.retired_at is None else f"retired {key.retired_at:%Y-%m-%d}"
        click.echo(f"{key.generation:>3}  {state:18}  {key.key}")


@log.command("rotate", help="Add a key: from the next checkpoint on it signs beside those in use.")
@of_workspace
def rotate_log_key(chosen: UUID | None) -> None:
    async def rotate(ledger: Ledger) -> LogKey:
        return await ledger.checkpoints.keys.rotate(await workspace_of(ledger, chosen))

    key = with_ledger(rotate)
    click.echo(f"{key.key}\nPublish it, and retire the older one once those who check know it.")


@log.command("retire", help="Let an older key sign no more, by its number in the list.")
@click.argument("generation", type=click.IntRange(1))
@of_workspace
def retire_log_key(generation: int, chosen: UUID | None) -> None:
    async def retire(ledger: Ledger) -> bool:
        return await ledger.checkpoints.keys.retire(await workspace_of(ledger, chosen), generation)

    if not with_ledger(retire):
        raise StartRefusal(f"Key {generation} does not sign, or no later one does: `throughline log rotate` adds one.")
    click.echo(f"retired {generation}")
