"""Sessions, tokens and what was revoked."""

import pytest

from codex_proxy.accounts.account import account_of_token, read_claims
from codex_proxy.simulator.issuer.ledger import Grant, Ledger, Terms, chance
from codex_proxy.simulator.issuer.replies import IssuerRefusal
from codex_proxy.simulator.tokens import SCOPE, person_of

GRANT = Grant(person=person_of("acc"), client_id="app", scope=SCOPE)


def terms(now: float = 1000.0, lasts: float | None = None) -> Terms:
    return Terms(issuer="http://x", now=now, access_token_seconds=60, refresh_token_seconds=lasts)


def test_each_issue_is_a_new_pair_even_in_the_same_moment() -> None:
    ledger = Ledger(0)
    session = ledger.begin(GRANT, now=1000)
    first, second = ledger.issue(session, terms()), ledger.issue(session, terms())
    for name in ("access_token", "refresh_token", "id_token"):
        assert first[name] != second[name]
    assert (first["expires_in"], first["token_type"], first["scope"]) == (60, "Bearer", SCOPE)
    assert account_of_token(first["access_token"]).expires_at == 1060
    assert read_claims(first["access_token"])["iss"] == "http://x"


def test_two_of_one_seed_agree_until_one_of_them_begins_later() -> None:
    made = [Ledger(7).begin(GRANT, now=now).session_id for now in (1000, 1000, 1001)]
    assert made[0] == made[1] != made[2]


def test_without_the_scope_for_it_there_is_no_refresh_token() -> None:
    ledger = Ledger(0)
    online = Grant(person=person_of("acc"), client_id="app", scope="openid")
    assert "refresh_token" not in ledger.issue(ledger.begin(online, now=0), terms())
    assert "refresh_token" not in ledger.issue(ledger.begin(GRANT, now=0), terms(), refreshing=False)


def test_a_tokens_states() -> None:
    ledger = Ledger(0)
    session = ledger.begin(GRANT, now=1000)
    token = ledger.find(ledger.issue(session, terms(lasts=100))["refresh_token"])
    assert token is not None
    assert [token.state(now) for now in (1000, 1099, 1100)] == ["live", "live", "expired"]
    token.spent = True
    assert token.state(1100) == "spent"
    ledger.revoke(session)
    assert token.state(1000) == "revoked"


def test_what_is_no_good_says_so_in_its_own_word() -> None:
    ledger = Ledger(0)
    session = ledger.begin(GRANT, now=1000)
    token = ledger.find(ledger.issue(session, terms(lasts=100))["refresh_token"])
    assert ledger.check(token, client_id="app", now=1000) is token
    for shown, client_id, now, code in (
        (None, "app", 1000, "refresh_token_invalidated"),
        (token, "other", 1000, "refresh_token_invalidated"),
        (token, "app", 1100, "refresh_token_expired"),
    ):
        with pytest.raises(IssuerRefusal, match=code):
            ledger.check(shown, client_id=client_id, now=now)


def test_access_tokens_are_taken_back_up_to_a_moment() -> None:
    ledger = Ledger(0)
    session = ledger.begin(GRANT, now=1000)

    def revoked(token: str) -> bool:
        claims = read_claims(token)
        return ledger.is_revoked("acc", session_id=claims["session_id"], token_id=claims["jti"])

    old = ledger.issue(session, terms())["access_token"]
    assert not revoked(old)
    ledger.revoke_access_tokens("acc")
    new = ledger.issue(session, terms())["access_token"]
    assert (revoked(old), revoked(new)) == (True, False)
    assert ledger.is_revoked("acc", session_id=None, token_id=None)
    assert not ledger.is_revoked("other", session_id=None, token_id=None)
    ledger.revoke_account("acc")
    assert revoked(new)


def test_a_token_of_anybodys_making_can_be_planted() -> None:
    ledger = Ledger(0)
    planted = ledger.plant("rt_mine", ledger.begin(GRANT, now=0), now=0)
    assert ledger.find("rt_mine") is planted
    assert ledger.find("rt_other") is None


def test_chances_hang_on_the_seed_and_are_spread() -> None:
    drawn = [chance(1, "spent", number) for number in range(1000)]
    assert drawn == [chance(1, "spent", number) for number in range(1000)]
    assert drawn != [chance(2, "spent", number) for number in range(1000)]
    assert 400 < sum(number < 0.5 for number in drawn) < 600
