"""`throughline verify`: one exit code for each thing that can be wrong, and nothing but files needed."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.proof.checkpoint import Checkpoint
from service.proof.command import command as verify
from service.proof.flaws import FLAW_KINDS
from service.proof.note import Signer, sign
from service.proof.tiles import consistency_path
from tests.proof.conftest import ORIGIN, SIGNER, Log
from tests.running import ROOT, command

BUNDLE = "bundle.jsonl"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / BUNDLE
    file.write_bytes(Log().stream_bundle())
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(one) for one in arguments])


def changed(bundle: Path, old: str, new: str) -> Path:
    text = bundle.read_text()
    assert old in text
    bundle.write_text(text.replace(old, new, 1))
    return bundle


def kept(folder: Path, checkpoint: Checkpoint, signer: Signer = SIGNER) -> Path:
    file = folder / "checkpoint"
    file.write_text(sign(checkpoint.text, [signer]))
    return file


def test_a_sound_bundle_as_a_command_without_any_setting(bundle: Path, tmp_path: Path) -> None:
    ended = command(tmp_path / "data", "verify", str(bundle), environment={"DATABASE_URL": "nowhere"})
    assert ended.returncode == 0, ended.stderr
    assert "all 4 facts up to a log of 12 are as they were signed for" in ended.stdout
    assert SIGNER.verifier.text in ended.stdout
    assert "the bundle's own word" in ended.stdout
    assert not (tmp_path / "data").exists()


def test_with_a_key_that_is_known_the_bundles_word_is_not_needed(bundle: Path) -> None:
    known = run(bundle, "--key", SIGNER.verifier.text)
    assert known.exit_code == 0
    assert "own word" not in known.output
    other = run(bundle, "--key", Signer(ORIGIN, bytes(32)).verifier.text)
    assert other.exit_code == 11
    assert run(bundle, "--key", "nonsense").exit_code == 2


def test_each_flaw_has_its_code(bundle: Path, tmp_path: Path) -> None:
    text = bundle.read_text()
    lines = text.splitlines(keepends=True)
    cases = {
        10: text[:-3],
        11: text.replace(ORIGIN + r"\n12", ORIGIN + r"\n13", 1),
        12: text.replace(r"{\"envelope\":3}", r"{\"envelope\":4}", 1),
        13: text.replace(r"09:03:00", r"09:04:00", 1),
        15: "".join([*lines[:3], *lines[4:-1], '{"line":"end","events":3,"receipts":0}\n']),
        16: text.replace('"path":["00', '"path":["01', 1),
    }
    for code, broken in cases.items():
        assert broken != text
        bundle.write_text(broken)
        ended = run(bundle)
        assert (code, ended.exit_code) == (code, code), ended.output
        assert ended.output.startswith("throughline: ")


def test_the_first_wrong_fact_is_named(bundle: Path) -> None:
    ended = run(changed(bundle, r"09:06:00", r"09:07:00"))
    assert re.search(r"fact 3 of deal/\S+, at position 6 is not the one in the log", ended.output)


def test_against_an_older_checkpoint(bundle: Path, tmp_path: Path) -> None:
    manifest = bundle.read_text().splitlines()[0]
    root = re.search(r"\\n12\\n([^\\]+)\\n", manifest)
    assert root
    older = tmp_path / "older"
    older.write_text(Log().note)
    assert "continuation of the older checkpoint, of 12 facts" in run(bundle, "--against", older).output
    same = Checkpoint.parse(Log().note.partition("\n\n")[0] + "\n")
    for size, wrong_root, code in [(13, same.root, 19), (12, bytes(32), 18), (5, same.root, 20)]:
        forged = Checkpoint(ORIGIN, size, wrong_root, same.streams_root)
        assert run(bundle, "--against", kept(tmp_path, forged)).exit_code == code
    assert run(bundle, "--against", kept(tmp_path, same, Signer(ORIGIN, bytes(32)))).exit_code == 11
    assert run(bundle, "--against", bundle).exit_code == 0


def test_what_carries_a_checkpoint_is_as_good_as_the_checkpoint(bundle: Path, tmp_path: Path) -> None:
    """Answers to push and pull, a proof of a stream, a receipt, another bundle."""
    note = Log().note
    for kept_as in (
        {"events": [], "checkpoint": {"position": 3, "mark": None}, "signed_checkpoint": note},
        {"stream_id": "deal/x", "checkpoint": note},
    ):
        for written in (json.dumps(kept_as), json.dumps(kept_as, indent=1)):
            (tmp_path / "kept").write_text(written)
            assert (
                "continuation of the older checkpoint, of 12 facts"
                in run(bundle, "--against", tmp_path / "kept").output
            )
    for nothing in ("{}", '{"signed_checkpoint":null}', "[" * 100_000, "{" * 100_000):
        (tmp_path / "kept").write_text(nothing)
        assert run(bundle, "--against", tmp_path / "kept").exit_code in (10, 11)
    (tmp_path / "kept").write_bytes(b"\xff")
    assert run(bundle, "--against", tmp_path / "kept").exit_code == 2


def proof(log: Log, folder: Path, old: int, new: int) -> Path:
    path = [one.hex() for one in consistency_path(old, new, log.nodes.node)]
    file = folder / "proof.json"
    file.write_text(json.dumps({"from": old, "to": new, "path": path}))
    return file


def test_two_checkpoints_and_the_proof_between_them_need_no_bundle(tmp_path: Path) -> None:
    log = Log()
    key = SIGNER.verifier.text
    now, older = tmp_path / "now", tmp_path / "older"
    now.write_text(log.note)
    for old in range(1, 13):
        older.write_text(log.checkpoint_at(old))
        said = run(now, "--against", older, "--proof", proof(log, tmp_path, old, 12), "--key", key)
        assert said.exit_code == 0, said.output
        assert f"the log of 12 facts is a continuation of the older checkpoint, of {old} facts" in said.output
    older.write_text(log.checkpoint_at(5))
    good = proof(log, tmp_path, 5, 12)
    assert run(now, "--against", older, "--proof", good).exit_code == 2
    assert run(now, "--proof", good, "--key", key).exit_code == 2
    assert run(older, "--against", now, "--proof", good, "--key", key).exit_code == 19
    assert run(now, "--against", older, "--proof", proof(log, tmp_path, 6, 12), "--key", key).exit_code == 20
    assert run(now, "--against", older, "--proof", older, "--key", key).exit_code == 10
    other = Signer(ORIGIN, bytes(32)).verifier.text
    assert run(now, "--against", older, "--proof", good, "--key", other).exit_code == 11
    good = proof(log, tmp_path, 5, 12)
    forged = Checkpoint(ORIGIN, 5, bytes(32), bytes(32))
    assert run(now, "--against", kept(tmp_path, forged), "--proof", good, "--key", key).exit_code == 18
    good.write_text(good.read_text().replace('"path": ["', '"path": ["0', 1))
    assert run(now, "--against", older, "--proof", good, "--key", key).exit_code == 10


def test_a_file_that_is_no_bundle(tmp_path: Path) -> None:
    for content in (b"", b"\n", b"{}\n", b"[" * 100_000 + b"\n", b"\xff\xfe\n", b'{"line":"end","events":0}\n'):
        (tmp_path / BUNDLE).write_bytes(content)
        assert run(tmp_path / BUNDLE).exit_code == 10
    assert run(tmp_path / "absent").exit_code == 2


def test_the_documentation_lists_every_code() -> None:
    text = (ROOT / "docs" / "proving.md").read_text("utf-8")
    listed = re.findall(r"^\| (\d+) \| (\w+) \| (.+) \|$", text, flags=re.MULTILINE)
    assert listed == [(str(kind.exit_code), kind.name, kind.meaning) for kind in FLAW_KINDS]
    assert len({kind.exit_code for kind in FLAW_KINDS}) == len(FLAW_KINDS)
