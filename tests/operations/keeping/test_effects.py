"""What follows outside from what happened to accounts."""

from collections.abc import Mapping

import pytest

from codex_proxy.accounts.lifecycle.keeping import decode_condition, encode_condition
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.record import AccountRecord, Death, Identity
from codex_proxy.operations.keeping.effects import LOOK_SECONDS, EffectParts, Effects
from tests.gateway.scene import NOW
from tests.operations.quota.stand_ins import Ground, reply, usage


class Scene(Ground):
    """An account ``a`` with a refresh token."""

    def __init__(self) -> None:
        super().__init__("b")
        identity = Identity(issuer="https://issuer.invalid", account_id="a")
        self.record = AccountRecord(row_id="a", identity=identity, has_refresh_token=True)
        self.pool.put(self.record, "token-a", NOW)
        self.renewed: list[str] = []
        self.without_cookies: list[str] = []
        self.deaths: list[dict[str, Death]] = []
        parts = EffectParts(
            pool=self.pool,
            queries=self.queries,
            clock=self.clock,
            renew=self.renewed.append,
            drop_cookies=self._drop_cookies,
            keep_deaths=self._keep_deaths,
        )
        self.effects = Effects(parts)

    async def _drop_cookies(self, row_id: str) -> None:
        self.without_cookies.append(row_id)

    async def _keep_deaths(self, deaths: Mapping[str, Death]) -> None:
        self.deaths.append(dict(deaths))

    def happen(self, occurrence: Occurrence, row_id: str = "a", until: float | None = None) -> None:
        self.pool.settle(row_id, News(occurrence=occurrence, until=until), self.clock.now())


async def test_a_limit_is_asked_about_when_it_should_be_over_and_not_before() -> None:
    scene = Scene()
    scene.happen(Occurrence.USAGE_LIMIT, until=NOW + 600)
    await scene.effects.run()
    assert (scene.asked, set(scene.effects.probes)) == ([], {"a"})
    scene.clock.time += 600
    scene.transport.add(reply(usage(0)))
    await scene.effects.run()
    assert (scene.asked, scene.effects.probes) == (["/wham/usage"], {})


async def test_q_02_a_query_that_fails_is_made_again() -> None:
    scene = Scene()
    scene.happen(Occurrence.USAGE_LIMIT)
    await scene.effects.run()
    scene.clock.time += 60
    scene.transport.add(reply({}, 502))
    await scene.effects.run()
    scene.clock.time += LOOK_SECONDS
    await scene.effects.run()
    assert (len(scene.asked), set(scene.effects.probes)) == (1, {"a"})


async def test_q_03_what_an_earlier_process_left_due_is_taken_up() -> None:
    before = Scene()
    before.happen(Occurrence.USAGE_LIMIT, until=NOW + 600)
    found = before.pool.condition("a")
    assert found is not None
    after = Scene()
    after.pool.restore({"a": decode_condition(encode_condition(found[0]))})
    after.clock.time += 600
    after.transport.add(reply(usage(0)))
    await after.effects.run()
    assert after.asked == ["/wham/usage"]


async def test_a_refused_token_is_renewed_for_whoever_comes_next() -> None:
    scene = Scene()
    scene.happen(Occurrence.REFUSED_TOKEN)
    scene.happen(Occurrence.REFUSED_TOKEN, "b")  # has no refresh token
    await scene.effects.run()
    assert scene.renewed == ["a"]


async def test_a_token_that_was_renewed_meanwhile_is_left_alone() -> None:
    scene = Scene()
    scene.happen(Occurrence.REFUSED_TOKEN)
    scene.happen(Occurrence.TOKEN_RENEWED)
    await scene.effects.run()
    assert scene.renewed == []


async def test_a_19_an_empty_404_drops_the_cookies() -> None:
    scene = Scene()
    scene.happen(Occurrence.PATH_BLOCK)
    await scene.effects.run()
    assert scene.without_cookies == ["a"]


async def test_closed_accounts_are_kept_as_closed_in_one_step() -> None:
    scene = Scene()
    for row_id in "ab":
        scene.happen(Occurrence.DEACTIVATED, row_id)
    await scene.effects.run()
    await scene.effects.run()
    assert scene.deaths == [{"a": Death.DEACTIVATED, "b": Death.DEACTIVATED}]


@pytest.mark.parametrize("since", [Occurrence.LOGGED_IN, Occurrence.OWNER_ENABLED])
async def test_a_12_one_that_is_back_by_then_is_not_kept_as_closed(since: Occurrence) -> None:
    scene = Scene()
    scene.happen(Occurrence.DEACTIVATED)
    scene.happen(since)
    await scene.effects.run()
    assert scene.deaths == []


async def test_what_concerns_an_account_that_is_gone_is_dropped() -> None:
    scene = Scene()
    scene.happen(Occurrence.USAGE_LIMIT, until=NOW + 60)
    scene.pool.remove(["a"])
    await scene.effects.run()
    scene.clock.time += 600
    await scene.effects.run()
    assert (scene.asked, scene.effects.probes) == ([], {})
