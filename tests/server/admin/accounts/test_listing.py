"""The list of accounts and their timelines."""

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.keeping import LoadFailure, PersistenceHealth
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import News
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.transports.scripted import ScriptedReply
from tests.operations.accounts.household import A, B, limits
from tests.operations.login.stage import NOW
from tests.operations.quota.stand_ins import reply
from tests.server.admin.accounts.plane import Plane, outcome
from tests.server.admin.test_guard import ALL


async def test_the_list_and_whether_it_is_kept() -> None:
    plane = Plane()
    await plane.house.add(A, label="mine")
    plane.house.health = PersistenceHealth(ok=False, reason=LoadFailure.UNQUARANTINED, message="look at the disk")
    async with plane.serving() as http:
        told = (await http.get("/auth/accounts")).json()
    (account,) = told["accounts"]
    assert (account["id"], account["label"], account["status"], account["quota"]) == (A, "mine", "active", None)
    assert account["codexFingerprintMode"] == "off"
    assert told["persistence_health"] == {
        "ok": False,
        "reason": "load_failed_unquarantined",
        "message": "look at the disk",
        "quarantined": False,
        "backupPath": None,
    }
    assert told.keys() == {"accounts", "persistence_health"}


async def test_limits_are_those_that_are_known_unless_fresh_ones_are_wanted() -> None:
    plane = Plane()
    await plane.house.add(A)
    await plane.house.add(B)
    plane.house.transport.add(reply(limits(30)), account_id=A)
    refused = Failure(kind=FailureKind.UNREACHABLE, message="no way")
    plane.house.transport.add(ScriptedReply(refused=refused), account_id=B)
    async with plane.serving() as http:
        for query in ("", "?quota=true", "?quota=false"):
            known = (await http.get(f"/auth/accounts{query}")).json()
            assert [account["quota"] for account in known["accounts"]] == [None, None]
        assert plane.house.asked == []
        fresh = (await http.get("/auth/accounts?quota=fresh")).json()
        assert outcome(await http.get("/auth/accounts?quota=new")) == (400, "invalid_request")
    assert fresh["quota_query"] == {"asked": 2, "answered": 1, "failed": 1, "late": 0}
    assert fresh["accounts"][0]["quota"]["rate_limit"]["used_percent"] == 30
    assert fresh["accounts"][1]["quota"] is None


async def test_u_05_no_answer_of_any_route_holds_a_token() -> None:
    plane = Plane()
    await plane.house.add(A)
    kept = await plane.house.secrets(A)
    secrets = [secret for secret in (kept.access_token, kept.refresh_token) if secret]
    assert len(secrets) == 2
    plane.house.transport.add(*(reply({"detail": f"what is {secret}?"}, 500) for secret in secrets * 20))
    plane.house.issuer.renewals.append(IssuerError(Refusal.UNAVAILABLE, "the issuer answered 500"))
    async with plane.serving() as http:
        for method, path in sorted(ALL, key=lambda asked: asked[0] == "DELETE"):
            body = {"ids": [A], "token": secrets[0], "label": "x"} if method in {"POST", "PATCH"} else None
            told = await http.request(method, path, json=body)
            for secret in secrets:
                assert secret not in told.text + str(told.headers), (method, path)
    assert plane.defects == []


async def test_why_an_account_became_what_it_is() -> None:
    plane = Plane()
    await plane.house.add(A)
    plane.house.pool.verdicts(NOW)
    plane.house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 60), NOW)
    plane.house.pool.clear(A, NOW)
    async with plane.serving() as http:
        told = (await http.get(f"/auth/accounts/{A}/events")).json()
        newest = (await http.get(f"/auth/accounts/{A}/events?limit=1")).json()
    assert [(event["from"], event["to"], event["reason"]) for event in told["events"]] == [
        ("rate_limited", "active", "recovered"),
        ("active", "rate_limited", "usage_limit"),
    ]
    assert told["events"][0]["at"] == "2027-01-15T08:00:00.000Z"
    assert newest["events"] == told["events"][:1]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/auth/accounts/{A}/events", (404, "unknown_account")),
        (f"/auth/accounts/{A}/events?limit=0", (400, "invalid_request")),
        (f"/auth/accounts/{A}/events?limit=1001", (400, "invalid_request")),
        ("/auth/accounts/x/events", (400, "invalid_request")),
    ],
)
async def test_what_cannot_be_shown(path: str, expected: tuple[int, str]) -> None:
    async with Plane().serving() as http:
        assert outcome(await http.get(path)) == expected
