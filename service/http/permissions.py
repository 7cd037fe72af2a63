"""What each role may do: one table, read by the check, the answer of /v1/me and the documentation."""

from collections.abc import Mapping
from typing import Literal

from domain.facts import Role

Permission = Literal["read", "record", "open", "administer"]

ROLE_MAY: Mapping[Role, frozenset[Permission]] = {
    "owner": frozenset({"read", "record", "open", "administer"}),
    "member": frozenset({"read", "record", "open"}),
    "coach": frozenset({"read", "record", "open"}),
    "auditor": frozenset({"read"}),
    "service": frozenset({"read", "record", "open"}),
    "guest": frozenset({"read", "record"}),
}

ROLE_MEANS: Mapping[Role, str] = {
    "owner": "reads what the team sees or concerns them, records, and manages members and keys",
    "member": "reads what the team sees or concerns them, and records",
    "coach": "reads and records what the team sees, and what participants see where they are one",
    "auditor": "reads what the team sees, and the workspace's own record of members and keys; records nothing",
    "service": "another program: reads and records; its facts are attested as `system`",
    "guest": "one party on one stream: reads what is shared there, and records shared facts",
}
