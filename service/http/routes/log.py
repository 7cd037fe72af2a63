"""The proof of the log: checkpoints, the keys that sign them, paths and tiles. Only digests leave here, no fact."""

import re
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from service.http.answers import Answer, as_json
from service.http.calls import Call
from service.http.operations import KEYED, Operation, Reply
from service.http.problems import not_found
from service.http.proposals import Kind
from service.http.questions import Instant, Nothing, Position, refuse_parameter
from service.ledger.checkpoints import Head
from service.ledger.refusals import NotCheckpointed
from service.proof.tiles import LEVELS_MAX, WIDTH, WIDTH_BITS

NOTE = (b"content-type", b"text/plain; charset=utf-8")
HASHES = (b"content-type", b"application/octet-stream")

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal")]
Size = Annotated[Position, Meta(description="A number of facts, from the first on; absent: the newest checkpoint's")]

_PLACE = re.compile(r"/?((?:x[0-9]{3}/){0,3}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class InclusionAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which fact, in a log of which size."""

    position: Position
    size: Size | None = None


class ConsistencyAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"from_": "from"}):
    """Two sizes of the log, the smaller first."""

    from_: Annotated[Position, Meta(description="The size of the older checkpoint")]
    to: Size | None = None


class InclusionAnswer(Struct):
    """The way from a fact's leaf to the root of the first `size` facts (RFC 9162, 2.1.3), the lowest step first."""

    position: int
    size: int
    leaf: Digest
    path: list[Digest]


class ConsistencyAnswer(Struct, rename={"from_": "from"}):
    """What shows that the first `from` facts of the first `to` are what they were (RFC 9162, 2.1.4)."""

    from_: int
    to: int
    path: list[Digest]


class PublishedKey(Struct):
    """A key that signs checkpoints, in the form name+id+key of signed notes; one that is retired signs no new ones."""

    key: str
    added_at: Instant
    retired_at: Instant | None


class KeysAnswer(Struct):
    """The keys of the workspace's log. Keep them where the service cannot change them."""

    origin: str
    keys: list[PublishedKey]


class StreamProof(Struct):
    """Where a stream ends at a checkpoint: its last version, its leaf, and the way to the root over all streams."""

    stream_id: str
    version: int
    last_leaf: str
    path: list[Digest]
    checkpoint: str


async def newest(request: Call) -> Head:
    """The newest checkpoint of the caller's workspace."""
    head = await request.ledger.checkpoints.newest(request.identity.workspace_id)
    if head is None:
        request.ledger.checkpoints.grown(request.identity.workspace_id)
        raise NotCheckpointed(1)
    return head


async def checkpoint(request: Call) -> Answer:
    """Answer `GET /v1/log/checkpoint`."""
    request.question(Nothing)
    return Answer((await newest(request)).note.encode(), NOTE)


async def keys(request: Call) -> Answer:
    """Answer `GET /v1/log/keys`."""
    request.question(Nothing)
    workspace_id = request.identity.workspace_id
    published = await request.ledger.checkpoints.keys.published(workspace_id)
    listed = [PublishedKey(key.key, key.added_at, key.retired_at) for key in published]
    return as_json(KeysAnswer(f"throughline/{workspace_id}", listed))


async def inclusion(request: Call) -> Answer:
    """Answer `GET /v1/log/proof/inclusion`."""
    asked = request.question(InclusionAsked)
    signed = (await newest(request)).size
    size = signed if asked.size is None else asked.size
    if not asked.position < size <= signed:
        raise not_found()
    proof = await request.ledger.proofs.tree(request.identity.workspace_id).inclusion(asked.position, size)
    return as_json(InclusionAnswer(asked.position, size, proof.leaf.hex(), [one.hex() for one in proof.path]))


async def consistency(request: Call) -> Answer:
    """Answer `GET /v1/log/proof/consistency`."""
    asked = request.question(ConsistencyAsked)
    signed = (await newest(request)).size
    size = signed if asked.to is None else asked.to
    if asked.to is not None and asked.from_ > asked.to:
        raise refuse_parameter("from", "The older size is the larger one.", f"0 to {asked.to}")
    if not asked.from_ <= size <= signed:
        raise not_found()
    path = await request.ledger.proofs.tree(request.identity.workspace_id).consistency(asked.from_, size)
    return as_json(ConsistencyAnswer(asked.from_, size, [one.hex() for one in path]))


async def tile(request: Call) -> Answer:
    """Answer `GET /v1/log/tile/…`: hashes one after the other."""
    request.question(Nothing)
    level = request.scope["path_params"]["level"]
    place = _PLACE.fullmatch(str(request.scope["path_params"]["place"]))
    if place is None or level not in map(str, range(LEVELS_MAX)):
        raise not_found()
    number, width = int(place[1].replace("/", "").replace("x", "")), int(place[2] or WIDTH)
    signed = (await newest(request)).size >> WIDTH_BITS * int(level)
    if not (number << WIDTH_BITS) + width <= signed or (place[2] and width >= WIDTH):
        raise not_found()
    hashes = await request.ledger.proofs.tree(request.identity.workspace_id).tile(int(level), number)
    return Answer(b"".join(hashes[:width]), HASHES)


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that proves where one stream ends."""

    async def stream_end(request: Call) -> Answer:
        request.question(Nothing)
        stream_id = request.stream_id(kind)
        await request.ledger.history(request.identity, stream_id)  # whoever may not know of it is told nothing
        end = await request.ledger.proofs.stream_end(request.identity.workspace_id, stream_id)
        path = [one.hex() for one in end.path]
        return as_json(StreamProof(stream_id, end.version, end.last_leaf.hex(), path, end.head.note))

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/proof",
            id=f"prove_{kind}",
            tag="log",
            summary=f"The proof of where a {kind} ends",
            description="At the newest checkpoint, which is given with it: no fact up to there can be left out after "
            "the last version named here. `/problems/not-checkpointed` for the first seconds.",
            replies=(Reply(200, "The proof", StreamProof),),
            problems=(*KEYED, "fact-unreadable", "not-found", "not-checkpointed"),
        ).route(stream_end)
    ]


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/log/checkpoint",
        id="read_checkpoint",
        tag="log",
        summary="The newest signed checkpoint",
        description="A signed note (C2SP signed-note, tlog-checkpoint): origin, size and root of the log, and the root "
        "over where its streams end. Whoever keeps one can later show whether history was rewritten.",
        replies=(Reply(200, "The note", media_type="text/plain"),),
        problems=(*KEYED, "not-checkpointed"),
    ).route(checkpoint),
    Operation(
        method="GET",
        path="/v1/log/keys",
        id="read_log_keys",
        tag="log",
        summary="The keys that sign the checkpoints",
        replies=(Reply(200, "The keys, the oldest first", KeysAnswer),),
        problems=KEYED,
    ).route(keys),
    Operation(
        method="GET",
        path="/v1/log/proof/inclusion",
        id="prove_inclusion",
        tag="log",
        summary="The proof that a fact is in the log",
        description="404 for a position that is not in a log of that size, and for a size that is not signed for yet.",
        question=InclusionAsked,
        replies=(Reply(200, "The proof", InclusionAnswer),),
        problems=(*KEYED, "not-found", "not-checkpointed"),
    ).route(inclusion),
    Operation(
        method="GET",
        path="/v1/log/proof/consistency",
        id="prove_consistency",
        tag="log",
        summary="The proof that the log only grew",
        description="404 for a size that is not signed for yet.",
        question=ConsistencyAsked,
        replies=(Reply(200, "The proof", ConsistencyAnswer),),
        problems=(*KEYED, "not-found", "not-checkpointed"),
    ).route(consistency),
    Operation(
        method="GET",
        path="/v1/log/tile/{level:str}/{place:path}",
        id="read_tile",
        tag="log",
        summary="A tile of the log's tree",
        description="As C2SP tlog-tiles lays them out below `/v1/log`, such as `/v1/log/tile/0/x001/067` or "
        "`/v1/log/tile/0/000.p/17`: hashes of 32 bytes, one after the other.",
        replies=(Reply(200, "The hashes", media_type="application/octet-stream"),),
        problems=(*KEYED, "not-found", "not-checkpointed"),
    ).route(tile),
]
