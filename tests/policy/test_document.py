"""Faults in a policy or roster file: each with its line, its key and its mend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.settings import SHIPPED_POLICY
from triage.policy.document import UnreadableDocument, overlay, parse_toml
from triage.policy.terms import Terms, stored_terms

Contract = Callable[[str], Terms]
RUNG = "[[ladder.steps]]\nafter = '1m'\nto = ['primary']\nby = ['sms']"


def fault_of(contract: Contract, text: str) -> str:
    with pytest.raises(UnreadableDocument) as refused:
        contract(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("zoen = 'UTC'", "line 1: zoen: unknown key; did you mean zone?"),
        ("\n[windows.evening]\n\nrates = 'standard'", "line 4: windows.evening.rates: unknown key; did you mean rate?"),
        ("[windows.evning]\nrate = 'standard'", "line 1: windows.evning: unknown key; did you mean evening?"),
        ("[window.evening]\nrate = 'standard'", "line 1: window: unknown key; did you mean windows?"),
        ("# mine\nwindow.evening.rate = 'standard'", "line 2: window: unknown key; did you mean windows?"),
        ("windows.evning.rate = 'standard'", "line 1: windows.evning: unknown key; did you mean evening?"),
        ("[windows]\nother = {rat = 'standard'}", "line 2: windows.other.rat: unknown key; did you mean rate?"),
        (
            "[promise]\n'resume_after' = '1m'",
            "line 2: promise.resume_after: unknown key; did you mean resume_after_ack?",
        ),
        ("[emergency]\nxyz = 1", "line 2: emergency.xyz: unknown key; known here: more_than_percent; delete it"),
        ("[windows.evening.hours]\nx = 1", "line 1: windows.evening.hours: unknown key; known here: clause"),
        (
            f"{RUNG}\n\n{RUNG}\nvia = ['sms']",
            "line 10: ladder.steps.1.via: unknown key; known here: after, to, by, at_least; delete it",
        ),
    ],
)
def test_unknown_key_names_its_line_and_what_it_may_be(text: str, fault: str, contract: Contract) -> None:
    assert f"mine.toml: {fault}" in fault_of(contract, text)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("windows.evening.callback_within = '2 hours'", "'2 hours' is not a span; write it like 2h, 90s, 1h30m or 7d"),
        ("windows.evening.callback_within = 120", "120 is not a span; write it like 2h"),
        ("windows.evening.callback_within = ''", "'' is not a span"),
        ("windows.evening.callback_within = '-2h'", "'-2h' is not a span"),
        ("windows.evening.callback_within = '1m2h'", "'1m2h' is not a span"),
        ("windows.evening.callback_within = '0s'", "a promise needs some time; write a span above 0s"),
        ("windows.evening.callback_within = '99999999999d'", "write it like 2h, 90s, 1h30m or 7d"),
        ("windows.evening.callback_within = '99999999d'", "write it like 2h, 90s, 1h30m or 7d"),
        ("promise.realert_after_breach = '0s'", "would flood a phone; write 1s or more"),
        ("rates.standard.price = 165.0", "165.0 is not money; write it as a string"),
        ("rates.standard.price = 165", '165 is not money; write it as a string, like "247.50"'),
        ("rates.standard.price = '165.005'", "'165.005' is not money; write dollars and cents"),
        ("rates.standard.price = '-1.00'", "'-1.00' is not money; write dollars and cents"),
        ("rates.standard.price = '$165'", "'$165' is not money; write dollars and cents"),
        ("rates.standard.price = 'NaN'", "'NaN' is not money"),
        ("rates.standard.price = 'sNaN'", "'sNaN' is not money"),
        ("rates.standard.price = 'Infinity'", "'Infinity' is not money"),
        ("rates.standard.price = '1e30'", "'1e30' is not money"),
        ("rates.standard.price = '1_000'", "'1_000' is not money"),
        ("rates.standard.price = ''", "'' is not money"),
        ("rates.standard.step = '90s'", "step is counted in whole minutes, one at least"),
        ("rates.standard.minimum = '0s'", "minimum is counted in whole minutes, one at least"),
        ("rates.standard.per = '30s'", "per is counted in whole minutes, one at least"),
        ("hours.opens = '8:00'", "'8:00' is not a time of day; write it like \"17:00\""),
        ("hours.opens = '24:00'", "'24:00' is not a time of day"),
        ("hours.opens = 08:00:00", "'08:00:00' is not a time of day"),
        ("hours.opens = 8", "8 is not a time of day"),
        ("hours.opens = '17:00'", "opens must be before closes, on the same day"),
        ("hours.closes = '07:00'", "opens must be before closes, on the same day"),
        ("hours.days = ['monday']", "'monday' is not a day; write one of mon, tue, wed"),
        ("hours.days = [1]", "1 is not a day"),
        ("hours.days = 'mon'", "valid array"),
        ("hours.closures = ['Christmas']", "valid date"),
        ("hours.closures = [2026-12-24T10:00:00]", "date"),
        (
            "hours.observed = ['Thanksgivin Day']",
            "'Thanksgivin Day' is no holiday of US: did you mean Thanksgiving Day?",
        ),
        ("hours = {observed = ['Christmas Day'], observed_country = 'XX'}", "'XX' is no country"),
        ("zone = 'EDT'", 'write "America/New_York", or "Etc/GMT+4" for EDT all year round'),
        ("zone = 'EST'", "'EST' is not a region"),
        ("zone = 'America/Columbus'", "'America/Columbus' is not in the time-zone data"),
        ("zone = 'America/'", "'America/' is not in the time-zone data"),
        ("zone = '../etc/passwd'", "'../etc/passwd' is not in the time-zone data"),
        ("zone = 4", "4 is not a region"),
        ("windows.other.rate = 'prepaid'", "'after_hours' or 'standard'"),
        ("windows.other.onsite_required = 'yes'", "valid boolean"),
        ("windows.other.onsite_required = 1", "valid boolean"),
        ("windows.other.clause = 4", "valid string"),
        ("windows.other = '2h'", "object"),
        ("emergency.more_than_percent = 101", "less than or equal to 100"),
        ("emergency.more_than_percent = -1", "greater than or equal to 0"),
        ("emergency.more_than_percent = '75'", "valid integer"),
        ("emergency.more_than_percent = true", "valid integer"),
        ("limits.texts = 0", "greater than or equal to 1"),
        ("limits.texts = inf", "integer"),
        ("limits.texts = nan", "integer"),
        ("products.emg.after_hours = 'sleep'", "'page', 'defer' or 'list'"),
        ("intake.absent_recording = 'drop'", "'page' or 'list'"),
        ("credits.windows = ['night']", "'support_hours', 'evening', 'overnight' or 'other'"),
        ("credits.overage_rate = 'remote_day'", "'after_hours', 'standard', 'prepaid' or 'credit_overage'"),
        ("promise.breach_by = ['fax']", "'sms' or 'voice'"),
        ("ladder.steps = []", "name one at least"),
        ("ladder.rounds = 0", "greater than or equal to 1"),
        ("ladder.steps = [{after='1m', to=[], by=['sms']}]", "name one at least"),
        ("ladder.steps = [{after='1m', to=['primary']}]", "by: missing; add it"),
        ("spoken.en.promise = 'within {hours}'", "spoken.en.promise: the blanks here are {within}"),
        ("spoken.es.promise = 'en {rate}'", "spoken.es.promise: the blanks here are {within}"),
        ("spoken.en.billed = 'costs {'", "the blanks here are {rate} and {minimum}"),
        ("spoken.en.emergency = '{} percent'", "the blanks here are {percent}"),
        ("spoken.en.server = '{due.day}'", "the blanks here are {due}"),
        ("spoken.en.server = '{due[day]}'", "the blanks here are {due}"),
        ("spoken.en.record = 'Speak, {name}'", "spoken.en.record: there is no blank here"),
        ("spoken.en.windows.other = '{window}'", "spoken.en.windows.other: there is no blank here"),
        ("spoken.en.voice = 'Polly.Lupe'", "'Polly.Lupe' does not speak en-US; write one of Polly.Ivy, Polly.Joanna"),
        ("spoken.es.voice = 'Google.en-US-Standard-A'", "'Google.en-US-Standard-A' does not speak es-US"),
        ("spoken.es.language = 'español'", "string should match pattern"),
        (
            "spoken.es = {language = 'en-US', voice = 'Polly.Joanna'}",
            "es.language is en-US; write a language that begins with es-",
        ),
        ("spoken.en.greeting = 'Hello'", "spoken.en.greeting: unknown key"),
        ("phone.languages = []", "name one at least"),
        ("phone.languages = ['en', 'en']", "name each language once"),
        ("phone.languages = ['fr']", "'en' or 'es'"),
        ("phone.blocked = ['6145550199']", "string should match pattern"),
        ("phone.day_desk_rings = '4s'", "write a span from 5s to 600s"),
        ("phone.silence = '1s'", "write a span from 2s to 60s"),
        ("phone.max_length = '2h'", "write a span from 10s to 3600s"),
    ],
)
def test_wrong_value_names_its_line_and_its_mend(line: str, mend: str, contract: Contract) -> None:
    fault = fault_of(contract, f"# The owner's file.\n\n{line}\n")

    assert fault.startswith("mine.toml: line 3: ")
    assert mend in fault


def test_steps_out_of_order_name_the_step(contract: Contract) -> None:
    rungs = "".join(f"[[ladder.emergency]]\nafter='{after}'\nto=['primary']\nby=['sms']\n" for after in ("5m", "1m"))

    assert "line 1: ladder.emergency: step 2 comes before the step above it" in fault_of(contract, rungs)


def test_every_fault_is_named_at_once(contract: Contract) -> None:
    fault = fault_of(contract, "zone = 'EDT'\nzoen = 'UTC'\nlimits.texts = 0\n")

    assert sorted(line.split(": ")[1] for line in fault.splitlines()) == ["line 1", "line 2", "line 3"]


@pytest.mark.parametrize(
    ("text", "line"), [("zone = \n", 1), ("a = 1\nb = [1,\n", 3), ("[hours]\nzone\n", 2), ("a = 1\na = 2", 2)]
)
def test_text_that_is_no_toml_names_the_line(text: str, line: int) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        parse_toml(text, name="mine.toml")

    assert refused.value.faults[0].line in {line, None}
    assert str(refused.value).startswith("mine.toml: ")


def test_lines_are_those_of_the_file_where_values_span_several(contract: Contract) -> None:
    text = '[trunks]\ncertified = [\n  "one = two",\n  "three",\n]\n[spoken.en]\nkept = """\nzone = x\n"""\nkep = "y"\n'

    assert fault_of(contract, text).startswith("mine.toml: line 10: spoken.en.kep: unknown key; did you mean kept?")


def test_empty_file_is_the_shipped_contract(contract: Contract, terms: Terms) -> None:
    assert contract("# nothing of mine\n") == terms


def test_short_file_keeps_every_shipped_value_beside_its_own(contract: Contract, terms: Terms) -> None:
    mine = contract('[windows.evening]\ncallback_within = "20s"\n')
    version = mine.version

    same = mine.model_copy(update={"windows": terms.windows})

    assert mine.windows.evening.callback_within.total_seconds() == 20
    assert mine.windows.evening.rate == terms.windows.evening.rate
    assert mine.windows.overnight == terms.windows.overnight
    assert same == terms
    assert version != same.version == terms.version


def test_list_of_the_owner_replaces_the_shipped_one_whole(contract: Contract, terms: Terms) -> None:
    mine = contract('[[ladder.steps]]\nafter = "0s"\nto = ["managers"]\nby = ["voice"]\n')

    assert [step.to for step in mine.ladder.steps] == [("managers",)]
    assert mine.ladder.emergency == terms.ladder.emergency
    assert mine.ladder.rounds == terms.ladder.rounds


def test_overlay_leaves_both_its_sides_as_they_were() -> None:
    beneath = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    above = {"a": {"y": [3]}, "b": {"z": 1}}

    assert overlay(beneath, above) == {"a": {"x": 1, "y": [3]}, "b": {"z": 1}}
    assert beneath == {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert above == {"a": {"y": [3]}, "b": {"z": 1}}


@pytest.mark.parametrize("span", ["1s", "20s", "90s"])
def test_promise_is_honoured_down_to_one_second(span: str, contract: Contract) -> None:
    windows = "".join(
        f'windows.{name}.callback_within = "{span}"\n' for name in ("support_hours", "evening", "overnight", "other")
    )
    promise = "".join(
        f'promise.{name} = "{span}"\n' for name in ("at_risk_before", "realert_after_breach", "resume_after_ack")
    )

    mine = contract(f'{windows}{promise}ladder.repeat_after = "{span}"\nlimits.summary_every = "{span}"')

    seconds = int(span[:-1])
    assert mine.windows.other.callback_within.total_seconds() == seconds
    assert mine.promise.realert_after_breach.total_seconds() == seconds
    assert stored_terms(mine.canonical, shipped=SHIPPED_POLICY.read_text()) == mine
