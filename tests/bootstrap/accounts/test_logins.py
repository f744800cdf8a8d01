"""The ways to log in, put together."""

from pathlib import Path

from codex_proxy.accounts.issuer import grant_of
from codex_proxy.accounts.record import Secrets
from codex_proxy.bootstrap.accounts.logins import logins
from codex_proxy.simulator.tokens import make_token
from tests.bootstrap.accounts.ground import services_in


async def test_a_token_of_the_owners_is_kept_where_the_gateway_finds_it(tmp_path: Path) -> None:
    token = make_token(account_id="one", plan="plus", email="one@example.invalid", expires_at=4_000_000_000)
    async with services_in(tmp_path) as services:
        ways = logins(services, environ={"CODEX_HOME": str(tmp_path / "elsewhere")})
        done = await ways.tokens.add([token])
        await services.keeper.load()
        await ways.close()
        assert services.ground.pool.account(done.record.row_id).credential.token == token
    assert (
        done.record.identity == grant_of(Secrets(access_token=token), issuer="https://auth.openai.com", now=0).identity
    )
