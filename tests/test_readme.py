"""The README shows what happens: its tour is run, and its tables and its picture are the code's."""

import shutil
from pathlib import Path

import pytest

from service.settings import settings_table
from tests.readme import PICTURE, README, compared, picture, run_tour, with_answers, written
from tests.running import Start


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tour is told with curl, which is not installed")
def test_the_tour_prints_what_the_readme_shows(service_process: Start, folder: Path) -> None:
    service = service_process(folder / "data")
    assert compared(written(run_tour(service))) == compared(README.read_text())


def test_the_table_of_settings_is_the_code_s() -> None:
    assert settings_table() in README.read_text()


def test_the_table_of_what_can_be_asked_and_the_picture_are_the_code_s() -> None:
    assert with_answers(README.read_text()) == README.read_text()
    assert PICTURE.read_bytes() == picture()
