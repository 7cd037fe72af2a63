"""Every fact in one plain sentence, for people who do not know the types' names. Judges nothing."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.facts import Fact
from projections.sentences import course, record, talk
from projections.sentences.course import Sentence
from projections.sentences.teller import Teller

__all__ = ["SENTENCES", "Teller", "sentence"]

SENTENCES: Mapping[str, Sentence] = MappingProxyType({**course.SENTENCES, **talk.SENTENCES, **record.SENTENCES})
"""How each type of fact is told."""

ALL_ERASED = "What this fact said was erased"


def sentence(teller: Teller, fact: Fact) -> str:
    """One line that tells a fact: who did what, with the words that are left of it."""
    if fact.data is None:
        return ALL_ERASED
    told = SENTENCES[fact.type](teller, fact, fact.data)
    return told[0].upper() + told[1:]
