"""How long a message is waited for, when one that did not arrive is sent again, and when that is given up.

Chance is an argument.
"""

from datetime import datetime, timedelta

# A receiver takes a message in and works on it afterwards: ten seconds for all of it are ample.
TOTAL_S = 10.0
# The first pause, and the longest: a receiver that restarts misses nothing, one that is down is asked six times a day.
FIRST_S = 1.0
LONGEST_S = 4 * 3600.0
# Each pause is this much shorter or longer than planned, so that many webhooks of one receiver do not come at once.
JITTER = 0.2
# A receiver that has taken nothing for so long is not sent to any more.
GIVE_UP = timedelta(days=3)
_DOUBLINGS_MAX = 20  # far beyond the longest pause; 2 to a thousandth attempt would be no number


def pause_s(attempts: int, chance: float, retry_after_s: float | None = None) -> float:
    """Seconds to wait after so many attempts in vain, `chance` in [0, 1); at least what the receiver asks for.

    What the receiver asks for counts up to the longest pause.
    """
    planned = min(FIRST_S * 2.0 ** min(attempts - 1, _DOUBLINGS_MAX), LONGEST_S) * (1 - JITTER + 2 * JITTER * chance)
    return max(planned, min(retry_after_s or 0.0, LONGEST_S))


def next_attempt(
    now: datetime, failing_since: datetime, attempts: int, chance: float, retry_after_s: float | None = None
) -> datetime | None:
    """When to send again; None to give up. The last attempt is made when the time is over, not before."""
    end = failing_since + GIVE_UP
    return None if now >= end else min(end, now + timedelta(seconds=pause_s(attempts, chance, retry_after_s)))
