"""The program in docs/eventsourcing.md does what it says."""

import re
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT, environment_of


def test_the_documented_application_works(environment: dict[str, str], tmp_path: Path) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "eventsourcing.md").read_text(), re.DOTALL)
    program = tmp_path / "shelves.py"
    program.write_text(text)
    del environment["PERSISTENCE_MODULE"]  # the program says it itself
    done = subprocess.run(
        [sys.executable, program],
        env=environment_of(tmp_path, environment),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
