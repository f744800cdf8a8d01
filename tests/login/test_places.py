"""Where the issuer's endpoints are."""

import pytest

from codex_proxy.login.places import IssuerPlaces, PlacesUnusable, places_of

AUTHORIZE = "https://auth.example/oauth/authorize"


def test_everything_follows_from_the_token_endpoint() -> None:
    places = places_of(authorize_url=AUTHORIZE, token_url="https://Auth.Example/oauth/token")
    assert places == IssuerPlaces(issuer="https://auth.example", authorize_url=AUTHORIZE, token_path="/oauth/token")
    assert (places.revoke_path, places.device_code_path, places.device_token_path) == (
        "/oauth/revoke",
        "/api/accounts/deviceauth/usercode",
        "/api/accounts/deviceauth/token",
    )
    assert places.device_page_url == "https://auth.example/codex/device"
    assert places.device_redirect_uri == "https://auth.example/deviceauth/callback"


def test_a_port_is_part_of_the_issuers_name() -> None:
    places = places_of(authorize_url=AUTHORIZE, token_url="http://127.0.0.1:8123/oauth/token")
    assert places.issuer == "http://127.0.0.1:8123"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "auth.example/oauth/token",
        "ftp://auth.example/oauth/token",
        "https:///oauth/token",
        "https://auth.example",
        "https://user@auth.example/oauth/token",
        "https://auth.example/oauth/token?x=1",
        "https://auth.example/oauth/token#x",
        "https://auth.example:99999/oauth/token",
        "https://[::1/oauth/token",
    ],
)
def test_what_is_no_endpoint_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(PlacesUnusable, match=r"^auth\.oauth_token_endpoint "):
        places_of(authorize_url=AUTHORIZE, token_url=url)
    with pytest.raises(PlacesUnusable, match=r"^auth\.oauth_auth_endpoint "):
        places_of(authorize_url=url, token_url="https://auth.example/oauth/token")
