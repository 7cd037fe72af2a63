"""What a cell can be read as: text, a party, money, a number, a day, an instant, a code. Reads one cell at a time."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.fields import CODE_CHARS_MAX
from service.imports.faults import RowFault

IMPORTS = UUID("5b0f7f5e-6f0a-5d0c-9a44-3c1d8a4f2e17")
"""Everything an import names is derived from this, so that other ids never meet these. It never changes."""

MONEY_PLACES_MIN, MONEY_PLACES_MAX = 2, 4
# An export has a few thousand days at most; a time of day in every cell would make each of them new.
MOMENTS_KEPT = 4_096

_NOT_CODE = re.compile(r"[^a-z0-9]+")


def source_id(source: str) -> UUID:
    """The namespace of everything that comes from one source."""
    return uuid5(IMPORTS, source)


class Values:
    """Reads cells the way one map says."""

    def __init__(
        self,
        source: UUID,
        *,
        date_formats: tuple[str, ...],
        time_zone: str,
        decimal_sign: str,
        thousands_sign: str,
        currency_signs: tuple[str, ...],
    ) -> None:
        self._source = source
        self._formats = date_formats
        self._zone = ZoneInfo(time_zone)
        self._signs = decimal_sign, thousands_sign, currency_signs
        self._moment = lru_cache(MOMENTS_KEPT)(self._read_moment)
        self._readers: Mapping[str, Callable[[str, str], Any]] = {
            "text": lambda _column, text: text,
            "party": self._party,
            "money": self._money,
            "number": self._number,
            "day": lambda column, text: self.moment(column, text).astimezone(self._zone).date(),
            "instant": self.moment,
            "code": self._code,
        }

    def read(self, kind: str, column: str, text: str) -> Any:
        """The cell as a `kind` (one of `KINDS`); raises `RowFault`."""
        return self._readers[kind](column, text)

    def moment(self, column: str, text: str) -> datetime:
        """The instant of a cell in UTC; a day without a time of day is the start of that day in the map's zone."""
        found = self._moment(text)
        if found is None:
            example = date(2017, 3, 31)
            accepted = " or ".join(f"{example.strftime(form)} (`{form}`)" for form in self._formats)
            raise RowFault(f"{column} is {text!r}, which is no date of the map's form.", f"A date such as {accepted}.")
        return found

    def _read_moment(self, text: str) -> datetime | None:
        for form in self._formats:
            try:
                found = datetime.strptime(text, form)  # noqa: DTZ007  # the zone is put on below
                return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        return None

    def _party(self, column: str, text: str) -> UUID:
        return uuid5(self._source, f"party\n{column}\n{text}")

    def _decimal(self, column: str, text: str) -> Decimal:
        decimal_sign, thousands_sign, currency_signs = self._signs
        plain = text
        for sign in currency_signs:
            plain = plain.removeprefix(sign).removesuffix(sign).strip()
        if thousands_sign:
            plain = plain.replace(thousands_sign, "")
        try:
            value = Decimal(plain.replace(decimal_sign, ".") if decimal_sign != "." else plain)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or "_" in plain or not plain.isascii():
            raise RowFault(f"{column} is {text!r}, which is no number.", f"A number such as 1234{decimal_sign}50.")
        return value

    def _money(self, column: str, text: str) -> str:
        value = self._decimal(column, text)
        places = max(MONEY_PLACES_MIN, -int(value.normalize().as_tuple().exponent))
        if value < 0 or places > MONEY_PLACES_MAX or value >= 10**18:
            raise RowFault(
                f"{column} is {text!r}, which is no amount of money.",
                f"An amount from 0 up, with at most {MONEY_PLACES_MAX} decimal places.",
            )
        return f"{value:.{places}f}"

    def _number(self, column: str, text: str) -> float:
        return float(self._decimal(column, text))

    def _code(self, column: str, text: str) -> str:
        ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        code = _NOT_CODE.sub("-", ascii_text)[:CODE_CHARS_MAX].strip("-")
        if not code:
            raise RowFault(f"{column} is {text!r}, which makes no code.", "A text with Latin letters or digits.")
        return code


KINDS: Mapping[str, type] = {
    "text": str, "party": UUID, "money": str, "number": float, "day": date, "instant": datetime, "code": str,
}  # fmt: skip
"""What each kind gives."""
