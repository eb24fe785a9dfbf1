"""Who may do what in the console, how long a sign-in lasts, when the next attempt is allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.policy.access import (
    PER_ACCOUNT,
    PER_ADDRESS,
    Permission,
    Role,
    Stage,
    may,
    network_of,
    read_email,
    shows_second_factor,
    sign_in_ends_at,
    stage_of,
    steps_that_count,
    wait_until,
    why_over,
)

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
READS = {permission for permission in Permission if permission.value.startswith("read ")}


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=each) for each in minutes]


def test_an_auditor_reads_all_and_changes_nothing_but_their_own_account() -> None:
    assert {permission for permission in Permission if may(Role.AUDITOR, permission)} == READS | {
        Permission.OWN_ACCOUNT
    }


def test_an_administrator_may_everything_and_nobody_else_changes_accounts() -> None:
    assert all(may(Role.ADMINISTRATOR, permission) for permission in Permission)
    assert [role for role in Role if may(role, Permission.CHANGE_ACCOUNTS)] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("permission", [Permission.CORRECT_CASES, Permission.READ_REPORTS, Permission.READ_HISTORY])
def test_a_technician_works_on_cases_and_judges_none(permission: Permission) -> None:
    assert may(Role.TECHNICIAN, Permission.WORK_CASES)
    assert not may(Role.TECHNICIAN, permission)


def test_nobody_is_in_without_a_second_factor() -> None:
    assert stage_of(has_second_factor=False, has_passed=False) is Stage.SET_UP
    assert stage_of(has_second_factor=True, has_passed=False) is Stage.SECOND_FACTOR
    assert stage_of(has_second_factor=True, has_passed=True) is Stage.COMPLETE


@pytest.mark.parametrize(
    ("amr", "acr", "is_shown"),
    [
        (["pwd"], None, False),
        (["pwd", "MFA"], None, True),
        (["hwk"], "1", True),
        ("mfa", None, False),
        ([1, None], None, False),
        (None, "urn:example:loa:2FA", True),
        (None, "https://refeds.org/profile/mfa", True),
        (None, "urn:example:loa:2fa:any", False),
        (None, "https://login.sc.gov/loa/1", False),
        (None, "urn:example:no-mfa", False),
        (None, "loa1-without-2fa", False),
        (None, "phrh", True),
        (None, "http://example.com/comfa", False),
        ({}, {}, False),
    ],
)
def test_a_provider_shows_a_second_factor_by_the_words_of_the_standard(
    amr: object, acr: object, is_shown: bool
) -> None:
    assert shows_second_factor(amr, acr) is is_shown


def test_who_was_seen_with_a_second_factor_elsewhere_needs_none_here() -> None:
    assert stage_of(has_second_factor=False, has_passed=True) is Stage.COMPLETE


@pytest.mark.parametrize(
    ("role", "stage", "used_after", "lasts", "said"),
    [
        (Role.MANAGER, Stage.SECOND_FACTOR, timedelta(minutes=9), timedelta(minutes=10), "within 10 minutes."),
        (Role.MANAGER, Stage.COMPLETE, timedelta(hours=3), timedelta(hours=15), "out after 12 hours without use."),
        (Role.MANAGER, Stage.COMPLETE, timedelta(days=6, hours=23), timedelta(days=7), "a sign-in lasts 7 days."),
        (Role.TECHNICIAN, Stage.COMPLETE, timedelta(days=6), timedelta(days=13), "out after 7 days without use."),
        (Role.TECHNICIAN, Stage.COMPLETE, timedelta(days=29), timedelta(days=30), "a sign-in lasts 30 days."),
    ],
)
def test_a_sign_in_ends_when_it_is_not_used_or_too_old_and_says_which(
    role: Role, stage: Stage, used_after: timedelta, lasts: timedelta, said: str
) -> None:
    times = {"begun_at": NOW, "seen_at": NOW + used_after}
    ends_at = sign_in_ends_at(role, stage, **times)

    assert ends_at == NOW + lasts
    assert why_over(role, stage, **times, now=ends_at - timedelta(seconds=1)) is None
    for later in (timedelta(0), timedelta(days=40)):
        assert (why_over(role, stage, **times, now=ends_at + later) or "").endswith(said)


@pytest.mark.parametrize(
    ("failed", "waits"),
    [
        ([1, 2, 3, 4], None),
        ([1, 2, 3, 4, 5], 10),
        ([14, 14, 14, 14, 14], 1),
        ([15, 14, 14, 14, 14], None),
        ([1, 2, 3, 4, 5, 6, 7], 10),
        ([30 * number for number in range(1, 21)], 24 * 60 - 600),
    ],
)
def test_after_five_failures_in_a_quarter_of_an_hour_or_twenty_in_a_day_one_waits(
    failed: list[float], waits: float | None
) -> None:
    expected = None if waits is None else NOW + timedelta(minutes=waits)

    assert wait_until(ago(*failed), PER_ACCOUNT, NOW) == expected


def test_an_office_may_fail_more_often_than_a_person() -> None:
    assert wait_until(ago(*[1] * 19), PER_ADDRESS, NOW) is None
    assert wait_until(ago(*[1] * 20), PER_ADDRESS, NOW) == NOW + timedelta(minutes=14)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Dana@Example.COM ", "dana@example.com"),
        ("STRASSE@x.de", "strasse@x.de"),
        ("straße@x.de", None),
        ("te\u212ahnician@example.com", None),
        ("dana@\u212b.example", "dana@\u212b.example"),
        ("dana", None),
        ("dana@example", None),
        ("da na@example.com", None),
        ("dana@@example.com", None),
        ("dana@example.com\x1b", None),
        (f"{'x' * 250}@x.de", None),
        ("", None),
    ],
)
def test_an_email_is_kept_in_one_form(typed: str, kept: str | None) -> None:
    assert read_email(typed) == kept


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.77", "203.0.113.77"),
        ("2001:db8:1:2:aaaa::7", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("::1", "::1"),
        ("unknown", "unknown"),
    ],
)
def test_attempts_count_for_an_address_or_for_the_network_of_one_site(address: str, counted: str) -> None:
    assert network_of(address) == counted


def test_a_code_counts_for_its_half_minute_and_those_beside_it_but_never_again() -> None:
    step = int(NOW.timestamp()) // 30

    assert steps_that_count(NOW, None) == [step - 1, step, step + 1]
    assert steps_that_count(NOW, step - 1) == [step, step + 1]
    assert steps_that_count(NOW, step + 1) == []
