"""Every kind of change to a bundle, by what `throughline verify` ends with: the table of docs/proving.md."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct

from service.proof.flaws import (
    CHAIN,
    CHANGED,
    CONTENT,
    MALFORMED,
    MISSING,
    POLICY,
    RECEIPT,
    REWRITTEN,
    ROOT,
    SHORTENED,
    TAIL,
    UNCOMPARED,
    UNRECKONED,
    UNSIGNED,
    FlawKind,
)
from service.proof.leaf import leaf_of
from tests.proof.conftest import Log, ToldLog

Lines = list[dict[str, Any]]


class Mutation(Struct, frozen=True):
    """What is changed, in the bundle of a deal (or of the log), and how it is found out. With `older`, the bundle is
    checked against the checkpoint of a log of that size, or against a forged one of it."""

    what: str
    kind: FlawKind | None
    change: Callable[[Lines], None]
    of: str = "deal"
    older: int | None = None
    forged: bool = False


def read(bundle: bytes) -> Lines:
    return [json.loads(line) for line in bundle.splitlines()]


def written(lines: Lines) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for one in lines)


def mutated(log: Log, mutation: Mutation) -> bytes:
    """The bundle with the change."""
    lines = read(log.stream_bundle() if mutation.of == "deal" else log.log_bundle())
    mutation.change(lines)
    return written(lines)


def facts(lines: Lines) -> Lines:
    return [line for line in lines if line["line"] == "event"]


def receipt(lines: Lines) -> dict[str, Any]:
    return next(line for line in lines if line["line"] == "receipt")


def policy(lines: Lines) -> dict[str, Any]:
    return next(line for line in lines if line["line"] == "policy")


def rows(lines: Lines) -> Lines:
    """The rows of the first dimension of the first receipt."""
    found: Lines = receipt(lines)["trust"]["dimensions"][0]["rows"]
    return found


def put(found: dict[str, Any], name: str, value: Any) -> None:
    assert found[name] != value
    found[name] = value


def nothing(_lines: Lines) -> None:
    """What a sound bundle is."""


def _word(lines: Lines) -> None:
    words = next(line["parts"]["words"] for line in facts(lines) if "words" in line["parts"])
    put(words, "text", words["text"].replace("e", "a", 1))


def _time(lines: Lines) -> None:
    fact = facts(lines)[2]
    put(fact, "leaf", fact["leaf"].replace("2026-", "2025-"))


def _chain(lines: Lines) -> None:
    """The third fact rewritten with a leaf of its own, as somebody would who can compute hashes."""
    third, fourth = facts(lines)[2:4]
    put(third, "leaf", third["leaf"].replace("2026-", "2025-"))
    third["signed"] = leaf_of(third["leaf"]).hex()
    assert json.loads(fourth["leaf"])["previous"] != third["signed"]


def _left_out(lines: Lines) -> None:
    lines.remove(facts(lines)[3])
    lines[-1]["events"] -= 1


def _swapped(lines: Lines) -> None:
    first, second = (lines.index(one) for one in facts(lines)[3:5])
    lines[first], lines[second] = lines[second], lines[first]


def _tail(lines: Lines) -> None:
    lines.remove(facts(lines)[-1])
    lines[1]["version"] -= 1
    lines[-1]["events"] -= 1


def _ends(lines: Lines) -> None:
    pair = lines[1]["ends"][0]
    pair[1] = pair[1][:-1] + ("0" if pair[1][-1] != "0" else "1")


def _signed_for_another(lines: Lines) -> None:
    """A leaf that is shown, with the log's own leaf changed too: the sum alone tells."""
    leaf = next(line for line in lines if line["line"] == "leaf")
    put(leaf, "signed", "0" * 64)


def _policy_anew(lines: Lines) -> None:
    line = policy(lines)
    put(line, "document", line["document"].replace('"cap_per_day":"2"', '"cap_per_day":"3"'))
    line["sha256"] = sha256(line["document"].encode()).hexdigest()
    for one in lines:
        if one["line"] == "receipt":
            one["policy_sha256"] = line["sha256"]


def _without_structure(lines: Lines) -> None:
    position = rows(lines)[0]["position"]
    del next(line for line in facts(lines) if line["position"] == position)["parts"]["structure"]


def _not_shown(lines: Lines) -> None:
    position = rows(lines)[0]["position"]
    next(line for line in facts(lines) if line["position"] == position)["parts"] = {}


def _receipt_gone(lines: Lines) -> None:
    lines.remove(receipt(lines))


def _says_hidden(lines: Lines) -> None:
    receipt(lines)["hidden"].insert(0, rows(lines)[0]["position"])


def _size(lines: Lines) -> None:
    put(lines[0], "checkpoint", lines[0]["checkpoint"].replace("\n23\n", "\n24\n", 1))


def _weight(lines: Lines) -> None:
    put(policy(lines), "document", policy(lines)["document"].replace('"cap_per_day":"2"', '"cap_per_day":"3"'))


def _moment(lines: Lines) -> None:
    put(receipt(lines)["trust"], "at", "2026-04-15T09:00:00Z")


TABLE = [
    Mutation("nothing", None, nothing),
    Mutation("the end is cut off", MALFORMED, lambda lines: lines.__delitem__(-1)),
    Mutation("the checkpoint's size", UNSIGNED, _size),
    Mutation("a word of a fact", CONTENT, _word),
    Mutation("when a fact was recorded, in its leaf", CHANGED, _time),
    Mutation("the same, in the log, with the leaf made anew", CHAIN, _chain, of="log"),
    Mutation("a fact is left out", MISSING, _left_out),
    Mutation("two facts are swapped", MISSING, _swapped),
    Mutation("a stream ends earlier", TAIL, _tail),
    Mutation("where a stream ends, in the log", ROOT, _ends, of="log"),
    Mutation("a leaf of a fact that is not shown", ROOT, _signed_for_another, of="log"),
    Mutation("the past of an older checkpoint is another", REWRITTEN, nothing, of="log", older=5, forged=True),
    Mutation("the log was longer before", SHORTENED, nothing, older=40, forged=True),
    Mutation("an older checkpoint, and no `since`", UNCOMPARED, nothing, older=5),
    Mutation("a weight in a policy", POLICY, _weight),
    Mutation("a weight in a policy, with a new digest everywhere", POLICY, _policy_anew),
    Mutation("the policy's digest in a receipt", POLICY, lambda lines: put(receipt(lines), "policy_sha256", "0" * 64)),
    Mutation("a mass in a receipt", RECEIPT, lambda lines: put(rows(lines)[0], "mass_for", 0.25)),
    Mutation("the position of a row", RECEIPT, lambda lines: put(rows(lines)[0], "position", 3)),
    Mutation("a row is left out", RECEIPT, lambda lines: rows(lines).__delitem__(1)),
    Mutation("a row is there twice", RECEIPT, lambda lines: rows(lines).append(rows(lines)[-1])),
    Mutation("the score", RECEIPT, lambda lines: put(receipt(lines)["trust"]["dimensions"][0], "score", 0.9)),
    Mutation("trust as a whole", RECEIPT, lambda lines: put(receipt(lines)["trust"], "overall", 0.9)),
    Mutation(
        "the moment of a receipt", RECEIPT, lambda lines: put(receipt(lines)["trust"], "at", "2026-04-15T09:00:00Z")
    ),
    Mutation("the log's size in a receipt", RECEIPT, lambda lines: put(receipt(lines), "size", 20)),
    Mutation("a receipt leaves out a fact as if it were not shown", RECEIPT, _says_hidden),
    Mutation("a receipt is gone", MALFORMED, _receipt_gone),
    Mutation("the content of a fact behind a receipt is gone", UNRECKONED, _without_structure),
    Mutation("a fact behind a receipt is not shown", UNRECKONED, _not_shown),
]


def page(ends: Mapping[str, int]) -> str:
    """The table as the documentation shows it, with what each ended with."""
    lines = ["| changed | exit code |", "|---|---|"]
    for one in TABLE:
        code = ends[one.what]
        lines.append(f"| {one.what} | {code}{'' if one.kind is None else ' ' + one.kind.name} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Put the table into the documentation: `python -m tests.proof.mutations`."""
    from tests.proof.test_mutations import PAGE, codes

    text = PAGE.read_text("utf-8")
    PAGE.write_text(re.sub(r"\| changed \| exit code \|\n(?:\|.*\n)+", lambda _: page(codes(ToldLog())), text), "utf-8")


if __name__ == "__main__":
    main()
