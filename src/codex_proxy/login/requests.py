"""What we ask the issuer, as calls ready to send and as the address a browser opens.

Rules of this file: pure; the order of headers, members and parameters and the encoding of spaces are the real
client's.  Source: captures of Codex CLI 0.169.  oauthlib builds and encodes; its readers of answers are not used, since
they refuse plain http, which redirects to loopback are.
"""

from typing import Final

import msgspec
from oauthlib.common import add_params_to_qs, add_params_to_uri
from oauthlib.oauth2 import WebApplicationClient

from codex_proxy.accounts.issuer import RefreshReason
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.login.places import IssuerPlaces
from codex_proxy.operations.login.ports import Authorization, AuthorizationCode, DeviceCode
from codex_proxy.protocols.base import HeaderPairs, UpstreamCall
from codex_proxy.protocols.codex.asking.identity import client_headers

SCOPES: Final = "openid profile email offline_access api.connectors.read api.connectors.invoke"
LOGIN_ORIGINATOR: Final = "codex_cli_rs"  # the library's default, which is what logins and logouts show

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_ACCEPT: Final = ("accept", "*/*")


def authorization_url(places: IssuerPlaces, client_id: str, authorization: Authorization) -> str:
    """Where a browser goes to log in."""
    challenge = WebApplicationClient(client_id).create_code_challenge(authorization.verifier, "S256")
    parameters = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", authorization.redirect_uri),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("state", authorization.state),
        ("scope", SCOPES),
        ("id_token_add_organizations", "true"),
        ("codex_cli_simplified_flow", "true"),
        ("originator", LOGIN_ORIGINATOR),
    ]
    return add_params_to_uri(places.authorize_url, parameters)


def build_refresh(
    places: IssuerPlaces, client_id: str, refresh_token: str, reason: RefreshReason, *, client: ClientIdentity
) -> UpstreamCall:
    """The call that spends a refresh token."""
    body = {
        "client_id": client_id,
        "grant_type": "refresh_token",
        "refresh_reason": reason.value,
        "refresh_token": refresh_token,
    }
    return _post(places.token_path, (("content-type", _JSON), *client_headers(client)), msgspec.json.encode(body))


def build_exchange(places: IssuerPlaces, client_id: str, code: AuthorizationCode) -> UpstreamCall:
    """The call that spends an authorization code."""
    body = WebApplicationClient(client_id).prepare_request_body(code=code.code, redirect_uri=code.redirect_uri)
    body = add_params_to_qs(body, [("code_verifier", code.verifier)])  # last, where oauthlib would put it third
    return _post(places.token_path, (("content-type", _FORM),), body.encode())


def build_revocation(
    places: IssuerPlaces, client_id: str, refresh_token: str, *, client: ClientIdentity
) -> UpstreamCall:
    """The call that says a refresh token is no longer wanted."""
    body = {"token": refresh_token, "token_type_hint": "refresh_token", "client_id": client_id}
    agent = f"{LOGIN_ORIGINATOR}/{client.engine_version} ({client.platform}; {client.arch}) {client.terminal}"
    headers = (("content-type", _JSON), ("originator", LOGIN_ORIGINATOR), ("user-agent", agent))
    return _post(places.revoke_path, headers, msgspec.json.encode(body))


def build_device_code(places: IssuerPlaces, client_id: str) -> UpstreamCall:
    """The call that begins a device login."""
    return _post(places.device_code_path, (("content-type", _JSON),), msgspec.json.encode({"client_id": client_id}))


def build_device_question(places: IssuerPlaces, device: DeviceCode) -> UpstreamCall:
    """The call that asks whether a device's code was entered."""
    body = {"device_auth_id": device.device_auth_id, "user_code": device.user_code}
    return _post(places.device_token_path, (("content-type", _JSON),), msgspec.json.encode(body))


def _post(path: str, headers: HeaderPairs, body: bytes) -> UpstreamCall:
    return UpstreamCall(method="POST", path=path, headers=(*headers, _ACCEPT), body=body)
