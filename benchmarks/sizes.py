"""How much is measured: the full measure, and a quick look that only proves that everything still runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """`streams` are appended to, by two processes over `workspaces`.

    The reads go over `read_deals` deals of `read_facts` facts each.
    """

    rounds: int
    seconds: float
    connections: int
    streams: int
    workspaces: int
    read_deals: int
    read_facts: int
    import_rows: int
    small_log_deals: int
    large_log_deals: int
    log_deal_facts: int
    followers: int
    long_deal_facts: int
    few_streams: int
    many_streams: int


FULL = Sizes(
    rounds=3,
    seconds=5,
    connections=32,
    streams=2_000,
    workspaces=20,
    read_deals=500,  # 50,000 facts, all of which the service's cache holds
    read_facts=100,  # a page
    import_rows=10_000,
    small_log_deals=200,  # 10,000 facts
    large_log_deals=20_000,  # 1,000,000 facts, twelve times what the cache holds
    log_deal_facts=50,
    followers=200,
    long_deal_facts=10_000,  # a deal that nobody has yet, as a bound
    few_streams=1_000,
    many_streams=100_000,
)

QUICK = Sizes(
    rounds=1,
    seconds=2,
    connections=32,
    streams=64,
    workspaces=4,
    read_deals=8,
    read_facts=100,
    import_rows=200,
    small_log_deals=8,
    large_log_deals=32,
    log_deal_facts=50,
    followers=20,
    long_deal_facts=1_000,
    few_streams=20,
    many_streams=200,
)
