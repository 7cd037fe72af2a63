"""The small language in which a map says how a field is made from a row's cells. It reads no files and knows no facts.

`{column}` is a cell, `{column|kind}` a cell read as something else than text. What stands between `[` and `]` falls
away when one of its cells is empty; an empty cell outside brackets leaves the whole field out. A sign of the four is
written twice to stand for itself.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Read = Callable[[str, str, str], Any]
"""(kind, column, cell) -> value; the cell is never empty."""

TEXT = "text"

_TOKEN = re.compile(
    r"(?P<twice>\{\{|\}\}|\[\[|\]\])|\{(?P<column>[^{}|]+)(?:\|(?P<kind>[^{}|]*))?\}|(?P<sign>[\[\]{}])|[^\[\]{}]+"
)


@dataclass(frozen=True)
class Cell:
    """A place for the cell of a column, read as a kind."""

    column: str
    kind: str

    def value(self, row: Mapping[str, str], read: Read) -> Any:
        text = row[self.column]
        return read(self.kind, self.column, text) if text else None


@dataclass(frozen=True)
class Template:
    """A field's text in parts: plain text, cells, and bracketed templates that may fall away."""

    parts: tuple["str | Cell | Template", ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        found: list[Cell] = []
        for part in self.parts:
            found += part.cells if isinstance(part, Template) else [part] if isinstance(part, Cell) else []
        return tuple(found)

    def fill(self, row: Mapping[str, str], read: Read) -> Any:
        """The field's value for a row, None when it is left out. A cell alone keeps the type of its kind."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Cell):
            return self.parts[0].value(row, read)
        texts = []
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value = part.fill(row, read) if isinstance(part, Template) else part.value(row, read)
            if value is not None:
                texts.append(str(value))
            elif isinstance(part, Cell):
                return None
        return "".join(texts) or None


def parse(text: str) -> Template:
    """The template of a text; raises ValueError with the reason in one phrase."""
    outer: list[str | Cell | Template] = []
    inner: list[str | Cell | Template] | None = None
    for token in _TOKEN.finditer(text):
        parts = outer if inner is None else inner
        sign = token["sign"]
        if token["column"] is not None:
            parts.append(Cell(token["column"].strip(), TEXT if token["kind"] is None else token["kind"].strip()))
        elif sign is None:
            parts.append(token["twice"][0] if token["twice"] else token[0])
        elif sign == "[" and inner is None:
            inner = []
        elif sign == "]" and inner is not None:
            outer.append(Template(tuple(inner)))
            inner = None
        else:
            raise ValueError(f"the `{sign}` at sign {token.start() + 1} has no partner; write it twice to mean itself")
    if inner is not None:
        raise ValueError("a `[` is not closed; write it twice to mean itself")
    return Template(tuple(outer))
