"""msgspec's sentences about what does not fit, in the words of whoever wrote it: JSON's and TOML's, not Python's."""

import re

from domain.fields import PRINTABLE

_JSON_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
    "datetime": "a time as in RFC 3339",
    "date": "a date",
    "uuid": "a UUID",
}
_PYTHON_TYPE = "|".join(_JSON_TYPES)
_PYTHON_TYPES = re.compile(rf"`((?:{_PYTHON_TYPE})(?: \| (?:{_PYTHON_TYPE}))*)`")
CHOICE = re.compile(r"^Invalid enum value (?P<shown>'?(?P<value>.*?)'?)$", re.DOTALL)
"""The sentence about a value that is none of those there may be."""


def in_words(what: str) -> str:
    """The sentence with JSON's names of types instead of Python's, and without the pattern that all text has."""
    told = _PYTHON_TYPES.sub(lambda found: " or ".join(_JSON_TYPES[name] for name in found[1].split(" | ")), what)
    told = CHOICE.sub(r"\g<shown> is none of the values that may stand here", told)
    return told.replace(f"matching regex {PRINTABLE!r}", "without control characters other than newline and tab")


def clause(what: str) -> str:
    """The same as the end of a sentence that has begun."""
    told = in_words(what)
    return f"{told[0].lower()}{told[1:]}"
