"""The master key opens what it wrapped, in the context it was wrapped in, and nothing else."""

import base64
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.faults import StartRefusal
from service.masterkey import MasterKey, WrappedKeyUnreadable, obtain
from service.settings import Settings, read_settings
from tests.conftest import Database

CONTENT_KEY = bytes(range(32))


def settings(folder: Path, **extra: str) -> Settings:
    return read_settings({"THROUGHLINE_DATA": str(folder), **extra})


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.app, autocommit=True) as opened:
        yield opened


def test_a_wrapped_key_comes_back() -> None:
    key = MasterKey(b"m" * 32)
    wrapped = key.wrap(CONTENT_KEY, b"row 1")
    assert key.unwrap(wrapped, b"row 1") == CONTENT_KEY
    assert CONTENT_KEY not in wrapped


@pytest.mark.parametrize("length", [0, 5, 12, 59, 61])
def test_a_cut_wrapped_key_is_unreadable(length: int) -> None:
    key = MasterKey(b"m" * 32)
    wrapped = (key.wrap(CONTENT_KEY, b"row 1") + b"x")[:length]
    with pytest.raises(WrappedKeyUnreadable):
        key.unwrap(wrapped, b"row 1")


def test_another_context_or_another_key_does_not_open_it() -> None:
    wrapped = MasterKey(b"m" * 32).wrap(CONTENT_KEY, b"row 1")
    with pytest.raises(WrappedKeyUnreadable):
        MasterKey(b"m" * 32).unwrap(wrapped, b"row 2")
    with pytest.raises(WrappedKeyUnreadable):
        MasterKey(b"n" * 32).unwrap(wrapped, b"row 1")


def test_the_same_key_wrapped_twice_looks_different() -> None:
    key = MasterKey(b"m" * 32)
    assert key.wrap(CONTENT_KEY, b"") != key.wrap(CONTENT_KEY, b"")


def test_a_key_is_made_once_for_our_own_server(folder: Path, connection: psycopg.Connection[Any]) -> None:
    first = obtain(settings(folder), connection)
    file = folder / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = obtain(settings(folder), connection)
    assert again.unwrap(first.wrap(CONTENT_KEY, b""), b"") == CONTENT_KEY


def test_a_lost_key_is_not_replaced(folder: Path, connection: psycopg.Connection[Any]) -> None:
    obtain(settings(folder), connection)
    (folder / "master.key").unlink()
    with pytest.raises(StartRefusal, match="is missing, and this data was sealed with it"):
        obtain(settings(folder), connection)
    assert not (folder / "master.key").exists()


def test_a_wrong_key_is_refused_without_telling_it(folder: Path, connection: psycopg.Connection[Any]) -> None:
    obtain(settings(folder), connection)
    wrong = base64.b64encode(b"w" * 32).decode()
    with pytest.raises(StartRefusal, match="is not the one this data was sealed with") as caught:
        obtain(settings(folder, THROUGHLINE_MASTER_KEY=wrong), connection)
    assert wrong not in str(caught.value)


@pytest.mark.parametrize(("content", "said"), [("nonsense", "32 bytes as base64"), (None, "does not exist")])
def test_a_key_file_must_hold_a_key(
    folder: Path, connection: psycopg.Connection[Any], content: str | None, said: str
) -> None:
    file = folder / "given.key"
    if content:
        file.write_text(content)
    with pytest.raises(StartRefusal, match=said):
        obtain(settings(folder, THROUGHLINE_MASTER_KEY_FILE=str(file)), connection)


def test_a_key_file_that_is_a_folder_is_refused(folder: Path, connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(StartRefusal, match="cannot be read: Is a directory"):
        obtain(settings(folder, THROUGHLINE_MASTER_KEY_FILE=str(folder)), connection)
