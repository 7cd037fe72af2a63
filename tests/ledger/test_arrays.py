"""Arrays in PostgreSQL's binary form: what is sent is what PostgreSQL reads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.ledger import arrays
from service.ledger.arrays import bigint_array, bytea_array, instant_array, integer_array, text_array, uuid_array
from tests.conftest import Database

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


Connection = psycopg.Connection[tuple[Any, ...]]


def read(connection: Connection, content: bytes, type_name: str) -> Any:
    """What PostgreSQL makes of a binary parameter, told back by way of a table."""
    connection.execute(f"CREATE TEMPORARY TABLE told (value {type_name}) ON COMMIT DROP")
    sent = connection.pgconn.exec_params(b"INSERT INTO told VALUES ($1)", [content], param_formats=[1])
    assert sent.error_message == b""
    row = connection.execute("SELECT value FROM told").fetchone()
    connection.rollback()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("size", [0, 1, 2, 300])
def test_postgresql_reads_what_was_sent(database: Database, size: int) -> None:
    ids = [uuid4() if index % 3 else None for index in range(size)]
    blobs = [bytes([index % 256]) * index if index % 4 else None for index in range(size)]
    numbers = [index * 2**40 - 5 for index in range(size)]
    moments = [datetime(1970, 1, 1, tzinfo=UTC) + index * timedelta(days=99, microseconds=1) for index in range(size)]
    with psycopg.connect(database.owner, options="-c timezone=UTC") as connection:
        for made, type_name, items in [
            (uuid_array(ids), "uuid[]", ids),
            (bytea_array(blobs), "bytea[]", blobs),
            (bigint_array(numbers), "bigint[]", numbers),
            (integer_array(range(size)), "integer[]", list(range(size))),
            (instant_array(moments), "timestamptz[]", moments),
        ]:
            assert read(connection, made, type_name) == items


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(items=st.lists(texts, max_size=10))
def test_texts_arrive_unchanged(database: Database, items: list[str]) -> None:
    with psycopg.connect(database.owner) as connection:
        assert read(connection, text_array(items), "text[]") == items


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_read_back_to_the_microsecond(moment: datetime) -> None:
    assert arrays.read_instant(arrays.instant(moment)) == moment
