"""Two verifiers that share no line of code, ours and the example in JavaScript, take and refuse the same bundles."""

import random
import shutil
import subprocess
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pytest

from service.proof.command import lines_of
from service.proof.flaws import Flaw
from service.proof.verifying import verify
from tests.proof.conftest import Log
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


def theirs(folder: Path, bundles: Iterable[bytes]) -> list[str]:
    files = []
    for number, bundle in enumerate(bundles):
        files.append(folder / f"{number}.jsonl")
        files[-1].write_bytes(bundle)
    ended = subprocess.run(
        ["node", ROOT / "examples" / "verify.mjs", *files],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    said = ended.stdout.splitlines()
    assert len(said) == len(files), ended.stderr
    return ["taken" if one.startswith("all ") else one for one in said]


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
def test_both_take_what_is_sound(made_log: Log, tmp_path: Path) -> None:
    bundles = [made_log.stream_bundle(), made_log.log_bundle()]
    assert theirs(tmp_path, bundles) == [ours(bundle) for bundle in bundles] == ["taken", "taken"]


@node
def test_both_refuse_the_same_of_two_hundred_mutations(made_log: Log, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    sound = [made_log.stream_bundle(), made_log.log_bundle()]
    bundles = [mutated(sound[number % 2], chance) for number in range(MUTATIONS)]
    said = theirs(tmp_path, bundles)
    differing = [
        (number, our, their)
        for number, (bundle, their) in enumerate(zip(bundles, said, strict=True))
        if ((our := ours(bundle)) == "taken") != (their == "taken")
    ]
    assert not differing
    taken = [number for number, one in enumerate(said) if one == "taken"]
    # Some changes change nothing that is claimed: a digit by itself, the name of what may be left out.
    assert len(taken) < MUTATIONS / 4


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
