"""What importing does to a process: the library silences psycopg, we undo that, and the service imports neither."""

import subprocess
import sys

import pytest

from tests.running import ROOT

SHOW = "print([logging.getLogger(name).level for name in ('psycopg', 'psycopg.pool')])"


@pytest.mark.parametrize(
    ("before", "after", "levels"),
    [
        ("", "import eventsourcing.postgres", "[0, 0]"),
        ("import eventsourcing.postgres", "", "[0, 0]"),
        ("logging.getLogger('psycopg').setLevel(30)", "import eventsourcing.postgres", "[30, 0]"),
    ],
)
def test_psycopg_logs_as_before(before: str, after: str, levels: str) -> None:
    program = f"import logging\n{before}\nimport service.eventsourcing\n{after}\n{SHOW}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == levels


def test_the_service_does_without_the_library() -> None:
    program = "import sys, service.http.app, service.cli; print('eventsourcing' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
