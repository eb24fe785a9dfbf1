"""The forms of the console. What they say when something is wrong says how to mend it."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from triage.policy.access import Role
from triage.policy.new_passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD

_ROLES = [SelectChoice(role.value, role.value.capitalize()) for role in Role]
_PASSWORD = Length(max=LONGEST_PASSWORD, message=f"Too long: take {LONGEST_PASSWORD} characters or fewer.")


class Form(FlaskForm):  # type: ignore[misc] # the library has no types
    """Every form carries the token without which nothing is changed."""


class SignInForm(Form):
    email = StringField(
        "E-mail",
        [InputRequired("Write your e-mail address."), Length(max=254, message="That is no e-mail address.")],
        render_kw={"type": "email", "autocomplete": "username", "autofocus": True, "spellcheck": "false"},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Write your password."), _PASSWORD],
        render_kw={"autocomplete": "current-password"},
    )


class CodeForm(Form):
    code = StringField(
        "Code",
        [InputRequired("Write the code."), Length(max=40, message="That is no code.")],
        render_kw={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"},
    )


class _NewPassword(Form):
    password = PasswordField(
        f"New password, {SHORTEST_PASSWORD} characters or more",
        [InputRequired("Choose a password."), _PASSWORD],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "The same again",
        [EqualTo("password", "The two are not the same: write them again.")],
        render_kw={"autocomplete": "new-password"},
    )


class AcceptForm(_NewPassword):
    """The first password, or the one after a lost one."""


class ChangePasswordForm(_NewPassword):
    present = PasswordField(
        "Present password",
        [InputRequired("Write your present password."), _PASSWORD],
        render_kw={"autocomplete": "current-password"},
    )


class SetUpForm(Form):
    code = StringField(
        "The six digits that the app shows now",
        [InputRequired("Write the six digits."), Length(max=40, message="That is no code.")],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


class PasswordAgain(Form):
    """Whoever is signed in proves once more who they are."""

    present = PasswordField(
        "Your password",
        [InputRequired("Write your password."), _PASSWORD],
        render_kw={"autocomplete": "current-password"},
    )


class EndForm(Form):
    """Ends sign-ins. Who has a password gives it: whoever took a browser away shuts nobody else out."""

    known = PasswordField(
        "Your password", [Optional(), _PASSWORD], render_kw={"autocomplete": "current-password", "id": "known"}
    )
    which = SelectField("Which", validators=[InputRequired("Choose which to end.")])


class ReplaceForm(SetUpForm, PasswordAgain):
    """Who has a second factor already gives the password again."""


class RoleForm(Form):
    role = SelectField("New role", choices=_ROLES)


class InviteForm(Form):
    name = StringField(
        "Name",
        [InputRequired("Write the name."), Length(max=80, message="Take 80 characters or fewer.")],
        render_kw={"autocomplete": "off"},
    )
    email = StringField(
        "E-mail",
        [InputRequired("Write the e-mail address."), Length(max=254, message="That is no e-mail address.")],
        render_kw={"type": "email", "autocomplete": "off", "spellcheck": "false"},
    )
    role = SelectField("Role", choices=_ROLES)
    person = SelectField("In the roster")
