"""What came of sending load, whichever program sent it."""

from msgspec import Struct


class Measured(Struct, frozen=True, kw_only=True):
    """Answers in `seconds`; latencies in milliseconds; `cpu_s` is what the sender itself used.

    `wrong` counts answers with another status, and connections that failed.
    """

    answers: int
    wrong: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_s: float

    @property
    def rate(self) -> float:
        """Right answers a second."""
        return (self.answers - self.wrong) / self.seconds
