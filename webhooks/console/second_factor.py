"""Setting up the second factor: a QR code, its first code, ten recovery codes."""

from __future__ import annotations

import io

from flask import Response, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from triage.errors import Busy, Refused
from triage.policy.access import Permission, Stage
from triage.services import accounts
from triage.services import second_factor as factors
from webhooks.console import console, cookies
from webhooks.console.access import needs, signed_in
from webhooks.console.browser import address
from webhooks.console.forms import ReplaceForm, SetUpForm
from webhooks.console.layout import form_page
from webhooks.console.sign_in import code_at
from webhooks.program import desk, program

_BEFORE_AND_LATER = (Stage.SET_UP, Stage.COMPLETE)


@console.route("/account/second-factor", methods=["GET", "POST"])
@needs(Permission.OWN_ACCOUNT, *_BEFORE_AND_LATER)
def set_up_second_factor() -> AnyResponse | tuple[str, int]:
    """Scan, then prove it by a code. The recovery codes are shown in the answer, and never again."""
    who, now = signed_in(), program().now()
    form = ReplaceForm() if who.has_second_factor else SetUpForm()
    candidate = factors.candidate(desk(), who)
    if not form.validate_on_submit():
        return form_page("set_up.html", form, candidate=candidate)
    try:
        if isinstance(form, ReplaceForm):
            accounts.confirm(desk(), who, form.present.data, address=address(), now=now)
        token, codes = factors.set_up(desk(), who, form.code.data, address=address(), code_at=code_at(), now=now)
    except (Refused, Busy) as error:
        return form_page("set_up.html", form, error, candidate=candidate)
    answer = make_response(render_template("recovery_codes.html", codes=codes))
    cookies.give_token(answer, token)
    return answer


@console.get("/account/second-factor/qr.svg")
@needs(Permission.OWN_ACCOUNT, *_BEFORE_AND_LATER)
def second_factor_qr() -> Response:
    """What the app scans; a file of its own, so that the page needs no inline picture."""
    import segno  # noqa: PLC0415 - large, and asked for once in the life of an account

    out = io.BytesIO()
    segno.make(factors.candidate(desk(), signed_in()).uri, error="m").save(
        out, kind="svg", scale=5, border=4, dark="#000", light="#fff"
    )
    return Response(out.getvalue(), mimetype="image/svg+xml")
