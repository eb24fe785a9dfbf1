"""Signing in by an OpenID Connect provider: the code flow with PKCE, by Authlib.

Only the issuer of the settings is asked, and what its own discovery document names: by https, or by http where the
issuer itself is this machine's. Redirects are not followed, answers are small and come in seconds.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from threading import BoundedSemaphore, Lock
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from triage.errors import Busy, ProviderUnavailable, Refused
from triage.policy.access import read_email, shows_second_factor
from triage.ports import Handshake, Identity
from triage.transports.in_time import watch, within

_SCOPE = "openid email"
_TIMEOUTS = (3.0, 5.0)
_LONGEST_ANSWER_SECONDS = 8.0
_LARGEST_ANSWER = 256 * 1024
_KEPT_SECONDS = 3600.0
_NOT_AGAIN_SECONDS = 10.0
_CLOCKS_DIFFER_SECONDS = 60
_LONGEST_SUBJECT = 255
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures that only the provider can make: none by the shared secret, and not "none"."""

_DOES_NOT_ANSWER = (
    "The sign-in provider does not answer as it should. Try again in a minute, or sign in with your password."
)
_NOT_PROVEN = "The sign-in provider's answer does not prove who you are. Begin again."


@dataclass(frozen=True, slots=True)
class _Document:
    """What the provider said at an instant of the monotonic clock."""

    content: Mapping[str, Any]
    at: float


class OpenIdProvider:
    """The provider of the settings. The same process takes voicemails: two threads at the most wait for its answers."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        self._issuer, self._client_id, self._client_secret = issuer, client_id, client_secret
        self._lock, self._at_once = Lock(), BoundedSemaphore(2)
        self._documents: dict[str, _Document] = {}
        self._failed_at: float | None = None

    @property
    def name(self) -> str:
        return urlsplit(self._issuer).netloc

    def send(self, back_to: str) -> Handshake:
        with self._turn():
            endpoint = self._endpoint("authorization_endpoint")
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with self._session(back_to) as session:
            address, state = session.create_authorization_url(endpoint, nonce=nonce, code_verifier=verifier)
        return Handshake(address=address, state=state, nonce=nonce, verifier=verifier)

    def identify(self, handshake: Handshake, code: str, back_to: str, at: datetime) -> Identity:
        with self._turn(), self._session(back_to) as session:
            token = self._token(session, handshake, code)
            claims = self._claims(token, handshake.nonce, at)
            subject = claims["sub"]
            if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
                raise Refused(_NOT_PROVEN)
            about = claims if "email" in claims else self._about(session, token, subject)
        email = about.get("email")
        return Identity(
            issuer=self._issuer,
            subject=subject,
            email=read_email(email) if isinstance(email, str) and about.get("email_verified") is True else None,
            has_second_factor=shows_second_factor(claims.get("amr"), claims.get("acr")),
        )

    def check(self) -> str:
        with self._turn():
            self._documents.clear()
            keys = self._keys()
        return f"{self._issuer} answers, {len(keys.keys)} key{'' if len(keys.keys) == 1 else 's'}"

    def _token(self, session: OAuth2Session, handshake: Handshake, code: str) -> Mapping[str, Any]:
        endpoint = self._endpoint("token_endpoint")
        try:
            with _our_errors():
                token = session.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=handshake.verifier
                )
        except AuthlibBaseError:
            raise Refused(_NOT_PROVEN) from None
        if not isinstance(token, Mapping) or not isinstance(token.get("id_token"), str):
            raise Refused(_NOT_PROVEN)
        return token

    def _claims(self, token: Mapping[str, Any], nonce: str, at: datetime) -> CodeIDToken:
        """The ID token's, after its signature, issuer, audience, times and nonce were verified."""
        known = self._named("id_token_signing_alg_values_supported", "RS256")
        registry = JWSRegistry(algorithms=[name for name in _ALGORITHMS if name in known], strict_check_header=False)
        try:
            try:
                decoded = jwt.decode(token["id_token"], self._keys(), registry=registry)
            except InvalidKeyIdError:  # it has new keys
                decoded = jwt.decode(token["id_token"], self._keys(afresh=True), registry=registry)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
            )
            claims.validate(int(at.timestamp()), _CLOCKS_DIFFER_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError):
            raise Refused(_NOT_PROVEN) from None
        return claims

    def _about(self, session: OAuth2Session, token: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
        """What it says of them elsewhere, where the ID token has no e-mail address."""
        if not token.get("access_token") or "userinfo_endpoint" not in self._metadata():
            return {}
        with _our_errors():
            answer = session.get(self._endpoint("userinfo_endpoint"))
        about = _content(answer)
        return about if about.get("sub") == subject else {}

    def _keys(self, *, afresh: bool = False) -> KeySet:
        try:
            return KeySet.import_key_set(cast("Any", self._fetched(self._endpoint("jwks_uri"), afresh=afresh)))
        except (JoseError, ValueError, TypeError, KeyError):
            raise ProviderUnavailable(_DOES_NOT_ANSWER) from None

    def _endpoint(self, name: str) -> str:
        address = self._metadata().get(name)
        if not isinstance(address, str) or not self._may_be_asked(address):
            raise ProviderUnavailable(_DOES_NOT_ANSWER)
        return address

    def _metadata(self) -> Mapping[str, Any]:
        found = self._fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            raise ProviderUnavailable(f"{self._issuer} says that its name is another one: set that very name.")
        return found

    def _fetched(self, address: str, *, afresh: bool = False) -> Mapping[str, Any]:
        """A document of the provider's, kept for an hour. One that just failed is not asked for again at once."""
        with self._lock:
            kept, failed_at, now = self._documents.get(address), self._failed_at, time.monotonic()
            is_fresh = kept is not None and now - kept.at < (_NOT_AGAIN_SECONDS if afresh else _KEPT_SECONDS)
        if kept is not None and is_fresh:
            return kept.content
        if failed_at is not None and now - failed_at < _NOT_AGAIN_SECONDS:
            raise ProviderUnavailable(_DOES_NOT_ANSWER)
        try:
            with self._session(None) as session, _our_errors():
                content = _content(session.get(address, withhold_token=True))
        except ProviderUnavailable:
            self._failed_at = time.monotonic()
            raise
        with self._lock:
            self._documents[address], self._failed_at = _Document(content, time.monotonic()), None
        return content

    def _session(self, back_to: str | None) -> OAuth2Session:
        return _CarefulSession(
            self._may_be_asked,
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method=self._way_to_authenticate() if back_to else None,
            scope=_SCOPE,
            redirect_uri=back_to,
            code_challenge_method="S256",
        )

    def _way_to_authenticate(self) -> str:
        known = self._named("token_endpoint_auth_methods_supported", "client_secret_basic")
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"

    def _named(self, name: str, otherwise: str) -> list[object]:
        """A list of its discovery document; the default of the standard where it has none."""
        found = self._metadata().get(name)
        return found if isinstance(found, list) else [otherwise]

    def _may_be_asked(self, address: str) -> bool:
        parts = urlsplit(address)
        is_local = parts.scheme == "http" and _is_loopback(parts.hostname) and self._issuer.startswith("http://")
        return parts.scheme == "https" or is_local

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._at_once.acquire(timeout=_TIMEOUTS[0]):
            raise Busy
        try:
            yield
        finally:
            self._at_once.release()


class _CarefulSession(OAuth2Session):  # type: ignore[misc] # the library has no types
    """Asks nobody but the provider, follows nobody elsewhere, and reads no more than it has to."""

    def __init__(self, may_be_asked: Any, **options: Any) -> None:
        super().__init__(**options)
        watch(self)
        self._may_be_asked = may_be_asked

    def request(self, method: str, url: str, **options: Any) -> Any:
        if not self._may_be_asked(url):
            raise ProviderUnavailable(_DOES_NOT_ANSWER)
        careful = {"allow_redirects": False, "timeout": _TIMEOUTS, "stream": True}
        with within(_LONGEST_ANSWER_SECONDS):
            answer = super().request(method, url, **{**options, **careful})
            answer._content = _read(answer)  # noqa: SLF001 - as requests itself does where it does not stream
        answer._content_consumed = True  # noqa: SLF001
        return answer


def _read(answer: requests.Response) -> bytes:
    body = b""
    for chunk in answer.iter_content(8192):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            answer.close()
            raise ProviderUnavailable(_DOES_NOT_ANSWER)
    return body


def _content(answer: requests.Response) -> Mapping[str, Any]:
    if answer.status_code != requests.codes.ok:
        raise ProviderUnavailable(_DOES_NOT_ANSWER)
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderUnavailable(_DOES_NOT_ANSWER)
    return found


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except (requests.RequestException, json.JSONDecodeError):
        raise ProviderUnavailable(_DOES_NOT_ANSWER) from None
