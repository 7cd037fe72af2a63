"""The page of every bound, and what it must not leave out."""

from pathlib import Path

import pytest

from service.http.bounds import Bound, bounds, bounds_page
from service.setting_kinds import Setting
from service.settings import TABLE
from tests.running import ROOT

BOUNDS = bounds()


def named(one: Bound) -> str:
    return f"{one.module}:{one.name}"


def test_the_page_is_the_one_of_the_code() -> None:
    assert Path(ROOT, "openapi", "bounds.md").read_text("utf-8") == bounds_page(), "run `throughline openapi`"


def test_every_bound_has_its_reason_beside_it() -> None:
    assert [named(one) for one in BOUNDS if not one.reason] == []


def test_constants_are_found_wherever_they_are_declared() -> None:
    found = {named(one): one.value for one in BOUNDS}
    assert found["service/connections.py:HEADER_BYTES_MAX"] == "32 * 1024"  # with a text below it
    assert found["service/http/limits.py:CALLERS_MAX"] == "20000"  # with a comment above it
    assert found["service/ledger/tickets.py:SERVES"] == "timedelta(hours=12)"
    assert len(found) > 100


@pytest.mark.parametrize(
    "setting", [one for one in TABLE if one.name.endswith(("_MAX", "_S", "_MINUTE"))], ids=lambda one: one.name
)
def test_every_setting_that_bounds_something_is_on_the_page_with_its_reason(setting: Setting) -> None:
    (line,) = [line for line in bounds_page().splitlines() if line.startswith(f"| `{setting.name}` |")]
    assert not line.endswith("|  |")
