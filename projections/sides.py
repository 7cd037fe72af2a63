"""Who buys and who sells on a stream. On a goal its owner does both; coaches do neither."""

from uuid import UUID

from domain.fields import Side
from domain.state import Stream


def buying_side(stream: Stream) -> Side:
    """The side that has to decide: the buyer's of a deal, the owner's own of a goal."""
    return "self" if stream.kind == "goal" else "buyer"


def buys(stream: Stream, party_id: UUID | None) -> bool:
    """Whether the party is on the side that has to decide."""
    return stream.side(party_id) == buying_side(stream)
