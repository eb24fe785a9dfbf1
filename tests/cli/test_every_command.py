"""What holds for every command: help, exit codes, one JSON document on standard output and nothing else there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Run, document
from triage.cli import main
from triage.store import schema

PROMISED = {
    "serve",
    "web",
    "scheduler",
    "migrate",
    "policy check",
    "policy explain",
    "policy price",
    "oncall who",
    "case list",
    "case show",
    "report sla",
    "report billing",
    "audit verify",
    "doctor",
}
WANTS_SETTINGS = {"backup", "booking add", "canary", "move", "reconcile", "report mail", "restore", "simulate"}
"""Commands that exit with 2 where a setting or a file is missing that the others do without."""

WITHOUT_DATABASE = {"alarm", "backup", "migrate", "move"}
"""Commands that are tried here where there is no database yet."""

RUNNERS = {"serve", "web", "scheduler", "simulator"}
"""Commands that run until they are told to stop; they answer nothing."""

SPAN = ("--from", "2026-11-01", "--to", "2026-11-30")
ANSWERING = {
    "alarm": ("afterhours-backup",),
    "migrate": (),
    "policy check": (),
    "policy explain": ("--at", "2026-11-21T02:30:00Z"),
    "policy price": ("--rate", "standard", "--minutes", "5"),
    "move": ("--to", "postgresql+psycopg://nobody@127.0.0.1:1/none"),
    "oncall calendar": SPAN,
    "oncall gaps": (),
    "oncall who": (),
    "case dealer": ("1001", "none", "--reason", "Nobody of theirs called"),
    "case list": (),
    "case show": ("1001",),
    "case pack": ("1001", "--out", "pack.zip"),
    "report sla": SPAN,
    "report billing": SPAN,
    "report mail": ("--month", "2026-11"),
    "audit verify": (),
    "reconcile": (),
    "recording verify": (),
    "booking add": (
        "--from",
        "2026-11-23T15:00:00Z",
        "--to",
        "2026-11-23T16:00:00Z",
        "--technician",
        "lee",
        "--phone",
        "+16145550199",
    ),
    "backup": ("--to", "backups"),
    "restore": ("backups/x.db",),
    "booking cancel": ("B1",),
    "booking finish": ("B1", "--minutes", "5"),
    "booking list": (),
    "booking move": ("B1", "--from", "2026-11-23T15:00:00Z", "--to", "2026-11-23T16:00:00Z"),
    "booking show": ("B1",),
    "booking start": ("B1",),
    "canary": (),
    "dealer add": ("A1", "--name", "Acme Telecom"),
    "dealer change": ("A1", "--account"),
    "dealer export": ("--kind", "sites"),
    "dealer import": ("sites.csv", "--kind", "sites"),
    "dealer list": (),
    "dealer pin": ("A1", "Kim Reyes"),
    "dealer show": ("A1",),
    "doctor": (),
    "invoice export": ("1", "--form", "quickbooks"),
    "invoice list": (),
    "invoice make": ("--through", "2026-10-31"),
    "invoice show": ("2026-0001",),
    "ledger borrow": ("C9", "2026-Q3"),
    "ledger close-quarter": ("2026-Q3",),
    "ledger correct": ("C9", "30", "--reason", "x"),
    "ledger show": ("C9",),
    "ledger statement": ("C9", "2026-Q3"),
    "session add": ("--kind", "call", "--person", "lee", "--dealer", "C9"),
    "session correct": ("99", "--note", "x", "--reason", "y"),
    "session list": (),
    "session show": ("1",),
    "simulate": (),
    "session withdraw": ("99", "--reason", "y"),
    "account disable": ("dana@example.com",),
    "account invite": ("dana@example.com", "--name", "Dana", "--role", "administrator"),
    "account link": ("dana@example.com", "dana"),
    "account list": (),
    "account role": ("dana@example.com", "auditor"),
    "texts": (),
    "twilio fallback": (),
    "twilio setup": (),
}


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_every_promised_command_is_there() -> None:
    assert {name for name, _ in commands()} >= PROMISED


def test_every_command_answers_in_json_or_runs_for_ever() -> None:
    for name, command in commands():
        options = {option for parameter in command.params for option in parameter.opts}
        assert ("--json" in options) == (name not in RUNNERS), name


def test_every_command_is_tried_here() -> None:
    assert {name for name, _ in commands()} == set(ANSWERING) | RUNNERS


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name, _ in commands()])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_says_what_it_does_and_exits_0(name: str, flag: str, run: Run) -> None:
    result = run(*name.split(), flag)

    assert result.exit_code == 0
    assert f"{name} [OPTIONS]" in result.stdout
    assert result.stderr == ""


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "arguments"), ANSWERING.items())
def test_json_is_one_document_and_logs_go_to_standard_error(
    name: str, arguments: tuple[str, ...], run: Run, sqlite_template: Path, tmp_path: Path
) -> None:
    if name not in WITHOUT_DATABASE:  # others would take longer to make one than for their work
        shutil.copy(sqlite_template, tmp_path / "x.db")
    (tmp_path / "sites.csv").write_text("dealer,name,zone,product,software,licence_until,trunk\n")  # for dealer import
    result = run(*name.split(), *arguments, "--json", database_url=f"sqlite:///{tmp_path}/x.db", log_format="json")

    assert result.exit_code in ({2} if name in WANTS_SETTINGS else {0, 1})
    if result.stdout:
        json.loads(result.stdout)
    for line in result.stderr.splitlines():
        assert line.startswith(("{", "afterhours: "))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nonsense",), "No such command"),
        (("case", "list", "--nonsense"), "No such option"),
        (("case", "show"), "Missing argument"),
        (("case", "pack", "1001"), "Missing option '--out'"),
        (("case", "pack", "1001", "--out", "no/such/folder/x.zip"), "x.zip cannot be written: No such file"),
        (("report", "sla", *SPAN, "--format", "xml"), "is not one of"),
        (("report", "sla", *SPAN, "--window", "night"), "is not one of 'support_hours', 'evening'"),
        (("report", "sla", *SPAN, "--caller", "555 0199"), "is not a whole number; write it like +16145550199"),
        (("report", "sla", "--from", "2026-11-31", "--to", "2026-12-01"), "is not a date; write it like 2026-11-01"),
        (("report", "billing", "--from", "yesterday", "--to", "2026-12-01"), "is not a date"),
        (("report", "billing", "--from", "2026-12-01", "--to", "2026-11-01"), "--to is before --from"),
        (("report", "sla", "--from", "0001-01-01", "--to", "9999-12-31"), "write a year from 1970 to 2200"),
        (("invoice", "make"), "Missing option '--through'"),
        (("invoice", "make", "--through", "2199-12-31"), "2199-12-31 lies ahead: take today, or a day before"),
        (("invoice", "export", "1", "--form", "sage"), "is not one of 'csv', 'quickbooks', 'xero'"),
        (("booking", "show", "Bx"), "is no booking; write it like B12"),
        (("booking", "add", "--from", "2026-11-23 15:00"), "has no zone; add Z for UTC"),
        (("policy", "explain"), "Missing option '--at'"),
        (("policy", "explain", "--at", "2026-11-21T02:30:00"), "has no zone; add Z for UTC, or an offset"),
        (("policy", "explain", "--at", "2026-11-21"), "has no zone"),
        (("policy", "explain", "--at", "tonight"), "is not an instant; write it like 2026-11-01T05:30:00Z"),
        (("policy", "explain", "--at", "9999-12-31T23:59:59-12:00"), "write a year from 1970 to 2200"),
        (("policy", "explain", "--at", "0001-01-01T00:00:00+14:00"), "write a year from 1970 to 2200"),
        (("policy", "explain", "--at", "2026-11-21T02:30Z", "--product", "toaster"), "is not one of"),
        (
            ("policy", "explain", "--at", "2026-11-21T02:30Z", "--left-at", "2026-11-21T02:29Z"),
            "--left-at is before --at",
        ),
        (("policy", "price", "--rate", "standard"), "give --minutes"),
        (("policy", "price", "--rate", "remote_day"), "give --days"),
        (("policy", "price", "--rate", "friendship", "--minutes", "5"), "these are: after_hours, standard"),
        (("policy", "price", "--rate", "standard", "--minutes", "-5"), "is not in the range"),
        (("policy", "price", "--rate", "standard", "--minutes", "9" * 40), "is not in the range"),
        (("policy", "price", "--rate", "remote_day", "--days", "0"), "is not in the range"),
        (("oncall", "who", "--at", "2026-11-21 02:30"), "has no zone"),
        (("texts", "--most", "0"), "is not in the range"),
        (("account", "invite", "dana@example.com", "--name", "Dana"), "give --name and --role for a new account"),
        (("account", "invite", "dana", "--name", "Dana", "--role", "auditor"), "is no e-mail address: write it like"),
        (("account", "role", "dana@example.com", "boss"), "is not one of"),
        (("dealer", "add", "A 1", "--name", "Acme"), "code: 'A 1' is no code; write up to 40 letters"),
        (("dealer", "add", "A1", "--name", "Acme", "--joined-on", "soon"), "is not a date; write it like 2026-11-01"),
        (("dealer", "export", "--kind", "toys"), "is not one of"),
        (("dealer", "import", "no-such.csv", "--kind", "sites"), "does not exist"),
    ],
)
def test_wrong_usage_exits_2_and_says_how_to_mend_it(arguments: tuple[str, ...], told: str, run: Run) -> None:
    result = run(*arguments, "--json") if "nonsense" not in arguments[0] else run(*arguments)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"database_url": "mysql://x"}, "AFTERHOURS_DATABASE_URL"),
        ({"databse_url": "sqlite:///x.db"}, "AFTERHOURS_DATABSE_URL in the environment is not a setting"),
        ({"public_url": "afterhours.example"}, "AFTERHOURS_PUBLIC_URL: write it as https://host"),
        ({"policy_file": "no-such-file.toml"}, "AFTERHOURS_POLICY_FILE: no-such-file.toml cannot be read"),
        ({"roster_file": "no-such-file.toml"}, "AFTERHOURS_ROSTER_FILE: no-such-file.toml cannot be read"),
        ({"twilio_account_sid": "AC" + "1" * 32}, "set AFTERHOURS_TWILIO_AUTH_TOKEN too"),
    ],
)
def test_wrong_configuration_exits_2_in_one_line(settings: dict[str, str], told: str, run: Run) -> None:
    result = run("case", "list", "--json", **settings)

    assert result.exit_code == 2
    assert result.stderr.startswith("afterhours: ")
    assert told in result.stderr
    assert result.stdout == ""


def test_a_record_that_does_not_exist_exits_1(run: Run) -> None:
    result = run("case", "show", "4711", "--json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.strip().endswith("afterhours: there is no case 4711; `afterhours case list` shows them")


def test_a_database_that_does_not_answer_exits_1(run: Run, tmp_path: Path) -> None:
    result = run("case", "list", "--json", database_url=f"sqlite:///{tmp_path}/no/such/folder/x.db")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "afterhours: unable to open database file" in result.stderr


def test_a_migrated_database_says_where_it_is(run: Run) -> None:
    assert document(run("migrate", "--json")) == {"revision": schema.newest()}
    assert run("migrate").stdout == f"The database is at {schema.newest()}.\n"
