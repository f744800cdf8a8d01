"""The record of refresh tokens that were sent."""

from codex_proxy.simulator.issuer.ledger import Grant, Ledger, Terms
from codex_proxy.simulator.issuer.sendings import Sendings
from codex_proxy.simulator.journal import digest
from codex_proxy.simulator.tokens import SCOPE, person_of

TERMS = Terms(issuer="http://x", now=10.0, access_token_seconds=60)


def test_tokens_given_out_come_in_order_with_their_sendings_then_unknown_ones() -> None:
    ledger, sendings = Ledger(0), Sendings()
    session = ledger.begin(Grant(person=person_of("acc", user_id="u"), client_id="app", scope=SCOPE), now=0)
    first, second = (ledger.issue(session, TERMS)["refresh_token"] for _ in range(2))
    sendings.note(digest("rt_unknown"), at=1, reason=None)
    once = sendings.note(digest(second), at=2, reason="proactive_expiry")
    once.spent, once.answer = True, "granted"
    sendings.note(digest(second), at=3, reason="proactive_expiry")
    told = sendings.report(ledger, 10)["refresh_tokens"]
    assert [each["digest"] for each in told] == [digest(first), digest(second), digest("rt_unknown")]
    assert [each.get("account") for each in told] == ["acc", "acc", None]
    assert told[0]["sendings"] == []
    assert told[1]["sendings"] == [
        {"at": 2, "reason": "proactive_expiry", "spent": True, "answer": "granted"},
        {"at": 3, "reason": "proactive_expiry", "spent": False, "answer": None},
    ]
    assert (sendings.count(digest(second)), sendings.count("none")) == (2, 0)
    assert first not in str(told)
