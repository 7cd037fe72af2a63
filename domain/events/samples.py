"""The ids that the catalogue's examples share, so that together they tell one story. Only constants."""


def _id(number: int) -> str:
    return f"0190c5a0-7b1e-7000-8000-{number:012d}"


# People of the example deal, and of the example goal (whose owner is the deal's seller).
SELLER = _id(1)
BUYER = _id(2)
USER = _id(3)
COACH = _id(4)

# Things, by kind.
QUESTION = _id(11)
INSIGHT = _id(12)
ASSUMPTION = _id(13)
MOTIVE = _id(14)
FORCE = _id(15)
NO = _id(16)
ALTERNATIVE = _id(17)
HESITATION = _id(18)
OBJECTION = _id(19)
COMMITMENT = _id(20)
REQUIREMENT = _id(21)
HELP = _id(22)
MILESTONE_SIGNED = _id(23)
MILESTONE_PILOT = _id(24)
EXPERIMENT = _id(25)
ROUTINE = _id(26)
OUTCOME = _id(27)
DECOMPOSITION = _id(28)
STEP_FIRST = _id(29)
STEP_SECOND = _id(30)

# The other goal that the example goal supports, and an event that the examples of the record family point at.
PARENT_GOAL = _id(41)
NOTE_EVENT = _id(42)
CREDENTIAL = _id(43)
EXPORT = _id(44)
