"""Accounts from access tokens that the owner wrote into the configuration."""

from collections.abc import Sequence

from codex_proxy.accounts.account import Account, MalformedToken, account_of_token


class TokensUnusable(Exception):
    """A configured token is no access token; says which one, never its text."""


def accounts_of_tokens(tokens: str | Sequence[str] | None) -> tuple[Account, ...]:
    """One account for each token; of two tokens of one account the last one holds.

    ``tokens`` is one token, several separated by commas or white space, or a list.

    Raises:
        TokensUnusable: one of them is no JWT.
    """
    texts = tokens.replace(",", " ").split() if isinstance(tokens, str) else [text.strip() for text in tokens or ()]
    accounts: dict[str, Account] = {}
    for place, text in enumerate(texts, start=1):
        try:
            account = account_of_token(text)
        except MalformedToken as error:
            raise TokensUnusable(f"token {place} of {len(texts)}: {error}") from error
        accounts[account.row_id] = account
    return tuple(accounts.values())
