"""The services put together."""

from pathlib import Path

import pytest

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through
from codex_proxy.accounts.keeping import Egresses
from codex_proxy.bootstrap.accounts.services import egress_book, new_row_id, refresh_policy
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.settings.schema import AuthSection, EgressSection, Settings, TlsSection
from tests.bootstrap.accounts.ground import services_in
from tests.scenarios.account_stage import keep, simulator


def test_a_new_account_gets_sixteen_hex_digits_of_its_own() -> None:
    made = {new_row_id() for _ in range(100)}
    assert (len(made), {len(one) for one in made}) == (100, {16})
    assert all(set(one) <= set("0123456789abcdef") for one in made)


def test_the_settings_say_when_tokens_are_refreshed() -> None:
    policy = refresh_policy(AuthSection(refresh_enabled=False, refresh_margin_seconds=60, refresh_concurrency=7))
    assert (policy.enabled, policy.margin_seconds, policy.concurrency) == (False, 60, 7)


def test_the_settings_say_which_way_accounts_leave() -> None:
    book = egress_book(Settings(), SystemClock())
    assert isinstance(book.way("a"), NoWay)
    book.take(Egresses())
    assert book.way("a") == Direct()
    proxied = Settings(tls=TlsSection(proxy_url="http://127.0.0.1:9"), egress=EgressSection(on_unavailable="next"))
    book = egress_book(proxied, SystemClock())
    book.take(Egresses())
    way = book.way("a")
    assert isinstance(way, Through)
    assert way.url == "http://127.0.0.1:9"


async def test_an_issuer_that_is_no_address_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="oauth_token_endpoint"):
        async with services_in(tmp_path, oauth_token_endpoint="nowhere"):
            pass


async def test_news_of_an_account_reach_whoever_has_to_know(tmp_path: Path) -> None:
    async with simulator() as backend:
        (record,) = await keep(tmp_path, backend, await backend.grant("one"))
    async with services_in(tmp_path) as services:
        await services.keeper.take(record)
        assert services.refresher.schedule.due_at(record.row_id) is not None
        services.ground.watch.refused("direct", Failure(kind=FailureKind.REGION_BLOCKED, message="not here"))
        assert set(services.ground.book.stranded([record.row_id])) == {record.row_id}
        await services.keeper.drop(record.row_id)
        assert services.refresher.schedule.due_at(record.row_id) is None
