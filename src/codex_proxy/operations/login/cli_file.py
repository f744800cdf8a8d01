"""The Codex CLI's own login, taken over from its file.

Rules of this file: the file is read and never written.  Two programs that spend one refresh token log each other out,
so only the access token is taken unless the owner asks for more.  Source: the file as Codex CLI 0.169 writes it; its
tokens are nested, and those of older versions lack what is optional here.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from codex_proxy.accounts.issuer import Grant, grant_of
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.operations.login.outcomes import LoginDone, keep_new, new_account
from codex_proxy.operations.login.ports import CredentialFiles, LoginParts

SHARED_WARNING: Final = (
    "the Codex CLI and this gateway now hold the same refresh token: whichever renews it first logs the other one out"
)


class ImportMode(StrEnum):
    """What is taken from the file: the access token, the refresh token too, or the access token again and again."""

    COPY = "copy"
    COPY_WITH_REFRESH_TOKEN = "copy_with_refresh_token"
    FOLLOW = "follow"


class CliFileUnusable(Exception):
    """There is no login in the file that can be used; says why, without its content."""


class CliTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a file, and where it says they came from."""

    secrets: Secrets
    account_id: str | None = None
    issuer: str | None = None


class CliImported(msgspec.Struct, frozen=True, kw_only=True):
    """The account that the login in the file at ``path`` became; ``warning`` is for the owner."""

    done: LoginDone
    path: str
    warning: str | None = None


class CliImport:
    """Takes over logins of the Codex CLI."""

    def __init__(self, parts: LoginParts, files: CredentialFiles) -> None:
        self._parts = parts
        self._files = files

    async def run(self, mode: ImportMode = ImportMode.COPY, *, path: Path | None = None) -> CliImported:
        """Take over the login in ``path``, the CLI's own file where none is given.

        Raises:
            FileUnreadable: it cannot be read.
            CliFileUnusable: it holds no login that can be used here.
            StoreUnusable: the account cannot be kept.
        """
        seen = await self._files.read(path or self._files.default_path())
        now = self._parts.clock.now()
        tokens = parse_cli_file(seen.content)
        grant = grant_in(tokens, issuer=self._parts.issuer.issuer, now=now)
        if mode is ImportMode.COPY and (grant.expires_at or 0.0) <= now:
            raise CliFileUnusable("its access token has expired; run the Codex CLI once, or follow the file")
        new = new_account(grant, row_id=self._parts.new_row_id())
        if mode is ImportMode.COPY_WITH_REFRESH_TOKEN:
            new = msgspec.structs.replace(new, secrets=_all_of(tokens))
        if mode is ImportMode.FOLLOW:
            new = msgspec.structs.replace(new, followed_file=seen.path)
        return CliImported(
            done=await keep_new(self._parts, new),
            path=seen.path,
            warning=SHARED_WARNING if mode is ImportMode.COPY_WITH_REFRESH_TOKEN else None,
        )


def parse_cli_file(content: bytes) -> CliTokens:
    """The tokens in a file of the Codex CLI.

    Raises:
        CliFileUnusable: there are none.
    """
    told = _object(_decoded(content))
    tokens = _object(told.get("tokens"))
    access_token = _text(tokens.get("access_token"))
    if access_token is None:
        if _text(told.get("OPENAI_API_KEY")):
            raise CliFileUnusable("it holds an API key and no ChatGPT login")
        raise CliFileUnusable("it holds no ChatGPT login (tokens.access_token)")
    return CliTokens(
        secrets=Secrets(
            access_token=access_token,
            refresh_token=_text(tokens.get("refresh_token")),
            id_token=_text(tokens.get("id_token")),
        ),
        account_id=_text(tokens.get("account_id")),
        issuer=_text(_object(tokens.get("oauth_provenance")).get("issuer")),
    )


def grant_in(tokens: CliTokens, *, issuer: str, now: float) -> Grant:
    """What the file's tokens grant, without its refresh token.

    Raises:
        CliFileUnusable: they came from another issuer than ours, or name no account.
    """
    if tokens.issuer is not None and tokens.issuer.rstrip("/") != issuer:
        raise CliFileUnusable(f"its tokens came from {tokens.issuer} and are not used with {issuer}")
    secrets = msgspec.structs.replace(tokens.secrets, refresh_token=None)
    grant = grant_of(secrets, issuer=issuer, now=now)
    if grant.identity.account_id is None:
        if tokens.account_id is None:
            raise CliFileUnusable("its tokens name no ChatGPT account")
        identity = Identity(issuer=issuer, account_id=tokens.account_id, user_id=grant.identity.user_id)
        return msgspec.structs.replace(grant, identity=identity)
    return grant


def _all_of(tokens: CliTokens) -> Secrets:
    if tokens.secrets.refresh_token is None:
        raise CliFileUnusable("it holds no refresh token")
    return tokens.secrets


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CliFileUnusable("it is no JSON") from None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
