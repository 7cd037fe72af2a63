"""Arrays in PostgreSQL's binary form: what is sent is what PostgreSQL reads."""

from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.ledger.arrays import (
    Array,
    ArrayDumper,
    bigint_array,
    bytea_array,
    integer_array,
    text_array,
    uuid_array,
)
from tests.conftest import Database

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@pytest.mark.parametrize("size", [0, 1, 2, 300])
def test_postgresql_reads_what_was_sent(database: Database, size: int) -> None:
    ids = [uuid4() if index % 3 else None for index in range(size)]
    blobs = [bytes([index % 256]) * index if index % 4 else None for index in range(size)]
    numbers = [index * 2**40 - 5 for index in range(size)]
    with psycopg.connect(database.app) as connection:
        connection.adapters.register_dumper(Array, ArrayDumper)
        for made, type_name, items in [
            (uuid_array(ids), "uuid[]", ids),
            (bytea_array(blobs), "bytea[]", blobs),
            (bigint_array(numbers), "bigint[]", numbers),
            (integer_array(range(size)), "integer[]", list(range(size))),
        ]:
            row = connection.execute("SELECT %b, pg_typeof(%b)::text, cardinality(%b)", [made] * 3).fetchone()
            assert row == (items, type_name, size)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(items=st.lists(texts, max_size=10))
def test_texts_arrive_unchanged(database: Database, items: list[str]) -> None:
    with psycopg.connect(database.app) as connection:
        connection.adapters.register_dumper(Array, ArrayDumper)
        assert connection.execute("SELECT %b", [text_array(items)]).fetchone() == (items,)


def test_several_arrays_of_different_types_in_one_statement(database: Database) -> None:
    one = UUID(int=1)
    with psycopg.connect(database.app) as connection:
        connection.adapters.register_dumper(Array, ArrayDumper)
        for _ in range(7):  # past the point where psycopg prepares the statement
            row = connection.execute(
                "SELECT %b, %b, %b", [uuid_array([one]), text_array(["a"]), bytea_array([None])]
            ).fetchone()
            assert row == ([one], ["a"], [None])
