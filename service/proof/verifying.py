"""Checks a bundle, line by line and offline: the first thing that is wrong is raised as a `Flaw`. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct

from service.proof.bundle import (
    FORMAT,
    WHOLE_LOG,
    EndLine,
    EndsLine,
    EventLine,
    LeafContent,
    LeafLine,
    Line,
    Manifest,
    PolicyLine,
    ReceiptLine,
    StreamLine,
)
from service.proof.checkpoint import Checkpoint
from service.proof.continuing import compare, continues, earlier, of_receipt
from service.proof.flaws import (
    CHAIN,
    CHANGED,
    CONTENT,
    MALFORMED,
    MISSING,
    ROOT,
    SHORTENED,
    TAIL,
    UNSIGNED,
    Flaw,
)
from service.proof.leaf import leaf_of
from service.proof.merkle import Peaks, root_by_inclusion
from service.proof.note import VerifierKey
from service.proof.reading import (
    digest_of,
    hash_in,
    hashes_in,
    kept_note,
    leaf_content,
    line_of,
    named,
    opened,
    receipt_file,
)
from service.proof.receipt import ReceiptFile
from service.proof.reckoning import Reckoning
from service.proof.shelf import Shelf
from service.proof.streams import Entry, bucket_of, bucket_root, entry_of, key_of, root_by_path, streams_root

CUT_OFF = "the last line is missing: the bundle was cut off"


class Verdict(Struct, frozen=True):
    """What a sound bundle proves: these facts, as of a log of `size`, signed by `keys`; `receipts` that were made again
    and are right, `under` these policies; and that the log continues one of `against` facts."""

    scope: str
    log: str
    size: int
    events: int
    shown: int
    keys: list[str]
    against: int | None
    receipts: int
    under: list[str]
    receipt: ReceiptFile | None


def verify(
    lines: Iterable[bytes], keys: Sequence[VerifierKey] = (), older: str | None = None, receipt: bytes | None = None
) -> Verdict:
    """Check a bundle against the keys (else against those it names itself), an older checkpoint's note or whatever
    carries one, and a receipt by itself.

    Memory grows with the number of streams in it, and by 8 bytes a fact; the facts wait in a file. Raises `Flaw`.
    """
    source = map(line_of, lines)
    manifest = next(source, None)
    if not isinstance(manifest, Manifest) or manifest.format != FORMAT:
        raise Flaw(MALFORMED, f"the first line is no manifest of a {FORMAT}")
    known = list(keys) or named(manifest)
    checkpoint, signed_by = opened(manifest.checkpoint, known, "the checkpoint")
    if checkpoint.origin != manifest.log:
        raise Flaw(UNSIGNED, f"the checkpoint is of {checkpoint.origin}, the bundle of {manifest.log}")
    before = None if older is None else earlier(kept_note(older), known, checkpoint, "the older checkpoint")
    if before is not None and before.size > checkpoint.size:
        raise Flaw(SHORTENED, f"the log had {before.size} facts and has {checkpoint.size}")
    alone = None if receipt is None else receipt_file(receipt)
    continued = [] if before is None else [before]
    if alone is not None:
        continued.append(of_receipt(alone, known, checkpoint))
    reckoning = Reckoning(manifest.log)
    with Shelf() as shelf:
        checking = _Checking(manifest.scope, checkpoint, continued, shelf, reckoning)
        if manifest.scope == WHOLE_LOG:
            events, shown = _whole_log(source, checking)
        else:
            for one in continued:
                compare(manifest, checkpoint, one)
            events, shown = _one_stream(source, checking)
        if alone is not None:
            reckoning.take(alone.policy)
            reckoning.check(alone.receipt, shelf, checkpoint.size, own=False)
    return Verdict(
        manifest.scope,
        manifest.log,
        checkpoint.size,
        events,
        shown,
        [key.text for key in signed_by],
        None if before is None else before.size,
        reckoning.receipts - (alone is not None),
        sorted(reckoning.under),
        alone,
    )


class _Checking(Struct, frozen=True):
    """What the facts of a bundle are checked against, and where they are put for its receipts."""

    scope: str
    checkpoint: Checkpoint
    continued: list[Checkpoint]
    shelf: Shelf
    reckoning: Reckoning


def _one_stream(source: Iterator[Line], checking: _Checking) -> tuple[int, int]:
    """All facts of one stream: each in the log, each after the one before, and none after the last."""
    stream_id, checkpoint = checking.scope, checking.checkpoint
    end = next(source, None)
    if not isinstance(end, StreamLine) or end.stream_id != stream_id:
        raise Flaw(MALFORMED, f"the second line is not the end of {stream_id}")
    position, version, last, shown = -1, 0, "", 0
    after: list[Line] = []
    for line in _facts(source, after):
        if not isinstance(line, EventLine) or line.path is None:
            raise Flaw(MALFORMED, "a line is no fact with its proof")
        content = leaf_content(line)
        where = f"fact {content.version} of {content.stream_id}, at position {line.position}"
        shown += _check_parts(line, content, where)
        if content.stream_id != stream_id or content.version != version + 1 or line.position <= position:
            raise Flaw(MISSING, f"where fact {version + 1} of {stream_id} belongs, there is {where}")
        if content.previous != last:
            raise Flaw(CHAIN, f"{where} does not follow fact {version}")
        leaf = leaf_of(line.leaf)
        root = root_by_inclusion(line.position, checkpoint.size, leaf, hashes_in(line.path))
        if root != checkpoint.root:
            raise Flaw(CHANGED, f"{where} is not the one in the log")
        checking.shelf.put(line, content)
        position, version, last = line.position, content.version, leaf.hex()
    if version != end.version:
        raise Flaw(MISSING, f"{stream_id} has {end.version} facts, and {version} are here")
    entry = entry_of(stream_id, version, hash_in(last))
    root = root_by_path(key_of(stream_id), entry, hashes_in(end.path))
    if root != checkpoint.streams_root:
        raise Flaw(TAIL, f"{stream_id} does not end with fact {version}")
    _receipts(chain(after, source), version, checking)
    return version, shown


def _whole_log(source: Iterator[Line], checking: _Checking) -> tuple[int, int]:
    """Every fact of the log in order, the streams that are shown in their own order, and where all streams end."""
    checkpoint = checking.checkpoint
    ends: dict[bytes, bytes] = {}
    first = next(source, None)
    while isinstance(first, EndsLine):
        ends |= {hash_in(key): hash_in(entry) for key, entry in first.ends}
        first = next(source, None)
    streams: dict[str, tuple[int, str]] = {}
    peaks, shown, signed = Peaks(), 0, b""
    continues(peaks, checking.continued)
    after: list[Line] = []
    for line in _facts(chain(() if first is None else (first,), source), after):
        if line.signed is None:
            raise Flaw(MALFORMED, "a line is no fact")
        if line.position != peaks.size:
            raise Flaw(MISSING, f"where position {peaks.size} belongs, there is position {line.position}")
        signed = hash_in(line.signed)
        if isinstance(line, EventLine):
            shown += _check_shown(line, signed, streams, checking.shelf)
        elif line.broken:
            raise Flaw(CHANGED, f"the fact at position {line.position} is not the one in the log")
        peaks.add(signed)
        continues(peaks, checking.continued)
    if peaks.size != checkpoint.size:
        raise Flaw(MISSING, f"the log has {checkpoint.size} facts, and {peaks.size} are here")
    if peaks.root() != checkpoint.root:
        raise Flaw(ROOT, "the facts together are not the log that is signed for")
    if _ends_root(ends) != checkpoint.streams_root:
        raise Flaw(ROOT, "the ends of the streams are not those that are signed for")
    for stream_id, (version, last) in streams.items():
        if ends.get(key_of(stream_id)) != entry_of(stream_id, version, hash_in(last)):
            raise Flaw(TAIL, f"{stream_id} does not end with fact {version}")
    _receipts(chain(after, source), peaks.size, checking)
    return peaks.size, shown


def _check_shown(line: EventLine, signed: bytes, streams: dict[str, tuple[int, str]], shelf: Shelf) -> int:
    content = leaf_content(line)
    where = f"fact {content.version} of {content.stream_id}, at position {line.position}"
    shown = _check_parts(line, content, where)
    if leaf_of(line.leaf) != signed:
        raise Flaw(CHANGED, f"{where} is not the one in the log")
    version, last = streams.get(content.stream_id, (0, ""))
    if content.version != version + 1:
        raise Flaw(MISSING, f"where fact {version + 1} of {content.stream_id} belongs, there is {where}")
    if content.previous != last:
        raise Flaw(CHAIN, f"{where} does not follow fact {version}")
    streams[content.stream_id] = content.version, signed.hex()
    shelf.put(line, content)
    return shown


def _check_parts(line: EventLine, content: LeafContent, where: str) -> int:
    """Compare what is shown with its digests; 1 when the fact's envelope is shown."""
    if line.broken:
        raise Flaw(CONTENT, f"{where}: the service could not read its {', '.join(line.broken)}")
    parts = {"envelope": line.parts.envelope, "structure": line.parts.structure, "words": line.parts.words}
    digests = {"envelope": content.envelope, "structure": content.structure, "words": content.words}
    for name, part in parts.items():
        if part is not None and digest_of(part) != digests[name]:
            raise Flaw(CONTENT, f"{where}: what is shown of its {name} is not what the digest was made of")
    return int(line.parts.envelope is not None)


def _ends_root(ends: dict[bytes, bytes]) -> bytes:
    buckets: dict[int, list[Entry]] = {}
    for key in sorted(ends):
        buckets.setdefault(bucket_of(key), []).append((key, ends[key]))
    return streams_root({bucket: bucket_root(held) for bucket, held in buckets.items()})


def _facts(source: Iterator[Line], after: list[Line]) -> Iterator[EventLine | LeafLine]:
    """The facts; the first line that is none goes to `after`."""
    for line in source:
        if not isinstance(line, EventLine | LeafLine):
            after.append(line)
            return
        yield line
    raise Flaw(MALFORMED, CUT_OFF)


def _receipts(lines: Iterable[Line], events: int, checking: _Checking) -> None:
    """What comes after the facts, which are known to be sound by now: policies, receipts, and the end."""
    source, receipts = iter(lines), 0
    for line in source:
        match line:
            case PolicyLine():
                checking.reckoning.take(line)
            case ReceiptLine():
                checking.reckoning.check(line, checking.shelf, checking.checkpoint.size, own=True)
                receipts += 1
            case EndLine():
                if (line.events, line.receipts) != (events, receipts) or next(source, None) is not None:
                    raise Flaw(MALFORMED, "the last line does not count the facts and receipts before it")
                checking.reckoning.agree(checking.shelf, checking.checkpoint.size)
                return
            case _:
                raise Flaw(MALFORMED, "after the facts there is a line that is no policy, receipt or end")
    raise Flaw(MALFORMED, CUT_OFF)
