"""What says that there is nothing but encryption: to browsers, and by the doctor about PostgreSQL."""

from __future__ import annotations

import pytest

from config.settings import Settings
from triage.cli.doctor_settings import examine_settings
from webhooks.headers import only_encrypted

YEAR = "max-age=31536000"


@pytest.mark.parametrize(
    ("public_url", "told"),
    [
        ("https://voicemail.example.com", f"{YEAR}; includeSubDomains"),
        ("https://example.com", YEAR),
        ("https://afterhours", YEAR),
        ("http://127.0.0.1:8080", None),
    ],
)
def test_a_name_of_its_own_speaks_for_all_names_below_it(public_url: str, told: str | None) -> None:
    assert only_encrypted(public_url) == told


HERE = "postgresql+psycopg://afterhours@127.0.0.1/afterhours"
SOCKET = "postgresql+psycopg://afterhours@/afterhours?host=/run/postgresql"
AWAY = "postgresql+psycopg://afterhours@db.example.com/afterhours"
PROVEN = f"{AWAY}?sslmode=verify-full&sslrootcert=/etc/afterhours/ca.pem"


@pytest.mark.parametrize(
    ("url", "direct", "is_told"),
    [
        ("sqlite:///afterhours.db", None, False),
        (HERE, None, False),
        (SOCKET, None, False),
        (PROVEN, None, False),
        (AWAY, None, True),
        (f"{AWAY}?sslmode=require", None, True),
        (f"{SOCKET.partition('?')[0]}?host=db.example.com", None, True),
        (HERE, AWAY, True),
        (HERE, PROVEN, False),
    ],
)
def test_postgresql_on_another_machine_has_to_prove_who_it_is(url: str, direct: str | None, *, is_told: bool) -> None:
    found = examine_settings(Settings(_env_file=None, database_url=url, database_direct_url=direct))

    assert any("without proof" in each.text for each in found) is is_told
