"""`throughline policy`: which policies there are, what another one would change, and putting one on record."""

import os
from pathlib import Path
from uuid import UUID

import click

from projections.trust.compared import ScoreCompared, compared, largest
from projections.trust.policy import BUILT_IN, Policy
from service.faults import StartRefusal
from service.keys import of_workspace, with_ledger, workspace_of
from service.ledger.ledger import Ledger
from service.ledger.publishing import publish, service_of
from service.ledger.refusals import EventIdReused
from service.policies import Registry, read_file, registered
from service.settings import read_settings

ENDED_LIFECYCLES = frozenset({"completed", "cancelled"})

Row = tuple[str, list[ScoreCompared]]


@click.group(help="List, compare and publish the policies that trust and signals are reckoned under.")
def policy() -> None:
    """The group itself does nothing."""


@policy.command("list", help="List the policies: key, SHA-256 of the document, and whether it is built in.")
def list_policies() -> None:
    for one in _registry().values():
        click.echo(f"{one.key:24}  {one.digest}  {'built in' if one.key in BUILT_IN else 'from THROUGHLINE_POLICIES'}")


@policy.command(
    "diff",
    help="""Show every open deal and goal of a workspace under two policies, the largest change first.

    FIRST and SECOND are keys such as trust/1, or files. A line is a stream, a dimension, its score and label under
    the first and under the second, and the change. Streams that read the same are only counted.
    """,
)
@click.argument("first")
@click.argument("second")
@of_workspace
def diff(first: str, second: str, chosen: UUID | None) -> None:
    registry = _registry()
    before, after = _named(first, registry), _named(second, registry)

    async def compare(ledger: Ledger) -> list[Row]:
        return await rows(ledger, await workspace_of(ledger, chosen), before, after)

    found = with_ledger(compare)
    changed = [row for row in found if any(one.first != one.second for one in row[1])]
    for stream_id, scores in changed:
        for one in scores:
            click.echo(
                f"{stream_id}  {one.dimension:7}  {one.first:.6f} {one.first_label:10}  "
                f"{one.second:.6f} {one.second_label:10}  {one.change:+.6f}"
            )
    click.echo(f"{len(changed)} of {len(found)} open streams read otherwise under {after.key} than under {before.key}")


async def rows(ledger: Ledger, workspace_id: UUID, first: Policy, second: Policy) -> list[Row]:
    """Every open stream's scores under both, of the facts that everybody in the workspace sees; largest change first,
    equal ones by stream."""
    found = [
        (view.stream.stream_id, compared(view.stream, first, second, view.at))
        async for view in ledger.views(service_of(workspace_id))
        if view.stream.closed is None and view.stream.lifecycle not in ENDED_LIFECYCLES
    ]
    return sorted(found, key=lambda row: (-largest(row[1]), row[0]))


@policy.command(
    "publish", help="Record on the workspace's own stream that a policy is in force. Once: again is no harm."
)
@click.argument("key")
@of_workspace
def publish_policy(key: str, chosen: UUID | None) -> None:
    registry = _registry()
    if key not in registry:
        raise StartRefusal(f"There is no policy {key}: `throughline policy list` shows them.")
    published = registry[key]

    async def record(ledger: Ledger) -> bool:
        try:
            return await publish(ledger, await workspace_of(ledger, chosen), published)
        except EventIdReused:
            raise StartRefusal(
                f"Another {key} was published in this workspace: a published policy never changes, so give this one "
                "another version."
            ) from None

    recorded = with_ledger(record)
    click.echo(f"published {key}, {published.digest}" if recorded else f"{key} was published before")


def _registry() -> Registry:
    return registered(read_settings(os.environ).policies)


def _named(text: str, registry: Registry) -> Policy:
    """The policy of a key, or in a file."""
    if text in registry:
        return registry[text]
    if Path(text).is_file():
        return read_file(Path(text))
    raise StartRefusal(f"There is no policy {text}, and no file of that name: `throughline policy list` shows them.")
