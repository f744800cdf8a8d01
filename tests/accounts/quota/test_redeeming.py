"""Redeeming a reset credit once, whatever becomes of the answers."""

from codex_proxy.accounts.quota.redeeming import COOLDOWN_SECONDS, Redemption, TooSoon, asked, settled

NOW = 1_800_000_000.0


def test_q_04_an_unclear_answer_is_asked_again_with_the_same_id() -> None:
    first = asked(None, fresh_id="one", now=NOW)
    assert first == Redemption(request_id="one", asked_at=NOW)
    again = asked(first, fresh_id="two", now=NOW + COOLDOWN_SECONDS)
    assert again == Redemption(request_id="one", asked_at=NOW + COOLDOWN_SECONDS)


def test_a_known_outcome_lets_the_next_one_have_its_own_id() -> None:
    done = settled(Redemption(request_id="one", asked_at=NOW), now=NOW + 1)
    assert done.settled_at == NOW + 1
    assert asked(done, fresh_id="two", now=NOW + COOLDOWN_SECONDS) == Redemption(
        request_id="two", asked_at=NOW + COOLDOWN_SECONDS
    )


def test_two_clicks_are_one_redemption() -> None:
    first = Redemption(request_id="one", asked_at=NOW)
    assert asked(first, fresh_id="two", now=NOW + 5) == TooSoon(until=NOW + COOLDOWN_SECONDS)
    assert asked(settled(first, now=NOW + 1), fresh_id="two", now=NOW + 5) == TooSoon(until=NOW + COOLDOWN_SECONDS)
