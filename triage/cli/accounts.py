"""`afterhours account`: who may sign in to the console. The first administrator is made here."""

from __future__ import annotations

from typing import Any

import click

from triage.cli.printing import print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command, whoever_types
from triage.cli.record_words import on_the_clock
from triage.errors import Refused
from triage.policy.access import Role
from triage.policy.case_words import clock
from triage.services import accounts
from triage.services.accounts import Invited

_ROLE = click.Choice([role.value for role in Role])


@click.group()
def account() -> None:
    """Who may sign in to the console."""


@account.command("invite")
@click.argument("email")
@click.option("--name", help="As others see it; for a new account.")
@click.option("--role", type=_ROLE, help="For a new account.")
@click.option("--person", metavar="ID", help="Who this is in the roster.")
@click.option("--keep-second-factor", "keeps", is_flag=True, help="For a lost password alone: the phone stays.")
@wants_json
@reported
def account_invite(
    *, email: str, name: str | None, role: str | None, person: str | None, keeps: bool, as_json: bool
) -> None:
    """Make an account and print the link that opens it, once. For an account that is there: a new link, a new password.

    The link is good for 72 hours. Who uses it sets up the second factor anew, unless it is kept.
    """
    program = program_for_command()
    desk, now = program.desk, program.now()
    if name is None and role is None and person is None:
        number = accounts.account_of(desk, email)
        invited = accounts.invite_again(desk, number, keeps_second_factor=keeps, actor=whoever_types(), now=now)
    elif name is None or role is None or keeps:
        raise Refused("give --name and --role for a new account; neither of them for a new link")
    else:
        invited = accounts.invite(
            desk, email, name=name, role=Role(role), person_id=person, actor=whoever_types(), now=now
        )
    link = program.settings.public_url + invited.path
    if as_json:
        print_json(_record(invited, link))
    else:
        click.echo(f"Good once, until {clock(invited.expires_at, desk.terms)}, for {invited.email}:\n{link}")


@account.command("list")
@wants_json
@reported
def account_list(*, as_json: bool) -> None:
    """Every account, its role and whether it can be used."""
    program = program_for_command()
    found = accounts.list_accounts(program.desk, program.now())
    if as_json:
        print_json(found)
    else:
        print_table([on_the_clock(record, program.desk.terms) for record in found])


@account.command("role")
@click.argument("email")
@click.argument("role", type=_ROLE)
@wants_json
@reported
def account_role(*, email: str, role: str, as_json: bool) -> None:
    """Give an account another role, at once."""
    program = program_for_command()
    number = accounts.account_of(program.desk, email)
    accounts.change_role(program.desk, number, Role(role), actor=whoever_types(), now=program.now())
    if as_json:
        print_json({"id": number, "role": role})
    else:
        click.echo(f"{email} is {role}.")


@account.command("link")
@click.argument("email")
@click.argument("person", metavar="PERSON")
@wants_json
@reported
def account_link(*, email: str, person: str, as_json: bool) -> None:
    """Say who an account is in the roster, by the person's id."""
    program = program_for_command()
    number = accounts.account_of(program.desk, email)
    accounts.link_to_person(program.desk, number, person, actor=whoever_types(), now=program.now())
    if as_json:
        print_json({"id": number, "person": person})
    else:
        click.echo(f"{email} is {person} in the roster.")


@account.command("disable")
@click.argument("email")
@wants_json
@reported
def account_disable(*, email: str, as_json: bool) -> None:
    """Shut an account and end its sign-ins, at once. A new link opens it again."""
    program = program_for_command()
    number = accounts.account_of(program.desk, email)
    accounts.disable(program.desk, number, actor=whoever_types(), now=program.now())
    if as_json:
        print_json({"id": number, "state": "disabled"})
    else:
        click.echo(f"{email} is disabled.")


def _record(invited: Invited, link: str) -> dict[str, Any]:
    return {"id": invited.account_id, "email": invited.email, "link": link, "expires_at": invited.expires_at}
