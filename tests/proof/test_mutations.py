"""Each kind of change to a bundle is found out for what it is, by name; both verifiers refuse it."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from service.proof.checkpoint import Checkpoint
from service.proof.command import command as verify
from service.proof.note import sign
from tests.proof.conftest import ORIGIN, SIGNER, ToldLog
from tests.proof.mutations import TABLE, Mutation, mutated, page
from tests.proof.test_two_verifiers import theirs
from tests.running import ROOT

PAGE = ROOT / "docs" / "proving.md"


def older(log: ToldLog, mutation: Mutation, folder: Path) -> Path | None:
    if mutation.older is None:
        return None
    note = log.checkpoint_at(mutation.older)
    if mutation.forged:
        note = sign(Checkpoint(ORIGIN, mutation.older, bytes(32), bytes(32)).text, [SIGNER])
    file = folder / "kept"
    file.write_text(note)
    return file


def ended(log: ToldLog, mutation: Mutation, folder: Path) -> tuple[int, str]:
    """What the command ends with, and says."""
    bundle = folder / "bundle.jsonl"
    bundle.write_bytes(mutated(log, mutation))
    kept = older(log, mutation, folder)
    found = CliRunner().invoke(verify, [str(bundle), *([] if kept is None else ["--against", str(kept)])])
    assert not isinstance(found.exception, Exception), found.exception
    return found.exit_code, found.output


@pytest.mark.parametrize("mutation", TABLE, ids=lambda one: one.what)
def test_each_change_is_found_out_for_what_it_is(told_log: ToldLog, mutation: Mutation, tmp_path: Path) -> None:
    code, said = ended(told_log, mutation, tmp_path)
    assert code == (0 if mutation.kind is None else mutation.kind.exit_code), said


def codes(log: ToldLog) -> dict[str, int]:
    """What the command ends with, change by change."""
    with TemporaryDirectory() as folder:
        return {mutation.what: ended(log, mutation, Path(folder))[0] for mutation in TABLE}


def test_the_documentation_shows_the_table(told_log: ToldLog) -> None:
    assert page(codes(told_log)) in PAGE.read_text("utf-8"), "run `python -m tests.proof.mutations`"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on PATH")
def test_the_other_verifier_refuses_the_same(told_log: ToldLog, tmp_path: Path) -> None:
    compared = [mutation for mutation in TABLE if mutation.older is not None]
    alone = [mutation for mutation in TABLE if mutation.older is None]
    said = theirs(tmp_path, [mutated(told_log, mutation) for mutation in alone])
    for mutation in compared:
        said += theirs(tmp_path, [mutated(told_log, mutation)], older(told_log, mutation, tmp_path))
    for mutation, one in zip(alone + compared, said, strict=True):
        assert (one == "taken") is (mutation.kind is None), (mutation.what, one)
