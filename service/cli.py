"""The command `throughline`: names and descriptions. A command lives with its subject and is loaded when called."""

import importlib
import os
import sys

import click

from service import __version__
from service.faults import StartRefusal
from service.settings import read_settings, settings_table

EXIT_REFUSED = 2

ELSEWHERE = {
    "backup": ("service.backup.commands:backup", "Copy the database while the service runs."),
    "demo": ("service.demo.command:demo", "Fill a running service with an example to look at."),
    "doctor": ("service.doctor.command:command", "Check all that the service stands on, and say what to do."),
    "import": ("service.imports.command:import_", "Import the events of another system's export."),
    "key": ("service.keys:key", "Make, list, rotate, expire and revoke keys to the service."),
    "member": ("service.keys:member", "Add, list and remove members, and give them roles."),
    "log": ("service.signing:log", "List, add and retire the keys that sign checkpoints."),
    "openapi": ("service.http.openapi:command", "Write the OpenAPI document."),
    "replay": ("service.replaying.command:command", "Walk through a deal or a goal, step by step."),
    "restore": ("service.backup.commands:restore", "Fill an empty database from a backup."),
    "restore-erasures": (
        "service.erasures:command",
        "Erase again, on a restored backup, what was erased after it was taken.",
    ),
    "policy": ("service.policy_commands:policy", "List, compare and publish policies of trust."),
    "serve": ("service.serve:command", "Run the service."),
    "verify": ("service.proof.command:command", "Check an exported bundle, offline."),
    "workspace": ("service.keys:workspace", "Make and list workspaces."),
}
"""name -> where its click command is, and what the list of commands says of it."""


class LazyGroup(click.Group):
    """A group whose commands' modules are imported when they are called, not to list them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = ELSEWHERE[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{module}:{name} is not a click command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            here = self.commands.get(name)
            rows.append((name, here.get_short_help_str() if here else ELSEWHERE[name][1]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, help="Records what was found out, refused and promised, and answers what follows from it.")
@click.version_option(__version__, prog_name="throughline")
def cli() -> None:
    """The group itself does nothing."""


@cli.command(help="Bring the database to what this version needs.")
def migrate() -> None:
    from service.start import migrate_alone

    applied = migrate_alone(read_settings(os.environ))
    click.echo("applied: " + ", ".join(applied) if applied else "nothing to do: the database is up to date")


@cli.command(help="List all settings as a Markdown table.")
def settings() -> None:
    click.echo(settings_table(), nl=False)


def main() -> None:
    """Run a command; what keeps it from starting is told in sentences, with exit code 2."""
    try:
        cli(prog_name="throughline")
    except StartRefusal as refusal:
        for sentence in refusal.sentences:
            click.echo(f"throughline: {sentence}", err=True)
        sys.exit(EXIT_REFUSED)
