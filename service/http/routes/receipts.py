"""Score receipts: trust in one deal or goal as something to keep, and to check against a bundle without the service."""

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.answers import Answer, as_json
from service.http.asked_views import seen
from service.http.calls import Call
from service.http.operations import KEYED, Operation, Reply
from service.http.proposals import Kind
from service.http.questions import AsOf, PolicyKey, Times
from service.ledger.receipts import ReceiptsAsked
from service.proof.receipt import ReceiptFile


class ReceiptAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The moment and the policy. What was known is what the newest checkpoint covers."""

    as_of: AsOf | None = None
    policy: PolicyKey | None = None


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call about one stream."""

    async def read_receipt(request: Call) -> Answer:
        asked = request.question(ReceiptAsked)
        history, view = await seen(request, kind, Times(as_of=asked.as_of), asked.policy)
        wanted = ReceiptsAsked(view.at, view.policy, request.policies)
        return as_json(await request.ledger.receipt(request.identity, history.stream_id, wanted))

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/trust/receipt",
            id=f"{kind}_trust_receipt",
            tag=f"{kind}s",
            summary="A score receipt: trust with the position of every fact in it, the policy and the checkpoint",
            description="The digits are those of trust asked `as_of` the receipt's `at` and `known_at` its `size`. "
            "`throughline verify --receipt` makes it again from an exported bundle. Waits some seconds for a "
            "checkpoint of the newest facts. 409 for a guest whose answer rests on more than the facts that they are "
            "shown.",
            question=ReceiptAsked,
            replies=(Reply(200, "The receipt", ReceiptFile),),
            problems=(*KEYED, "fact-unreadable", "not-found", "not-provable", "not-checkpointed"),
        ).route(read_receipt)
    ]
