"""The issuer's endpoints over HTTP: browser logins, revocation, grants on demand."""

import pytest

from codex_proxy.accounts.account import account_of_token
from codex_proxy.simulator.journal import digest
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from tests.simulator.asking import Backend, backend
from tests.simulator.issuer.logging_in import (
    CALLBACK,
    asked,
    buttons,
    code_of,
    exchange,
    landed,
    log_in,
    open_login,
)

TEAM = "accounts: [{id: team, user: u1, email: one@example.com}, {id: team, user: u2}, {id: solo}]"


async def account_at(simulated: Backend, code: str) -> str:
    told = (await exchange(simulated, code)).json()
    return account_of_token(told["access_token"]).credential.account_id or ""


async def test_people_are_asked_and_choose() -> None:
    async with backend() as simulated:
        page = await open_login(simulated)
        assert page.headers["content-type"].startswith("text/html")
        first, second, deny = buttons(page)
        query = str(page.url.query, "ascii")
        chosen = landed(await simulated.form("/oauth/authorize", request=query, account=second))
        denied = landed(await simulated.form("/oauth/authorize", request=query, account=deny))
        assert await account_at(simulated, chosen["code"]) == "account-2"
    assert first.startswith("account-1/")
    assert (chosen["to"], chosen["state"], chosen["scope"]) == (CALLBACK, asked()["state"], asked()["scope"])
    assert (denied["error"], denied["state"]) == ("access_denied", asked()["state"])


async def test_by_itself_it_logs_in_one_account_after_the_other() -> None:
    async with backend("issuer: {auto: true}") as simulated:
        usual = [await account_at(simulated, await log_in(simulated)) for _ in range(3)]
        await simulated.play("issuer: {auto: true, logins: [account-2]}")
        chosen = [await account_at(simulated, await log_in(simulated)) for _ in range(2)]
        hinted = await account_at(simulated, await log_in(simulated, login_hint="account-1@example.invalid"))
    assert (usual, chosen, hinted) == (["account-1", "account-2", "account-1"], ["account-2"] * 2, "account-1")


async def test_a_hint_and_a_workspace_narrow_the_choice() -> None:
    async with backend(TEAM) as simulated:
        workspace = await open_login(simulated, allowed_workspace_id="team")
        hinted = await open_login(simulated, login_hint="one@example.com")
        unknown = await open_login(simulated, login_hint="nobody@example.com")
        await simulated.play("issuer: {auto: true}")
        nowhere = landed(await open_login(simulated, allowed_workspace_id="elsewhere"))
    assert [buttons(page) for page in (workspace, hinted)] == [["team/u1", "team/u2", "deny"], ["team/u1", "deny"]]
    assert (unknown.status_code, "login_hint" in unknown.text) == (400, True)
    assert nowhere["error"] == "access_denied"


async def test_every_login_may_be_denied_as_the_real_one_denies() -> None:
    async with backend("issuer: {auto: true, denies: missing_codex_entitlement}") as simulated:
        told = landed(await open_login(simulated))
    assert (told["error"], told["error_description"]) == ("access_denied", "missing_codex_entitlement")


async def test_wrong_requests_go_back_or_stay_here() -> None:
    async with backend("issuer: {auto: true}") as simulated:
        stays = await open_login(simulated, redirect_uri="http://evil.example/auth/callback")
        goes = landed(await open_login(simulated, code_challenge_method="plain"))
        posted = await simulated.form("/oauth/authorize", request="client_id=other", account="account-1")
    assert [reply.status_code for reply in (stays, posted)] == [400, 400]
    assert goes["error"] == "invalid_request"


async def test_c_04_a_code_is_good_once_and_for_ten_minutes() -> None:
    async with backend("issuer: {auto: true}") as simulated:
        code, late = await log_in(simulated), await log_in(simulated)
        codes = [code_of(await exchange(simulated, code)) for _ in range(2)]
        await simulated.advance(601)
        codes.append(code_of(await exchange(simulated, late)))
    assert codes == [None, "invalid_grant", "invalid_grant"]


async def test_a_logout_ends_the_login_and_an_unknown_token_is_no_error() -> None:
    async with backend() as simulated:
        granted = await simulated.grant()
        url = f"{simulated.issuer}/oauth/revoke"
        members = {"token": granted["refresh_token"], "token_type_hint": "refresh_token", "client_id": CLIENT_ID}
        assert (await simulated.client.post(url, json=members)).status_code == 200
        assert (await simulated.client.post(url, json=members | {"token": "rt_unknown"})).status_code == 200
        refused = await simulated.client.post(url, json=members | {"client_id": "app_other"})
        usage = await simulated.client.get(
            "/wham/usage", headers={"authorization": f"Bearer {granted['access_token']}"}
        )
        assert code_of(await simulated.refresh(granted["refresh_token"])) == "refresh_token_invalidated"
    assert (refused.status_code, usage.status_code, code_of(usage)) == (401, 401, "token_revoked")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/oauth/token", 405),
        ("POST", "/oauth/token", 400),
        ("POST", "/oauth/revoke", 400),
        ("POST", "/api/accounts/deviceauth/usercode", 400),
        ("POST", "/api/accounts/deviceauth/token", 400),
        ("POST", "/codex/device", 400),
        ("POST", "/oauth/authorize", 400),
    ],
)
async def test_nonsense_is_refused_in_the_issuers_form(method: str, path: str, status: int) -> None:
    async with backend() as simulated:
        reply = await simulated.client.request(method, simulated.issuer + path)
        packed = await simulated.client.request(
            method, simulated.issuer + path, content=b"x", headers={"content-encoding": "zstd"}
        )
    assert reply.status_code == status
    assert reply.json()["error"]["message"]
    assert packed.status_code == 400


async def test_the_journal_has_digests_and_order_and_whose_it_was() -> None:
    async with backend() as simulated:
        granted = await simulated.grant("account-2")
        told = (await simulated.refresh(granted["refresh_token"])).json()
        (entry,) = await simulated.journal()
    assert (entry["endpoint"], entry["account"], entry["status"]) == ("/oauth/token", "account-2", 200)
    assert entry["body"]["refresh_token"] == f"sha256:{digest(granted['refresh_token'])}"
    assert entry["body"]["refresh_reason"] == "proactive_expiry"
    for secret in (granted["refresh_token"], told["access_token"]):
        assert secret not in str(entry)


async def test_tokens_can_be_had_for_many_accounts_at_once() -> None:
    async with backend(TEAM) as simulated:
        wanted = {"accounts": ["team/u2", "one@example.com", "made-up"], "plan": "pro"}
        granted = (await simulated.client.post("/__grant", json=wanted)).json()["granted"]
        wrong = await simulated.client.post("/__grant", json={"account": "x"})
    people = [account_of_token(each["access_token"]) for each in granted]
    assert [(each.credential.account_id, each.user_id, each.plan) for each in people[:2]] == [
        ("team", "u2", "plus"), ("team", "u1", "plus"),
    ]  # fmt: skip
    assert (people[2].credential.account_id, people[2].plan) == ("made-up", "pro")
    assert (wrong.status_code, "account" in wrong.json()["error"]) == (400, True)
