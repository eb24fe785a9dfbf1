"""A small OpenID Connect provider that signs with a key of its own. What it says can be bent, claim by claim."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey

from triage.clock import SystemClock

CLIENT_ID, CLIENT_SECRET = "afterhours", "a secret of the client"


@dataclass
class Provider:
    """`claims` and `document` replace what it would say; None takes it away. `email` is whose browser comes by.

    `asked` are the paths that were asked for, in their order.
    """

    issuer: str = ""
    email: str = "technician@example.com"
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    is_huge: bool = False
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    published: ECKey | None = None
    about: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _granted: dict[str, dict[str, str]] = field(default_factory=dict)

    def let_in(self, address: str) -> tuple[str, str]:
        """Somebody came with this address and signed in: the code and the state that they go back with."""
        wanted = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert wanted["response_type"] == "code"
        assert (wanted["client_id"], wanted["code_challenge_method"]) == (CLIENT_ID, "S256")
        code = f"code-{len(self._granted)}"
        self._granted[code] = wanted
        return code, wanted["state"]

    def app(self) -> Flask:
        app = Flask(__name__)
        app.before_request(lambda: self.asked.append(request.path))
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/keys", view_func=self._keys)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/about", view_func=self._about)
        app.add_url_rule("/elsewhere", view_func=self._elsewhere)
        return app

    def _discovery(self) -> Response:
        if self.is_huge:
            return Response(" " * 400_000, mimetype="application/json")
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/about",
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
            **self.document,
        }
        return jsonify({name: value for name, value in said.items() if value is not None})

    def _about(self) -> Response:
        return jsonify(self.about)

    def _elsewhere(self) -> Response:
        return Response(status=302, headers={"Location": "/keys"})

    def _keys(self) -> Response:
        return jsonify(keys=[(self.published or self.key).as_dict(private=False)])

    def _token(self) -> Response | tuple[Response, int]:
        wanted = self._granted.pop(request.form["code"], None)
        given = request.authorization
        challenge = base64.urlsafe_b64encode(hashlib.sha256(request.form["code_verifier"].encode()).digest())
        is_right = wanted is not None and wanted["code_challenge"] == challenge.decode().rstrip("=")
        is_known = given is not None and (given.username, given.password) == (CLIENT_ID, CLIENT_SECRET)
        if self.token_status != 200:
            return jsonify(error="server_error"), self.token_status
        if wanted is None or not is_right or not is_known or request.form["redirect_uri"] != wanted["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        return jsonify(access_token="token", token_type="Bearer", expires_in=60, id_token=self._id_token(wanted))

    def _id_token(self, wanted: dict[str, str]) -> str:
        at = int(SystemClock().now().timestamp())
        said = {
            "iss": self.issuer,
            "sub": f"subject of {self.email}",
            "aud": CLIENT_ID,
            "iat": at,
            "exp": at + 300,
            "nonce": wanted["nonce"],
            "email": self.email,
            "email_verified": True,
            **self.claims,
        }
        claims = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key, algorithms=["ES256"])
