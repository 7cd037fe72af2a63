"""Settings are read once and whole: what is wrong is told together, and secrets are never told."""

import base64
from pathlib import Path

import pytest

from service.faults import StartRefusal
from service.settings import TABLE, read_settings, settings_help, settings_table

KEY = base64.b64encode(b"k" * 32).decode()


def refused(environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(StartRefusal) as caught:
        read_settings(environment)
    return caught.value.sentences


def test_an_empty_environment_is_enough() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.own_server) == ("127.0.0.1", 8000, True)
    assert settings.data == Path.cwd() / "data"


def test_all_faults_are_told_at_once() -> None:
    told = refused(
        {
            "THROUGHLINE_PORT": "65536",
            "THROUGHLINE_BODY_DEADLINE_S": "nan",
            "THROUGHLINE_CORS_ORIGINS": "app.example.org",
            "THROUGHLINE_HOTS": "x",
            "DATABASE_URL": "postgresql://[",
        }
    )
    for name in ("THROUGHLINE_PORT", "THROUGHLINE_BODY_DEADLINE_S", "THROUGHLINE_CORS_ORIGINS", "THROUGHLINE_HOTS"):
        assert any(name in sentence for sentence in told)
    assert len(told) == 6  # the master key, which DATABASE_URL asks for, is the sixth


def test_a_misspelt_variable_is_refused_with_the_nearest_name() -> None:
    told = refused({"THROUGHLINE_PROT": "80"})
    assert told == ("THROUGHLINE_PROT is not a setting; the nearest is THROUGHLINE_PORT.",)


@pytest.mark.parametrize("text", ["-1", "8e3", " 80", "٨٠", "0x50", "80.0", "9" * 400])
def test_a_port_is_a_plain_whole_number(text: str) -> None:
    assert refused({"THROUGHLINE_PORT": text}) == ("THROUGHLINE_PORT must be a whole number from 0 to 65535.",)


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"k" * 31).decode(), KEY[:-1] + "!", "é"])
def test_a_master_key_of_another_form_is_refused_without_repeating_it(text: str) -> None:
    (sentence,) = refused({"THROUGHLINE_MASTER_KEY": text})
    assert "32 bytes as base64" in sentence
    assert text not in sentence


def test_another_server_needs_a_master_key() -> None:
    (sentence,) = refused({"DATABASE_URL": "postgresql://someone:hidden@db/x"})
    assert "THROUGHLINE_MASTER_KEY" in sentence
    assert "hidden" not in sentence


def test_two_master_keys_are_one_too_many() -> None:
    (sentence,) = refused({"THROUGHLINE_MASTER_KEY": KEY, "THROUGHLINE_MASTER_KEY_FILE": "/run/key"})
    assert "keep one of them" in sentence


def test_a_migrating_role_alone_is_refused() -> None:
    (sentence,) = refused({"DATABASE_MIGRATE_URL": "postgresql://owner@db/x"})
    assert "DATABASE_URL" in sentence


def test_an_empty_variable_is_an_absent_one() -> None:
    assert read_settings({"THROUGHLINE_PORT": "", "DATABASE_URL": ""}) == read_settings({})


def test_secrets_are_not_in_the_settings_text() -> None:
    settings = read_settings(
        {
            "DATABASE_URL": "postgresql://someone:hidden@db/x",
            "DATABASE_MIGRATE_URL": "postgresql://owner:hidden@db/x",
            "THROUGHLINE_MASTER_KEY": KEY,
        }
    )
    assert settings.master_key == b"k" * 32
    assert "hidden" not in repr(settings)
    assert "kkkk" not in repr(settings)


def test_every_setting_is_in_the_table_and_in_the_help() -> None:
    for setting in TABLE:
        assert f"| `{setting.name}` |" in settings_table()
        assert setting.name in settings_help()
