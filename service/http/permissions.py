"""What each role may do: one table, read by the check, the answer of /v1/me and the documentation."""

from collections.abc import Mapping
from typing import Literal

from domain.facts import Role

Permission = Literal["read", "record", "open", "invite", "inspect", "administer", "erase", "forward"]

PERMISSION_MEANS: Mapping[Permission, str] = {
    "read": "ask for what the key may see, and rotate the key itself",
    "record": "add facts to streams",
    "open": "open deals and goals",
    "invite": "give guests keys to a stream that one takes part in, and take them back",
    "inspect": "see who belongs to the workspace and which keys there are",
    "administer": "add and remove members, change their roles, give and take back keys",
    "erase": "destroy content for good, and hand out what is held on a person",
    "forward": "have facts sent to an address, with webhooks: owners handle everybody's, others their own",
}

ROLE_MAY: Mapping[Role, frozenset[Permission]] = {
    "owner": frozenset({"read", "record", "open", "invite", "inspect", "administer", "erase", "forward"}),
    "member": frozenset({"read", "record", "open", "invite"}),
    "coach": frozenset({"read", "record", "open"}),
    "auditor": frozenset({"read", "inspect"}),
    "service": frozenset({"read", "record", "open", "forward"}),
    "guest": frozenset({"read", "record"}),
}

ROLE_MEANS: Mapping[Role, str] = {
    "owner": "reads what the team sees or concerns them, records, manages members and keys, and erases",
    "member": "reads what the team sees or concerns them, records, and invites guests",
    "coach": "reads and records what the team sees, and what participants see where they are one",
    "auditor": "reads what the team sees, and the workspace's own record of members and keys; records nothing",
    "service": "another program: reads and records; its facts are attested as `system`",
    "guest": "one party on one stream: reads what is shared there, and records shared facts",
}
