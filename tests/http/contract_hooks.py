"""Where OpenAPI cannot say what the service takes, what the contract fuzz generates is brought inside by these hooks.

1. JSON Schema counts 5.0 among the integers; the service takes digits only, so that no client comes to depend on it.
2. A cursor is a string that the service made; no schema can describe which.
3. Two parameters of the agenda bound each other.
4. Waiting for facts that nobody records takes as long as it says; a list of types is described by its form alone.
5. Which policies there are is for the service's folder to say; the schema tells how their names look.
6. A difference takes two optional times, of which one at least is given.
"""

from typing import Any

import schemathesis

Case = schemathesis.Case[Any]


@schemathesis.hook
def map_case(context: schemathesis.HookContext, case: Case) -> Case:
    """Cases that are meant to be accepted; those that are meant to be refused stay as they are."""
    if case.meta is None or case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
        _mend(case)
    return case


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """The same for the cases of the coverage phase, which are not drawn but listed."""
    if case.meta is not None and case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
        _mend(case)


def _mend(case: Case) -> None:
    if case.query:
        case.query.pop("cursor", None)
        case.query.pop("wait", None)
        case.query.pop("types", None)
        if "policy" in case.query:
            case.query["policy"] = "trust/1"
        if "from" in case.query:
            case.query.pop("to", None)
    against = {"against_as_of", "against_known_at"} & set(case.query or ())
    if case.operation.path.endswith("/difference") and not against:
        case.query = {**(case.query or {}), "against_known_at": 0}
    case.body = _in_digits(case.body)


def _in_digits(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _in_digits(inner) for name, inner in value.items()}
    return [_in_digits(inner) for inner in value] if isinstance(value, list) else value
