"""Publishing a policy is a fact on the workspace's stream, made once; what another would change is told stream by
stream."""

from decimal import Decimal

import pytest
from msgspec import structs

from projections.trust.policy import TRUST_1
from service.ledger import members
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.publishing import publish
from service.ledger.refusals import EventIdReused
from service.policy_commands import rows
from tests.ledger.conftest import a_deal, proposal

pytestmark = pytest.mark.anyio

STRICT = structs.replace(TRUST_1, name="strict", against_multiplier=Decimal(2))


async def test_a_policy_is_published_once_and_never_as_another(ledger: Ledger, noor: Identity) -> None:
    assert await publish(ledger, noor.workspace_id, STRICT)
    assert not await publish(ledger, noor.workspace_id, STRICT)
    with pytest.raises(EventIdReused):
        await publish(ledger, noor.workspace_id, structs.replace(STRICT, silence_days=8))
    history = await members.roster(ledger, noor.workspace_id)
    assert history is not None
    published = [record.fact for record in history.records if record.fact.type == "policy.published"]
    assert [(one.data.name, one.data.version, one.data.digest) for one in published] == [("strict", 1, STRICT.digest)]


async def test_open_streams_under_two_policies_the_largest_change_first(ledger: Ledger, noor: Identity) -> None:
    calm, pressed, closed = [await a_deal(ledger, noor) for _ in range(3)]
    for deal in (pressed, closed):
        await ledger.append(
            noor, deal, [proposal("pressure.applied", kind="chasing", beneficiary="seller")], opens=False
        )
    await ledger.append(noor, closed, [proposal("deal.closed", outcome="lost")], opens=False)
    found = await rows(ledger, noor.workspace_id, TRUST_1, STRICT)
    assert [stream for stream, _ in found] == [pressed, calm]
    (seller, *others), unchanged = found[0][1], found[1][1]
    assert seller.change < -0.02  # the fact is months old
    assert all(one.change == 0 for one in (*others, *unchanged))
