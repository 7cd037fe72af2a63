"""Two verifiers that share no line of code, ours and the example in JavaScript, take and refuse the same bundles."""

import random
import shutil
import subprocess
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest

from projections.trust.policy import TRUST_1
from service.proof.command import lines_of
from service.proof.flaws import Flaw
from service.proof.verifying import verify
from tests.proof.conftest import Log, ToldLog
from tests.running import ROOT

# Fixed, so that a run says the same about the same code.
SEED = 20260501
MUTATIONS = 200
DEADLINE_S = 120

node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not on PATH")


def ours(bundle: bytes) -> str:
    try:
        verify(lines_of(BytesIO(bundle)))
    except Flaw as flaw:
        return f"refused: {flaw.kind.name}"
    return "taken"


def theirs(folder: Path, bundles: Iterable[bytes], older: Path | None = None) -> list[str]:
    files = []
    for number, bundle in enumerate(bundles):
        files.append(folder / f"{number}.jsonl")
        files[-1].write_bytes(bundle)
    kept: list[str | Path] = [] if older is None else ["--against", older]
    ended = subprocess.run(
        ["node", ROOT / "examples" / "verify.mjs", *kept, *files],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    said = ended.stdout.splitlines()
    assert len(said) == len(files), ended.stderr
    return ["taken" if one.startswith("all ") else one for one in said]


def without_receipts(bundle: bytes) -> list[bytes]:
    return [line for line in bundle.splitlines() if not line.startswith(b'{"line":"receipt"')]


def mutated(bundle: bytes, chance: random.Random) -> bytes:
    """One small change: a byte, a digit, a character gone, or a line gone, doubled or moved."""
    kind = chance.randrange(7)
    if kind < 3:
        place = chance.randrange(len(bundle))
        with_digit = kind == 0
        while with_digit and chr(bundle[place]) not in "0123456789abcdef":
            place = chance.randrange(len(bundle))
        put = ord(chance.choice("0123456789abcdef")) if with_digit else chance.randrange(256)
        return bundle[:place] + (b"" if kind == 2 else bytes([put])) + bundle[place + 1 :]
    lines = bundle.splitlines(keepends=True)
    first, second = chance.sample(range(len(lines)), 2)
    if kind == 3:
        del lines[first]
    elif kind == 4:
        lines.insert(second, lines[first])
    elif kind == 5:
        lines[first], lines[second] = lines[second], lines[first]
    else:
        return bundle[: chance.randrange(len(bundle))]
    return b"".join(lines)


@node
def test_both_take_what_is_sound(made_log: Log, told_log: ToldLog, tmp_path: Path) -> None:
    bundles = [one for log in (made_log, told_log) for one in (log.stream_bundle(), log.log_bundle())]
    assert theirs(tmp_path, bundles) == [ours(bundle) for bundle in bundles] == ["taken"] * 4


@node
def test_both_compare_a_kept_checkpoint_with_the_proof_since_then(told_log: ToldLog, tmp_path: Path) -> None:
    for size in (1, 8, 18, told_log.size):
        (tmp_path / "kept").write_text(told_log.checkpoint_at(size))
        bundle = told_log.stream_bundle(since=size)
        wrong = bundle.replace(b'"path":["', b'"path":["0', 1).replace(b'0"]', b'"]', 1)
        bundles = [bundle, told_log.log_bundle(), wrong] if size < told_log.size else [bundle, told_log.log_bundle()]
        said = theirs(tmp_path, bundles, tmp_path / "kept")
        assert said[:2] == ["taken", "taken"], size
        assert said[2:].count("taken") == 0, size
        for one in bundles[:2]:
            assert verify(lines_of(BytesIO(one)), (), (tmp_path / "kept").read_text()).against == size


@node
def test_both_refuse_the_same_of_two_hundred_mutations(made_log: Log, told_log: ToldLog, tmp_path: Path) -> None:
    """In the receipts alone one may take what the other refuses: it does the sums, and does not read the facts."""
    chance = random.Random(SEED)
    sound = [log for made in (made_log, told_log) for log in (made.stream_bundle(), made.log_bundle())]
    bundles = [mutated(sound[number % len(sound)], chance) for number in range(MUTATIONS)]
    said = theirs(tmp_path, bundles)
    differing = [
        number
        for number, (bundle, their) in enumerate(zip(bundles, said, strict=True))
        if (ours(bundle) == "taken") != (their == "taken")
    ]
    for number in differing:
        assert said[number] == "taken"
        assert without_receipts(bundles[number]) == without_receipts(sound[number % len(sound)])
    assert len(differing) < MUTATIONS / 20
    taken = [number for number, one in enumerate(said) if one == "taken"]
    # Some changes change nothing that is claimed: a digit by itself, the name of what may be left out.
    assert len(taken) < MUTATIONS / 4


def test_the_other_verifier_knows_the_policy_that_is_built_in() -> None:
    text = (ROOT / "examples" / "receipt.mjs").read_text("utf-8")
    assert f'const KNOWN = {{ "{TRUST_1.key}": "{TRUST_1.digest}" }};' in text


def test_nothing_that_is_shown_can_be_changed_unnoticed(made_log: Log) -> None:
    """Every character of what facts say, of their leaves and of the signed roots, one after the other."""
    bundle = made_log.stream_bundle()
    lines = bundle.splitlines(keepends=True)
    start = bundle.index(lines[2])
    for place in range(start, start + len(lines[2])):
        change = bundle[:place] + bytes([bundle[place] ^ 1]) + bundle[place + 1 :]
        if ours(change) == "taken":
            # What is not recognised any more is not shown any more, and is proven by its digest alone.
            name = change[start : start + len(lines[2])].decode()
            assert any(known not in name for known in ('"parts"', '"envelope":{', '"structure":{', '"words":{'))
