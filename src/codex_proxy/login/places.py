"""Where the issuer's endpoints are.

Rules of this file: all of them lie at one origin, which is also the issuer's name on an account: a token is only ever
sent to the issuer it came from.  Source: Codex CLI 0.169, captured.
"""

from urllib.parse import SplitResult, urlsplit

import msgspec

_SCHEMES = frozenset({"http", "https"})


class PlacesUnusable(Exception):
    """An endpoint in the settings is no URL we can use; names the setting."""


class IssuerPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """The issuer's endpoints.

    ``issuer`` is an origin without a slash at its end; ``authorize_url`` and ``device_page_url`` are for browsers, the
    paths are relative to ``issuer``.  ``device_redirect_uri`` stands in the exchange of a device's code.
    """

    issuer: str
    authorize_url: str
    token_path: str
    revoke_path: str = "/oauth/revoke"
    device_code_path: str = "/api/accounts/deviceauth/usercode"
    device_token_path: str = "/api/accounts/deviceauth/token"

    @property
    def device_page_url(self) -> str:
        """Where a person enters the code that a device shows."""
        return f"{self.issuer}/codex/device"

    @property
    def device_redirect_uri(self) -> str:
        """The redirect URI that the issuer binds a device's authorization to."""
        return f"{self.issuer}/deviceauth/callback"


def places_of(*, authorize_url: str, token_url: str) -> IssuerPlaces:
    """The places that follow from the settings ``auth.oauth_auth_endpoint`` and ``auth.oauth_token_endpoint``.

    Raises:
        PlacesUnusable: one of them is no http or https URL without user, query and fragment.
    """
    _parsed("auth.oauth_auth_endpoint", authorize_url)
    token = _parsed("auth.oauth_token_endpoint", token_url)
    return IssuerPlaces(
        issuer=f"{token.scheme}://{token.netloc.lower()}", authorize_url=authorize_url, token_path=token.path
    )


def _parsed(setting: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.path.startswith("/") and parts.port != 0
    except ValueError:
        raise PlacesUnusable(f"{setting} is no URL") from None
    if not usable or "@" in parts.netloc or parts.query or parts.fragment:
        raise PlacesUnusable(f"{setting} must be an http or https URL with a path, without user, query and fragment")
    return parts
