"""`python -m benchmarks`: measures, prints the table, writes benchmarks/RESULTS.md."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from benchmarks import directus, extents, following, growth, importing, machine, postgres, rounds, starting, story, two
from benchmarks.bench import Bench
from benchmarks.load.sending import installed_sender
from benchmarks.report import markdown
from benchmarks.rows import Measured, rows
from benchmarks.sizes import FULL, QUICK

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = ("append", "get", "page", "two", "start", "import", "follow", "story")
GROWTH = ("growth", "extents")
ON_DISK = Path("/var/tmp")  # noqa: S108  # kept over restarts, so that it is a disk and not memory: fsync has its price


@click.command(help="Measure the service beside its alternatives on this machine; about eight minutes.")
@click.option(
    "--growth",
    "with_growth",
    is_flag=True,
    help="Also a million facts, 10,000 on one deal, 100,000 deals: about fifteen minutes more.",
)
@click.option(
    "--directus",
    "with_directus",
    is_flag=True,
    help="Also Directus in the appends: npm installs it at the first use, about 700 MB in the cache folder.",
)
@click.option("--quick", is_flag=True, help="One short round with little in it, to see that everything runs.")
@click.option("--rounds", "rounds_", type=click.IntRange(1, 50), help="How often each measurement is repeated.")
@click.option("--seconds", type=click.IntRange(1, 120), help="How long each one takes.")
@click.option("--only", type=click.Choice(PARTS + GROWTH), multiple=True, help="Only these parts; may be repeated.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead.")
def main(
    *,
    with_growth: bool,
    with_directus: bool,
    quick: bool,
    rounds_: int | None,
    seconds: int | None,
    only: tuple[str, ...],
    out: Path | None,
) -> None:
    sizes = QUICK if quick else FULL
    sizes = replace(sizes, rounds=rounds_ or sizes.rounds, seconds=seconds or sizes.seconds)
    wanted = set(only or PARTS) | set(GROWTH if with_growth else ())
    if with_directus:
        if "append" not in wanted:
            raise click.UsageError("Directus takes part in the appends only.")
        click.echo("Looking for Directus; its first installation takes some minutes.")
        directus.installed()
        wanted.add(rounds.DIRECTUS)
    measured = Measured()
    target = out or (None if quick or only else RESULTS)
    with _folder() as folder, postgres.running(folder) as server:
        bench = Bench(server, installed_sender(folder), sizes, folder)
        click.echo(f"Load comes from {bench.sender.name}.")
        measured.results = rounds.run(bench, wanted, click.echo)
        for part, name, measure in (
            ("two", "sharing", lambda: two.sharing(bench, click.echo)),
            ("start", "starts", lambda: starting.starts(bench)),
            ("import", "imports", lambda: importing.imports(bench)),
            ("follow", "followed", lambda: following.followed(bench)),
            ("story", "story", lambda: story.story(bench)),
            ("growth", "growth", lambda: growth.growth(bench, click.echo)),
            ("extents", "extents", lambda: extents.extents(bench, click.echo)),
        ):
            if part in wanted:
                setattr(measured, name, measure())
            text = markdown(machine.described(bench), rows(measured, sizes), measured.results)
            if target is not None:  # after each part, so that what fails late takes nothing along
                target.write_text(text)
    click.echo("\n" + text)
    click.echo(
        "Not all of it was measured in full: nothing was written." if target is None else f"Written to {target}."
    )


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may pass through when this runs as root."""
    folder = Path(tempfile.mkdtemp(prefix="throughline-bench-", dir=ON_DISK if ON_DISK.is_dir() else None))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
