"""The Codex CLI's login, taken over from its file."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from codex_proxy.accounts.record import Identity
from codex_proxy.operations.login.cli_file import (
    SHARED_WARNING,
    CliFileUnusable,
    CliImport,
    CliTokens,
    ImportMode,
    parse_cli_file,
)
from codex_proxy.operations.login.outcomes import LoginDone
from codex_proxy.operations.login.ports import FileUnreadable
from tests.operations.login.stage import COLLEAGUE, DAY, ISSUER, NOW, Stage, StandInFiles, grant, token


def file_of(access_token: str | None = None, **tokens: Any) -> bytes:
    """The file as Codex CLI 0.169 writes it."""
    told = {
        "id_token": "the-id-token",
        "access_token": access_token or token(),
        "refresh_token": "rt_of-the-cli",
        "oauth_provenance": {"issuer": ISSUER, "client_id": "app_EMoamEEZ73f0CkXaXp7hrann"},
        "login_owner_id": "owner",
        "account_id": "acc-1",
    }
    return msgspec.json.encode(
        {
            "auth_mode": "chatgpt",
            "OPENAI_API_KEY": None,
            "tokens": told | tokens,
            "last_refresh": "2026-11-26T12:00:00.000000000Z",
        }
    )


class Scene:
    def __init__(self, content: bytes) -> None:
        self.stage, self.files = Stage(), StandInFiles(auth=content)
        self.taking = CliImport(self.stage.parts, self.files)

    async def refused(self, mode: ImportMode = ImportMode.COPY) -> str:
        with pytest.raises(CliFileUnusable) as caught:
            await self.taking.run(mode)
        assert await self.stage.accounts() == ()
        return str(caught.value)


def test_b_15_the_tokens_are_nested() -> None:
    tokens = parse_cli_file(file_of())
    assert (tokens.account_id, tokens.issuer) == ("acc-1", ISSUER)
    assert tokens.secrets.access_token == token()
    assert tokens.secrets.refresh_token == "rt_of-the-cli"
    assert "rt_of-the-cli" not in repr(tokens)


def test_files_of_older_versions_say_less() -> None:
    content = msgspec.json.encode({"tokens": {"access_token": "a.b.c", "refresh_token": ""}})
    assert parse_cli_file(content) == CliTokens(secrets=type(grant().secrets)(access_token="a.b.c"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b'{"tokens": {"access_tok', "no JSON"),
        (b"\xff", "no JSON"),
        (b"[1]", "no ChatGPT login"),
        (b"{}", "no ChatGPT login"),
        (b'{"tokens": null}', "no ChatGPT login"),
        (b'{"access_token": "eyJ.top.level"}', "no ChatGPT login"),
        (b'{"OPENAI_API_KEY": "sk-x", "tokens": null}', "an API key and no ChatGPT login"),
    ],
)
def test_a_file_without_a_login_is_told_apart(content: bytes, words: str) -> None:
    with pytest.raises(CliFileUnusable, match=words):
        parse_cli_file(content)


@given(some.binary(max_size=200) | some.dictionaries(some.text(), some.none() | some.text()).map(msgspec.json.encode))
def test_any_file_has_tokens_or_is_refused(content: bytes) -> None:
    try:
        tokens = parse_cli_file(content)
    except CliFileUnusable:
        return
    assert tokens.secrets.access_token


async def test_b_14_a_copy_takes_the_access_token_only() -> None:
    scene = Scene(file_of())
    imported = await scene.taking.run()
    account = await scene.stage.account()
    assert (imported.done, imported.path, imported.warning) == (
        LoginDone(record=account, added=True),
        "/home/auth.json",
        None,
    )
    secrets = await scene.stage.store.secrets(account.row_id)
    assert secrets is not None
    assert (secrets.access_token, secrets.refresh_token) == (token(), None)
    assert (account.email, account.followed_file, account.has_refresh_token) == ("owner@example.invalid", None, False)


async def test_a_08_taking_over_a_login_asks_nobody() -> None:
    scene = Scene(file_of())
    await scene.taking.run()
    assert (scene.stage.issuer.sent, scene.stage.issuer.exchanged) == ([], [])


async def test_the_refresh_token_comes_along_if_asked_for_with_a_warning() -> None:
    scene = Scene(file_of())
    imported = await scene.taking.run(ImportMode.COPY_WITH_REFRESH_TOKEN)
    secrets = await scene.stage.store.secrets(imported.done.record.row_id)
    assert secrets is not None
    assert (secrets.refresh_token, imported.warning) == ("rt_of-the-cli", SHARED_WARNING)


async def test_a_refresh_token_that_is_not_there_cannot_come_along() -> None:
    assert "no refresh token" in await Scene(file_of(refresh_token="")).refused(ImportMode.COPY_WITH_REFRESH_TOKEN)


async def test_a_followed_file_is_noted_without_its_refresh_token() -> None:
    scene = Scene(file_of())
    await scene.taking.run(ImportMode.FOLLOW)
    account = await scene.stage.account()
    assert (account.followed_file, account.has_refresh_token) == ("/home/auth.json", False)


async def test_another_file_can_be_named() -> None:
    scene = Scene(file_of())
    scene.files.contents["/home/other.json"] = file_of(token(COLLEAGUE))
    imported = await scene.taking.run(path=Path("/home/other.json"))
    assert (imported.path, imported.done.record.email) == ("/home/other.json", "colleague@example.invalid")


async def test_a_copy_of_an_expired_token_is_refused_and_a_followed_one_waits_for_the_cli() -> None:
    expired = file_of(token(issued_at=NOW - 20 * DAY))
    assert "expired" in await Scene(expired).refused()
    scene = Scene(expired)
    await scene.taking.run(ImportMode.FOLLOW)
    assert (await scene.stage.account()).followed_file == "/home/auth.json"


async def test_tokens_of_another_issuer_are_refused() -> None:
    other = {"issuer": "https://auth.openai.com", "client_id": "app"}
    words = await Scene(file_of(oauth_provenance=other)).refused()
    assert words == "its tokens came from https://auth.openai.com and are not used with https://auth.example"


async def test_the_file_says_whose_an_opaque_token_is() -> None:
    scene = Scene(file_of("opaque-token"))
    await scene.taking.run()
    account = await scene.stage.account()
    assert account.identity == Identity(issuer=ISSUER, account_id="acc-1")
    assert "name no ChatGPT account" in await Scene(file_of("opaque-token", account_id=None)).refused()


async def test_a_newer_credential_here_stays() -> None:
    scene = Scene(file_of(token(issued_at=NOW - DAY)))
    await scene.stage.keep(grant())
    imported = await scene.taking.run()
    assert (imported.done.kept_newer, imported.done.record.issued_at) == (True, NOW)


async def test_a_file_that_is_not_there_is_told() -> None:
    scene = Scene(b"")
    scene.files.contents.clear()
    with pytest.raises(FileUnreadable):
        await scene.taking.run()
