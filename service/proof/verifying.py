"""Checks a bundle, line by line and offline: the first thing that is wrong is raised as a `Flaw`. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec
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
    Part,
    StreamLine,
    read,
    read_leaf,
)
from service.proof.checkpoint import Checkpoint
from service.proof.flaws import (
    CHAIN,
    CHANGED,
    CONTENT,
    MALFORMED,
    MISSING,
    REWRITTEN,
    ROOT,
    SHORTENED,
    TAIL,
    UNCOMPARED,
    UNSIGNED,
    Flaw,
)
from service.proof.leaf import leaf_of, part_digest
from service.proof.merkle import HASH_BYTES, Peaks, is_consistent, root_by_inclusion
from service.proof.note import NotSigned, VerifierKey, open_note
from service.proof.streams import Entry, bucket_of, bucket_root, entry_of, key_of, root_by_path, streams_root


class Verdict(Struct, frozen=True):
    """What a sound bundle proves: these facts, as of a log of `size`, signed by `keys`."""

    scope: str
    log: str
    size: int
    events: int
    shown: int
    keys: list[str]
    against: int | None


def verify(lines: Iterable[bytes], keys: Sequence[VerifierKey] = (), older: str | None = None) -> Verdict:
    """Check a bundle against the keys (else against those it names itself) and an older checkpoint's note.

    Memory grows with the number of streams in it, not with that of facts. Raises `Flaw`.
    """
    source = map(_read, lines)
    manifest = next(source, None)
    if not isinstance(manifest, Manifest) or manifest.format != FORMAT:
        raise Flaw(MALFORMED, f"the first line is no manifest of a {FORMAT}")
    known = list(keys) or _named(manifest)
    checkpoint, signed_by = _opened(manifest.checkpoint, known, "the checkpoint")
    if checkpoint.origin != manifest.log:
        raise Flaw(UNSIGNED, f"the checkpoint is of {checkpoint.origin}, the bundle of {manifest.log}")
    before = None if older is None else _opened(older, known, "the older checkpoint")[0]
    if before is not None and before.origin != checkpoint.origin:
        raise Flaw(UNSIGNED, f"the older checkpoint is of {before.origin}, the bundle of {checkpoint.origin}")
    if before is not None and before.size > checkpoint.size:
        raise Flaw(SHORTENED, f"the log had {before.size} facts and has {checkpoint.size}")
    if manifest.scope == WHOLE_LOG:
        events, shown = _whole_log(source, checkpoint, before)
    else:
        _compare(manifest, checkpoint, before)
        events, shown = _one_stream(source, manifest.scope, checkpoint)
    return Verdict(
        manifest.scope,
        manifest.log,
        checkpoint.size,
        events,
        shown,
        [key.text for key in signed_by],
        None if before is None else before.size,
    )


def _one_stream(source: Iterator[Line], stream_id: str, checkpoint: Checkpoint) -> tuple[int, int]:
    """All facts of one stream: each in the log, each after the one before, and none after the last."""
    end = next(source, None)
    if not isinstance(end, StreamLine) or end.stream_id != stream_id:
        raise Flaw(MALFORMED, f"the second line is not the end of {stream_id}")
    position, version, last, shown = -1, 0, "", 0
    for line in _until_end(source):
        if not isinstance(line, EventLine) or line.path is None:
            raise Flaw(MALFORMED, "a line is no fact with its proof")
        content = _leaf(line)
        where = f"fact {content.version} of {content.stream_id}, at position {line.position}"
        shown += _check_parts(line, content, where)
        if content.stream_id != stream_id or content.version != version + 1 or line.position <= position:
            raise Flaw(MISSING, f"where fact {version + 1} of {stream_id} belongs, there is {where}")
        if content.previous != last:
            raise Flaw(CHAIN, f"{where} does not follow fact {version}")
        leaf = leaf_of(line.leaf)
        root = root_by_inclusion(line.position, checkpoint.size, leaf, [_hash(one) for one in line.path])
        if root != checkpoint.root:
            raise Flaw(CHANGED, f"{where} is not the one in the log")
        position, version, last = line.position, content.version, leaf.hex()
    if version != end.version:
        raise Flaw(MISSING, f"{stream_id} has {end.version} facts, and {version} are here")
    entry = entry_of(stream_id, version, _hash(last))
    root = root_by_path(key_of(stream_id), entry, [_hash(one) for one in end.path])
    if root != checkpoint.streams_root:
        raise Flaw(TAIL, f"{stream_id} does not end with fact {version}")
    return version, shown


def _whole_log(source: Iterator[Line], checkpoint: Checkpoint, before: Checkpoint | None) -> tuple[int, int]:
    """Every fact of the log in order, the streams that are shown in their own order, and where all streams end."""
    ends: dict[bytes, bytes] = {}
    first = next(source, None)
    while isinstance(first, EndsLine):
        ends |= {_hash(key): _hash(entry) for key, entry in first.ends}
        first = next(source, None)
    streams: dict[str, tuple[int, str]] = {}
    peaks, shown, signed = Peaks(), 0, b""
    _continues(peaks, before)
    for line in _until_end(chain(() if first is None else (first,), source)):
        if not isinstance(line, EventLine | LeafLine) or line.signed is None:
            raise Flaw(MALFORMED, "a line is no fact")
        if line.position != peaks.size:
            raise Flaw(MISSING, f"where position {peaks.size} belongs, there is position {line.position}")
        signed = _hash(line.signed)
        if isinstance(line, EventLine):
            shown += _check_shown(line, signed, streams)
        elif line.broken:
            raise Flaw(CHANGED, f"the fact at position {line.position} is not the one in the log")
        peaks.add(signed)
        _continues(peaks, before)
    if peaks.size != checkpoint.size:
        raise Flaw(MISSING, f"the log has {checkpoint.size} facts, and {peaks.size} are here")
    if peaks.root() != checkpoint.root:
        raise Flaw(ROOT, "the facts together are not the log that is signed for")
    if _ends_root(ends) != checkpoint.streams_root:
        raise Flaw(ROOT, "the ends of the streams are not those that are signed for")
    for stream_id, (version, last) in streams.items():
        if ends.get(key_of(stream_id)) != entry_of(stream_id, version, _hash(last)):
            raise Flaw(TAIL, f"{stream_id} does not end with fact {version}")
    return peaks.size, shown


def _check_shown(line: EventLine, signed: bytes, streams: dict[str, tuple[int, str]]) -> int:
    content = _leaf(line)
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
    return shown


def _check_parts(line: EventLine, content: LeafContent, where: str) -> int:
    """Compare what is shown with its digests; 1 when the fact's envelope is shown."""
    if line.broken:
        raise Flaw(CONTENT, f"{where}: the service could not read its {', '.join(line.broken)}")
    parts = {"envelope": line.parts.envelope, "structure": line.parts.structure, "words": line.parts.words}
    digests = {"envelope": content.envelope, "structure": content.structure, "words": content.words}
    for name, part in parts.items():
        if part is not None and _digest(part) != digests[name]:
            raise Flaw(CONTENT, f"{where}: what is shown of its {name} is not what the digest was made of")
    return int(line.parts.envelope is not None)


def _compare(manifest: Manifest, checkpoint: Checkpoint, before: Checkpoint | None) -> None:
    """For a bundle of one stream: the proof it brings that the log only grew since an older checkpoint."""
    if before is None:
        return
    if before.size == checkpoint.size:
        path: list[bytes] = []
    elif manifest.consistency is not None and manifest.consistency.from_ == before.size:
        path = [_hash(one) for one in manifest.consistency.path]
    else:
        raise Flaw(UNCOMPARED, f"it has no proof from {before.size} facts on: export it with since={before.size}")
    if not is_consistent(before.size, checkpoint.size, before.root, checkpoint.root, path):
        raise Flaw(REWRITTEN, f"the first {before.size} facts are not those of the older checkpoint")


def _continues(peaks: Peaks, before: Checkpoint | None) -> None:
    if before is not None and peaks.size == before.size and peaks.root() != before.root:
        raise Flaw(REWRITTEN, f"the first {before.size} facts are not those of the older checkpoint")


def _ends_root(ends: dict[bytes, bytes]) -> bytes:
    buckets: dict[int, list[Entry]] = {}
    for key in sorted(ends):
        buckets.setdefault(bucket_of(key), []).append((key, ends[key]))
    return streams_root({bucket: bucket_root(held) for bucket, held in buckets.items()})


def _until_end(source: Iterable[Line]) -> Iterator[Line]:
    lines = iter(source)
    for count, line in enumerate(lines):
        if isinstance(line, EndLine):
            if line.events != count or next(lines, None) is not None:
                raise Flaw(MALFORMED, "the last line does not count the facts before it")
            return
        yield line
    raise Flaw(MALFORMED, "the last line is missing: the bundle was cut off")


def _opened(note: str, keys: Sequence[VerifierKey], which: str) -> tuple[Checkpoint, list[VerifierKey]]:
    try:
        text, signed_by = open_note(note, keys)
        return Checkpoint.parse(text), signed_by
    except NotSigned as refusal:
        raise Flaw(UNSIGNED, f"{which}: {refusal}") from None
    except ValueError as refusal:
        raise Flaw(MALFORMED, f"{which}: {refusal}") from None


def _named(manifest: Manifest) -> list[VerifierKey]:
    try:
        return [VerifierKey.parse(key) for key in manifest.keys]
    except ValueError as refusal:
        raise Flaw(MALFORMED, f"a key in the manifest: {refusal}") from None


def _read(line: bytes) -> Line:
    try:
        return read(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Flaw(MALFORMED, f"a line is not one of a bundle: {line[:60]!r}") from None


def _leaf(line: EventLine) -> LeafContent:
    try:
        return read_leaf(line.leaf)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Flaw(MALFORMED, f"the leaf at position {line.position} cannot be read") from None


def _digest(part: Part) -> str:
    return part_digest(_bytes(part.salt) + part.text.encode()).hex()


def _hash(text: str) -> bytes:
    found = _bytes(text)
    if len(found) != HASH_BYTES:
        raise Flaw(MALFORMED, f"{text[:80]!r} is no digest")
    return found


def _bytes(text: str) -> bytes:
    try:
        if text != text.lower() or " " in text:
            raise ValueError
        return bytes.fromhex(text)
    except ValueError:
        raise Flaw(MALFORMED, f"{text[:80]!r} is not hexadecimal") from None
