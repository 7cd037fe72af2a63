"""The pages for people are complete: every call that reads is listed, examples are there, and links lead somewhere."""

import re
from pathlib import Path

import pytest

from service.http.examples import EXAMPLES
from tests.answers_table import ADDRESS, PAGE, openapi_document, page
from tests.running import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def test_the_page_of_answers_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(openapi_document()), "run python -m tests.answers_table --write"


def test_every_call_that_reads_is_on_the_page() -> None:
    listed = set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE))
    reading = {path for path, methods in openapi_document()["paths"].items() if "get" in methods}
    assert {re.sub(r"^/v1/(deals|goals)/\{stream_id\}", "…", path) for path in reading} == listed


def test_every_example_is_linked_once() -> None:
    links = [link for link in LINK.findall(PAGE.read_text("utf-8")) if link.startswith(ADDRESS)]
    assert sorted(links) == sorted(f"{ADDRESS}/docs/examples/{name}.json" for name in EXAMPLES)


@pytest.mark.parametrize("file", [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS], ids=lambda file: file.name)
def test_links_to_files_lead_somewhere(file: Path) -> None:
    links = [link for link in LINK.findall(file.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_the_index_lists_every_page() -> None:
    listed = set(LINK.findall((ROOT / "docs" / "README.md").read_text("utf-8")))
    assert listed == {file.name for file in DOCS} - {"README.md"}
