"""Every reason the domain can say no: a named rule, with what would be accepted instead.

Refusal
 +- NotFound…     a reference that does not hold
 +- …             one class per rule, slug = its problem page
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A proposal the rules keep off the stream.

    `slug` names the problem page, `rule` is the rule in one sentence, `accepted` says what would be accepted instead.
    `detail` is this case in one sentence; `members` are machine-readable and never name what the caller may not see.
    """

    slug: ClassVar[str] = "refused"
    rule: ClassVar[str] = ""
    accepted: ClassVar[str] = ""

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members
