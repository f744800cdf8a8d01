"""Proxies are checked: by hand, at their time, and when they fail."""

import asyncio

import pytest

from codex_proxy.accounts.egress.ways import NoWay, Through
from codex_proxy.accounts.keeping import EgressHealth
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.operations.egress.checks import CHECKS_AT_ONCE, ExitAnswer, NotThrough, read_exit_ip
from codex_proxy.operations.egress.pool import NoSuchProxy
from codex_proxy.operations.settings.parts import SettingsNotKept
from tests.operations.egress.stage import WELL, A, Stage
from tests.waiting import until

ONE, TWO = "http://one.invalid:1", "http://two.invalid:2"
DOWN = Failure(kind=FailureKind.UNREACHABLE, message="it cannot be reached", sent=Sent.NOTHING_SENT)


async def stage(*texts: str) -> Stage:
    made = Stage()
    await made.add(*(texts or (ONE,)))
    return made


async def test_a_check_tells_where_calls_come_out_and_how_long_that_takes() -> None:
    made = await stage()
    found = await made.checks.check("p1")
    assert found == EgressHealth(checked_at=1001.0, exit_ip="192.0.2.1", latency_ms=0)
    assert made.pool.find("p1").health == found == (await made.kept()).proxies[0].health
    assert made.probe.asked == [(ONE, "https://one.invalid")]
    with pytest.raises(NoSuchProxy):
        await made.checks.check("p9")


async def test_the_second_address_is_asked_where_the_first_gives_none() -> None:
    made = await stage()
    made.probe.answers["https://one.invalid"] = ExitAnswer(status=500, body=b"")
    assert (await made.checks.check("p1")).exit_ip == "192.0.2.1"
    made.probe.answers["https://two.invalid"] = "it broke off"
    made.clock.time += 1
    assert (await made.checks.check("p1")).error == "it broke off"
    made.urls = ()
    made.clock.time += 1
    assert (await made.checks.check("p1")).error == "there is no address to ask"


async def test_silence_is_a_failure() -> None:
    made = await stage()

    class Silent:
        async def ask(self, egress_url: str, check_url: str) -> ExitAnswer:
            await asyncio.Event().wait()
            return WELL

    checks = made.checks_by(Silent(), check_seconds=0.01)
    assert (await checks.check("p1")).error == "no answer within 0.01 seconds"


async def test_p_08_two_failures_in_a_row_exclude_and_one_success_brings_back() -> None:
    made = await stage()
    await made.assignments.assign({A: "p1"})
    made.probe.answers[ONE] = "it cannot be reached"
    ways = []
    for answer in ("it cannot be reached", WELL, "it cannot be reached", "it cannot be reached", WELL):
        made.probe.answers[ONE] = answer
        made.clock.time += 1
        await made.checks.check("p1")
        ways.append(type(made.ways()[A]))
    assert ways == [Through, Through, Through, NoWay, Through]
    assert made.taken_count > 5


async def test_checks_and_traffic_count_together() -> None:
    made = await stage()
    await made.assignments.assign({A: "p1"})
    made.book.blame("p1", DOWN)
    made.probe.answers[ONE] = "it cannot be reached"
    await made.checks.check("p1")
    assert made.ways()[A] == NoWay(egress_id="p1", name="one.invalid:1", reason="it cannot be reached")


async def test_all_are_checked_few_at_a_time_and_disabled_ones_not() -> None:
    made = await stage(*(f"http://host{number}.invalid:1" for number in range(12)))
    await made.pool.enable("p1", enabled=False)
    gate, running, most = asyncio.Event(), 0, 0

    class Slow:
        async def ask(self, egress_url: str, check_url: str) -> ExitAnswer:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await gate.wait()
            running -= 1
            return WELL

    async with asyncio.TaskGroup() as group:
        group.create_task(made.checks_by(Slow()).check_all())
        await until(lambda: running == CHECKS_AT_ONCE)
        gate.set()
    assert most == CHECKS_AT_ONCE
    assert [proxy.proxy_id for proxy in made.pool.proxies if proxy.health is None] == ["p1"]


async def test_two_who_ask_at_the_same_time_share_one_check() -> None:
    made = await stage()
    made.probe.answers[ONE] = "it cannot be reached"
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(made.checks.check("p1"))
    assert len(made.probe.asked) == 2  # both addresses, once
    assert made.book.standing("p1").failures == 1


async def test_what_was_found_of_a_proxy_that_changed_or_went_meanwhile_is_dropped() -> None:
    made = await stage(ONE, TWO)

    class Meddling:
        async def ask(self, egress_url: str, check_url: str) -> ExitAnswer:
            if egress_url == ONE:
                await made.pool.remove("p1")
            else:
                await made.pool.change("p2", url="http://three.invalid:3")
            raise NotThrough("it cannot be reached")

    made.urls = ("https://one.invalid",)
    checks = made.checks_by(Meddling())
    await checks.check_all()
    [proxy] = made.pool.proxies
    assert made.book.standing(proxy.proxy_id).failures == 0
    assert checks._turns.keys() == {"p2"}
    with pytest.raises(NoSuchProxy):
        await checks.check("p1")


async def due(made: Stage, after_seconds: float) -> list[str]:
    """The proxies that a job finds due so much later."""
    made.clock.time += after_seconds
    made.probe.asked.clear()
    await made.checks.run_due()
    return [url for url, check_url in made.probe.asked if check_url == "https://one.invalid"]


async def test_checks_come_at_their_time() -> None:
    made = await stage(ONE, TWO)
    await made.pool.enable("p2", enabled=False)
    assert await due(made, 0) == [ONE]
    assert await due(made, 299) == []
    assert await due(made, 1) == [ONE]
    await made.pool.change("p1", url="http://new.invalid:1")
    assert await due(made, 1) == ["http://new.invalid:1"]
    await made.store.keep_health({"p1": EgressHealth(checked_at=made.clock.time + 1e6)})
    await made.pool.follow()
    assert await due(made, 1) == ["http://new.invalid:1"]


async def test_none_are_due_where_the_owner_wants_none_but_of_a_proxy_that_fails() -> None:
    made = await stage(ONE, TWO)
    await made.checks.change_interval(0)
    assert await due(made, 100_000) == []
    made.book.blame("p1", DOWN)
    assert await due(made, 1) == [ONE]
    assert made.book.standing("p1").failures == 0
    assert await due(made, 100_000) == []


async def test_a_proxy_that_fails_is_looked_at_again_soon() -> None:
    made = await stage()
    made.probe.answers[ONE] = "it cannot be reached"
    assert await due(made, 0) == [ONE]
    assert await due(made, 59) == []
    assert await due(made, 1) == [ONE]
    made.probe.answers[ONE] = WELL
    assert await due(made, 60) == [ONE]
    assert await due(made, 60) == []


async def test_the_interval_is_kept_or_stays() -> None:
    made = await stage()
    await made.checks.change_interval(1440)
    assert (made.checks.interval_minutes, made.keeper.kept) == (1440, {"egress.check_interval_minutes": 1440})
    for minutes in (-1, 1441):
        with pytest.raises(ValueError, match="no number from 0 to 1440"):
            await made.checks.change_interval(minutes)
    made.keeper.broken = True
    with pytest.raises(SettingsNotKept):
        await made.checks.change_interval(5)
    assert made.checks.interval_minutes == 1440


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (b'{"ip":"192.0.2.1"}', "192.0.2.1"),
        (b'{"ip": " 2001:DB8::0001 ", "country": "XX"}', "2001:db8::1"),
        (b"192.0.2.1\n", "192.0.2.1"),
        (b'"192.0.2.1"', "192.0.2.1"),
        (b"2001:db8::1", "2001:db8::1"),
    ],
)
def test_an_address_is_told_in_text_or_json(body: bytes, address: str) -> None:
    assert read_exit_ip(ExitAnswer(status=200, body=body)) == address


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (407, b"", "it wants other credentials (407)"),
        (302, b"", "it leads elsewhere (302)"),
        (500, b'{"ip":"192.0.2.1"}', "the answer's status is 500"),
        (200, b"<html><body>Welcome to our hotel</body></html>", "no IP address"),
        (200, b"", "no IP address"),
        (200, b'{"ip":5}', "no IP address"),
        (200, b'{"address":"192.0.2.1"}', "no IP address"),
        (200, b"[" * 500, "no IP address"),
        (200, b"3221225985", "no IP address"),
        (200, b"\xff\xfe", "no IP address"),
    ],
)
def test_p_08_a_page_of_somebody_elses_is_no_answer(status: int, body: bytes, words: str) -> None:
    with pytest.raises(NotThrough, match=words.replace("(", r"\(").replace(")", r"\)")):
        read_exit_ip(ExitAnswer(status=status, body=body))
