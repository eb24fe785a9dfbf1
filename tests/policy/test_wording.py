"""What people read: plain GSM-7, two segments at the most, times with EDT or EST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage.policy.bridge_words import closed
from triage.policy.closing_words import Change, billed, called_back_already, how_long, lost, outlasts_case, priced
from triage.policy.fields import WindowName
from triage.policy.gsm7 import is_gsm7, one_line, segments, septets, to_gsm7
from triage.policy.lengths import minutes_left
from triage.policy.notice_words import undelivered
from triage.policy.term_words import FLAG_WORDS, WINDOW_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.wording import (
    MENU,
    Card,
    again,
    alert,
    card_line,
    held_by,
    my_cases,
    not_understood,
    summary,
    taken,
    told,
    waiting_line,
    wall_clock,
)

NOW = datetime(2026, 3, 5, 4, 2, tzinfo=UTC)
DUE = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
EXTENDED = set("^{}\\[~]|€\f")
REASONS = ("ladder", "by_name", "resume", "at_risk", "breach", "nobody", "exhausted")


def a_card(**known: Any) -> Card:
    defaults = {"reference": "1042", "window": "overnight", "caller": "+13105551234", "place": None}
    return Card(**{**defaults, "due": DUE, "flags": (), **known})


ALERTED = [flag for flag in FLAG_WORDS if flag != "nobody_to_call"]  # which is of closed cases only
CARDS = st.builds(
    Card,
    reference=st.integers(1000, 999_999_999).map(str),
    window=st.sampled_from(get_args(WindowName)),
    caller=st.none() | st.integers(1_000_000, 999_999_999_999_999).map("+{}".format),
    place=st.none() | st.text(max_size=60) | st.sampled_from(["{" * 60, "€" * 40, "Zürich, ZH"]),
    due=st.none() | st.timedeltas(timedelta(-20), timedelta(20)).map(lambda span: DUE + span),
    flags=st.permutations(sorted(ALERTED)).flatmap(lambda all_: st.integers(0, 6).map(lambda n: tuple(all_[:n]))),
    product=st.sampled_from(get_args(ProductLine)),
    owner=st.none() | st.sampled_from(["Dana", "Lee", "Maximiliana-Josephine"]),
    since=st.none() | st.timedeltas(timedelta(-20), timedelta(0)).map(lambda span: NOW + span),
    has_recording=st.booleans(),
)


def counted_slowly(text: str) -> int:
    """Segments filled character by character: an extended character is never cut in two."""
    sizes = [2 if char in EXTENDED else 1 for char in text]
    if sum(sizes) <= 160:
        return 1
    count, room = 1, 153
    for size in sizes:
        if size > room:
            count, room = count + 1, 153
        room -= size
    return count


def test_alert_says_all_that_a_technician_needs(terms: Terms) -> None:
    card = a_card(place="COLUMBUS OH", flags=("emergency", "not_attested"), product="ucp")

    text = alert(card, "ladder", NOW, terms)

    assert text == (
        "1042 overnight: +13105551234 COLUMBUS OH. EMERGENCY. Not attested. UCP.\n"
        "Call by Thu 1:00 AM EST, 118 min left. Reply ACK 1042, CALL 1042 or PASS"
    )


@pytest.mark.parametrize(
    ("reason", "head"),
    [
        ("resume", "NO CALLBACK YET 1042 "),
        ("at_risk", "AT RISK 1042 "),
        ("breach", "OVERDUE 1042 "),
        ("ladder", "1042 "),
    ],
)
def test_alert_begins_with_its_reason(reason: str, head: str, terms: Terms) -> None:
    assert alert(a_card(), reason, NOW, terms).startswith(head)


def test_owner_is_asked_for_the_end_and_not_for_an_acknowledgement(terms: Terms) -> None:
    assert alert(a_card(), "at_risk", NOW, terms, is_owner=True).endswith(
        "Reply CALL 1042, DONE 1042 <min> or TRIED 1042"
    )


@given(card=CARDS, reason=st.sampled_from(REASONS), is_owner=st.booleans())
@example(card=a_card(place="{" * 60, flags=tuple(ALERTED)), reason="resume", is_owner=True)
@example(
    card=a_card(flags=tuple(ALERTED), product="discontinued", owner="M" * 20, since=NOW - timedelta(days=9)),
    reason="nobody",
    is_owner=False,
)
def test_any_alert_is_gsm7_and_two_segments_at_the_most(card: Card, reason: str, is_owner: bool, terms: Terms) -> None:
    text = again(alert(card, reason, NOW, terms, is_owner=is_owner))

    assert is_gsm7(text)
    assert counted_slowly(text) <= 2
    assert text.count("\n") == 1


@given(card=CARDS)
def test_any_answer_is_gsm7_and_two_segments_at_the_most(card: Card, terms: Terms) -> None:
    change = Change(
        by="M" * 20, owner=card.owner, is_new_owner=True, called_back_at=NOW - timedelta(days=9), is_by_attempts=True,
        is_closed=True, minutes=999, session_of="M" * 20,
    )  # fmt: skip
    after = [
        called_back_already(card, NOW, NOW, terms, is_mine=is_mine, is_by_attempts=True) for is_mine in (True, False)
    ]
    after += [how_long(card, NOW, NOW, terms, is_mine=False), lost(card, change, NOW, terms)]
    texts = [
        *after,
        taken(card, NOW, terms),
        held_by(card, NOW, NOW, terms),
        card_line(card, NOW, terms),
        told(card, "Hello."),
    ]

    assert all(is_gsm7(text) and counted_slowly(text) <= 2 for text in [*texts, MENU])


@given(counts=st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), name=st.text(max_size=40))
def test_any_list_is_two_segments_at_the_most_and_says_how_many(
    counts: tuple[int, int, int], name: str, terms: Terms
) -> None:
    card = a_card(reference="123456789", caller="+441234567890123", flags=("emergency",), owner=name or "Lee")
    mine, waiting, stalled = counts
    line = waiting_line(card, DUE + timedelta(days=30), terms)

    text = my_cases([card_line(card, NOW, terms)] * mine, [line] * waiting, [line] * stalled)

    assert is_gsm7(text)
    assert counted_slowly(text) <= 2
    assert all(f"{count} {what}" in text for count, what in ((waiting, "waiting"), (stalled, "taken")) if count)


@pytest.mark.parametrize("count", [1, 46, 47, 1000])
def test_summary_of_a_storm_fits_two_segments(count: int) -> None:
    text = summary([str(1000 + n) for n in range(count)])

    assert text.startswith(f"{count} more cases wait: 1000")
    assert counted_slowly(text) <= 2
    assert (f"and {count - 46} more" in text) is (count > 46)


def test_words_of_windows_and_flags_are_complete() -> None:
    assert set(WINDOW_WORDS) == set(get_args(WindowName))
    assert set(FLAG_WORDS) == {
        *("emergency", "not_attested", "not_supported", "deferred", "hang_up", "no_recording", "little_said"),
        *("blocked", "nobody_to_call", "misdated", "doubtful_pin"),
    }


@pytest.mark.parametrize(
    ("at", "now", "words"),
    [
        ("2026-03-05T06:00Z", "2026-03-05T05:30Z", "1:00 AM EST"),
        ("2026-03-05T06:00Z", "2026-03-05T04:30Z", "Thu 1:00 AM EST"),
        ("2026-03-05T17:00Z", "2026-03-05T06:00Z", "12:00 PM EST"),
        ("2026-03-05T05:00Z", "2026-03-05T06:00Z", "12:00 AM EST"),
        ("2026-07-06T12:05Z", "2026-07-06T06:00Z", "8:05 AM EDT"),
        ("2026-03-09T14:00Z", "2026-03-07T04:30Z", "Mon 10:00 AM EDT"),
        ("2026-03-16T14:00Z", "2026-03-07T04:30Z", "Mar 16, 10:00 AM EDT"),
        ("2026-03-11T14:00Z", "2026-03-05T17:00Z", "Wed 10:00 AM EDT"),
        ("2026-03-12T14:00Z", "2026-03-05T17:00Z", "Mar 12, 10:00 AM EDT"),
        ("2025-11-02T05:30Z", "2025-11-02T05:00Z", "1:30 AM EDT"),
        ("2025-11-02T06:30Z", "2025-11-02T05:00Z", "1:30 AM EST"),
    ],
)
def test_instant_is_said_with_its_half_of_the_repeated_hour_and_the_day_where_needed(
    at: str, now: str, words: str, terms: Terms
) -> None:
    assert wall_clock(datetime.fromisoformat(at), datetime.fromisoformat(now), terms) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (7200, "120 min left"),
        (7199, "119 min left"),
        (60, "1 min left"),
        (59, "59 s left"),
        (0, "due now"),
        (-1, "1 s late"),
        (-60, "1 min late"),
        (-3601, "60 min late"),
    ],
)
def test_time_left_is_never_more_than_is_left(seconds: int, words: str) -> None:
    assert minutes_left(NOW + timedelta(seconds=seconds), NOW) == words


def test_time_that_has_passed_is_not_asked_for(terms: Terms) -> None:
    assert "\nCall now: due 1:00 AM EST, 12 min late. Reply" in alert(
        a_card(), "breach", DUE + timedelta(minutes=12), terms
    )


def test_alert_of_the_risk_that_comes_after_the_breach_says_overdue(terms: Terms) -> None:
    assert alert(a_card(), "at_risk", DUE, terms).startswith("OVERDUE 1042 ")


def test_reason_that_ends_in_a_full_stop_has_one() -> None:
    assert undelivered("Lee Okafor", "sms", "Bad gateway.", None).endswith("failed: Bad gateway.")


def test_withheld_number_is_said_and_not_left_blank(terms: Terms) -> None:
    card = a_card(caller=None)

    assert "number unknown" in alert(card, "ladder", NOW, terms)
    assert "number unknown" in card_line(card, NOW, terms)
    assert "CALL" not in taken(card, NOW, terms) + alert(card, "ladder", NOW, terms)


def test_closed_case_says_what_was_billed() -> None:
    assert billed("1042", 60, Decimal("247.50"), "after_hours") == "1042 is closed: 60 min, after-hours rate, $247.50."
    assert billed("1042", 0, None, "standard") == "1042 is closed: 0 min, not billed."


@given(text=st.text(max_size=200))
def test_any_text_becomes_gsm7_and_stays_so(text: str) -> None:
    plain = to_gsm7(text)

    assert is_gsm7(plain)
    assert to_gsm7(plain) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain ASCII 123 @$", "plain ASCII 123 @$"),
        ("Zürich é ñ Å", "Zürich é ñ Å"),
        ("it’s “so” – yes…", 'it\'s "so" - yes...'),  # noqa: RUF001 - its subject is characters that look alike
        ("čo ő ł", "co o ?"),
        ("日本", "??"),
        ("a\u00a0b", "a b"),
    ],
)
def test_character_outside_the_alphabet_becomes_what_looks_like_it(text: str, plain: str) -> None:
    assert to_gsm7(text) == plain


@given(text=st.text(max_size=100), longest=st.integers(5, 40))
def test_somebody_elses_words_are_one_short_line(text: str, longest: int) -> None:
    line = one_line(text, longest)

    assert len(line) <= longest
    assert line.isprintable()
    assert line == line.strip()


@pytest.mark.parametrize(
    ("length", "count"), [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
)
def test_segments_hold_160_alone_and_153_each_together(length: int, count: int) -> None:
    assert segments("x" * length) == counted_slowly("x" * length) == count


@pytest.mark.parametrize("char", sorted(EXTENDED))
def test_extended_character_takes_two_places(char: str) -> None:
    assert septets(char) == 2
    assert segments(char * 80) == 1
    assert segments(char * 81) == 2


def test_extended_character_is_never_cut_in_two() -> None:
    text = "x" * 152 + "{" + "x" * 152

    assert segments(text) == counted_slowly(text) == 3


LONGEST_NAME = "Christopher"
TOWN = "SAN FRANCISCO CA"
AFTER = DUE + timedelta(minutes=119)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (a_card(place=TOWN, owner=LONGEST_NAME, since=NOW, product="application"), "breach"),
        (a_card(place=TOWN, owner=LONGEST_NAME, since=NOW, flags=("not_attested",)), "breach"),
        (a_card(place=TOWN, owner=LONGEST_NAME, since=NOW, flags=("emergency",)), "breach"),
        (a_card(place=TOWN, due=None, flags=("not_supported",), product="discontinued"), "ladder"),
    ],
    ids=["overdue", "not attested", "emergency", "discontinued"],
)
def test_alerts_of_the_longest_names_are_one_segment(card: Card, reason: str, terms: Terms) -> None:
    text = alert(card, reason, AFTER, terms)

    assert segments(text) == 1, (septets(text), text)


def test_alert_keeps_town_and_product_where_leaving_them_out_saves_nothing(terms: Terms) -> None:
    flags = ("emergency", "not_attested", "no_recording")
    text = alert(a_card(place=TOWN, product="application", flags=flags, owner=LONGEST_NAME), "breach", AFTER, terms)

    assert (TOWN in text, "Application" in text, segments(text)) == (True, True, 2)


def test_answers_to_a_closed_case_and_to_odd_words_are_one_segment() -> None:
    rest = priced(Decimal("1237.50"), "after_hours")
    doubt = outlasts_case(timedelta(hours=11, minutes=47, seconds=12))
    texts = [
        closed("10423", 36_663, 135, 720, rest),
        closed("10423", 734, 35, 60, rest) + doubt,
        not_understood("x" * 80),
    ]

    assert [(septets(text), text) for text in texts if segments(text) > 1] == []
