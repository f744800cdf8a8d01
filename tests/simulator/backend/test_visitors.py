"""Who asks, and whether they are let in."""

import json

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.protocols.codex.failures import parse_failure
from codex_proxy.simulator.backend.visitors import STANDING_REPLIES, NotLetIn, let_in
from codex_proxy.simulator.sections.accounts import Standing
from tests.accounts.test_account import token_of
from tests.simulator.asking import backend, body, token


def test_a_visitor_is_who_the_token_says() -> None:
    visitor = let_in({"authorization": f"Bearer {token('acc', 'pro')}"}, now=0.0)
    assert (visitor.account_id, visitor.person.plan, visitor.person.email) == ("acc", "pro", "a@example.com")
    assert (visitor.session_id, visitor.token_id) == (None, None)


def test_any_well_formed_token_is_somebodys() -> None:
    first, second = (let_in({"authorization": f"Bearer {token_of({'sub': sub})}"}, now=0.0) for sub in "12")
    assert first.owner != second.owner
    assert first.person.plan == "plus"


def test_members_of_one_workspace_are_told_apart() -> None:
    claims = [{"chatgpt_account_id": "team", "chatgpt_user_id": user} for user in ("u1", "u2")]
    made = [token_of({"https://api.openai.com/auth": each}) for each in claims]
    assert [let_in({"authorization": f"Bearer {each}"}, now=0.0).owner for each in made] == [
        ("team", "u1"), ("team", "u2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {token()}", "chatgpt-account-id": "b"}]
)
def test_nobody_and_somebody_else_are_not_let_in(headers: dict[str, str]) -> None:
    with pytest.raises(NotLetIn) as refused:
        let_in(headers, now=0.0)
    assert (refused.value.reply.status, json.loads(refused.value.reply.body)) == (401, {"detail": "Unauthorized"})


def test_every_standing_but_one_has_its_reply() -> None:
    assert set(Standing) - set(STANDING_REPLIES) == {Standing.ACTIVE}


@pytest.mark.parametrize(
    ("standing", "status", "kind"),
    [
        (Standing.TOKEN_EXPIRED, 401, FailureKind.UNAUTHORIZED),
        (Standing.TOKEN_REVOKED, 401, FailureKind.UNAUTHORIZED),
        (Standing.TOKEN_INVALIDATED, 401, FailureKind.UNAUTHORIZED),
        (Standing.UNAUTHORIZED, 401, FailureKind.UNAUTHORIZED),
        (Standing.PAYMENT_REQUIRED, 402, FailureKind.PAYMENT_REQUIRED),
        (Standing.DEACTIVATED_WORKSPACE, 402, FailureKind.DEACTIVATED),
        (Standing.ACCOUNT_DEACTIVATED, 403, FailureKind.DEACTIVATED),
        (Standing.FORBIDDEN, 403, FailureKind.FORBIDDEN),
    ],
)
async def test_a_standing_answers_everything_the_account_asks(
    standing: Standing, status: int, kind: FailureKind
) -> None:
    async with backend(f"accounts: [{{id: acc, standing: {standing}}}]") as simulated:
        replies = [
            await simulated.post(body()),
            await simulated.get("/wham/usage"),
            await simulated.get("/codex/models"),
        ]
        other = await simulated.post(body(), account_id="other")
    told = [parse_failure(reply.status_code, dict(reply.headers), reply.content) for reply in replies]
    assert [(each.status, each.kind) for each in told] == [(status, kind)] * 3
    assert other.status_code == 200
