"""Whether and how links are followed."""

from typing import Any

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.outgoing.links import linked_files
from codex_proxy.gateway.links.fetching import NotFetched
from codex_proxy.settings.schema import Settings
from tests.transports.recording_proxy import recording_proxy
from tests.transports.test_linked_files import PNG, serving, whole
from tests.transports.wire import listening

FETCHES = {"images": {"fetch_remote": True}}
PRIVATE = {"security": {"allow_private_upstreams": True}}


async def followed(settings: dict[str, Any], url: str) -> bytes:
    files = linked_files(Settings.model_validate(settings))
    assert files is not None
    return (await files.fetch(url)).content


def test_nobody_follows_links_until_the_owner_says_so() -> None:
    assert linked_files(Settings()) is None


async def test_private_addresses_are_a_setting_of_their_own() -> None:
    async with listening(serving(whole(PNG))) as url:
        with pytest.raises(NotFetched, match="private"):
            await followed(FETCHES, url)
        assert await followed(FETCHES | PRIVATE, url) == PNG


async def test_names_are_not_given_to_an_egress_proxy() -> None:
    with pytest.raises(NotFetched, match="egress proxy"):
        await followed(FETCHES | {"tls": {"proxy_url": "http://127.0.0.1:9"}}, "https://pictures.invalid/")


async def test_p_06_any_spelling_of_the_global_proxy_is_honoured() -> None:
    async with listening(serving(whole(PNG))) as url, recording_proxy(credentials=("user", "secret")) as proxy:
        spelled = {"tls": {"proxy_url": f"socks5|127.0.0.1|{proxy.port}|user|secret"}}
        assert await followed(FETCHES | PRIVATE | spelled, url) == PNG
    assert [passage.way for passage in proxy.passages] == ["socks5"]


def test_a_proxy_that_is_none_refuses_the_start() -> None:
    with pytest.raises(StartRefused, match="proxy_url"):
        linked_files(Settings.model_validate(FETCHES | {"tls": {"proxy_url": "gopher://127.0.0.1:9"}}))
