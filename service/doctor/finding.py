"""What a check found: whether it is well, in a sentence, and what to do when it is not."""

from typing import Literal

from msgspec import Struct

State = Literal["ok", "warning", "fault", "skipped"]


TAMPERED = (
    "Somebody changed the database behind the service. Keep it as it is, compare with a backup and with bundles that "
    "were exported, and restore the last backup that `throughline doctor --deep` finds well."
)
"""The remedy when what is stored contradicts what was signed or chained."""


class Finding(Struct, frozen=True, omit_defaults=True):
    """One thing that was looked at. A warning wants a look some day, a fault wants it now."""

    check: str
    state: State
    said: str
    remedy: str = ""


def ok(check: str, said: str) -> Finding:
    return Finding(check, "ok", said)


def warning(check: str, said: str, remedy: str) -> Finding:
    return Finding(check, "warning", said, remedy)


def fault(check: str, said: str, remedy: str) -> Finding:
    return Finding(check, "fault", said, remedy)


def skipped(check: str, said: str) -> Finding:
    return Finding(check, "skipped", said)
