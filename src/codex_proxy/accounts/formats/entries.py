"""One entry of a file, read into a credential or into why there is none.

Rules of this file: pure and total.  Claims of an access token win over what the file says beside it; a refresh token
that another program or issuer was given is never taken, for sending it there would end it.  What the owner wants and
what was counted come along only where that was asked for.  Source: spec, accounts, 4.2.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from codex_proxy.accounts.account import MalformedToken, read_claims
from codex_proxy.accounts.formats import members as names
from codex_proxy.accounts.formats.members import Members, showable
from codex_proxy.accounts.formats.rows import AccountRow, InvalidRow, ReadingRules, Row, RowState, SkippedRow
from codex_proxy.accounts.formats.tokens import cleaned, is_access_token, redacted, why_no_token
from codex_proxy.accounts.formats.usage import read_usage
from codex_proxy.accounts.issuer import Grant, grant_of
from codex_proxy.accounts.record import FingerprintMode, Identity, Secrets

LONGEST_LABEL: Final = 64
DISABLED: Final = "disabled"

_OURS: Final[Mapping[str, frozenset[str]]] = {
    "platform": frozenset({"openai", "chatgpt", "codex"}),
    "type": frozenset({"oauth", "codex", "chatgpt", "openai"}),
    "auth_mode": frozenset({"chatgpt"}),
}
_CLI_MARKS: Final = frozenset({"OPENAI_API_KEY", "auth_mode"})
_SHARED: Final = "the Codex CLI holds its refresh token too: whichever renews it first logs the other one out"
_ID: Final = re.compile(r"[!-~]{1,200}")
_CLIENT_KEY: Final = re.compile(r"codex-proxy-[0-9a-f]{16,128}")
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,24}")  # longer ones may be secrets in the wrong place


class _Unusable(Exception):
    """The entry should be an account and is none; says why."""


class _NotOurs(Exception):
    """The entry is no ChatGPT account; says what it is."""


def read_entry(entry: Any, index: int, rules: ReadingRules) -> Row:
    """What the entry number ``index`` is: an object of some program, or a token by itself."""
    try:
        if isinstance(entry, str):
            return _row(Members({"token": entry}), index, rules)
        if not isinstance(entry, Mapping):
            raise _Unusable("it is neither an object nor a token")
        _require_ours(entry)
        return _row(Members(entry), index, rules)
    except _NotOurs as error:
        return SkippedRow(index=index, reason=str(error))
    except _Unusable as error:
        return InvalidRow(index=index, reason=str(error))


def _require_ours(entry: Mapping[Any, Any]) -> None:
    for name, ours in _OURS.items():
        told = entry.get(name)
        if isinstance(told, str) and told.strip() and told.strip().lower() not in ours:
            word = repr(told.strip()) if _WORD.fullmatch(told.strip()) else "another one"
            raise _NotOurs(f"its {name} is {word}, and only ChatGPT accounts are taken")


def _row(told: Members, index: int, rules: ReadingRules) -> AccountRow:
    secrets, note = _secrets(told, rules)
    label = told.line(names.LABEL)
    grant = _grant(told, secrets, rules)
    return AccountRow(
        index=index,
        grant=grant,
        label=None if label is None or label == grant.email else label[:LONGEST_LABEL],
        proxy_key=told.text(names.PROXY_KEY),
        state=_state(told.outer, rules) if rules.include_state else None,
        note=note or (_SHARED if secrets.refresh_token is not None and _is_cli_file(told.outer) else None),
    )


def _is_cli_file(entry: Mapping[Any, Any]) -> bool:
    """Whether this is what the Codex CLI keeps: tokens below ``tokens``, beside a key or a mode."""
    return isinstance(entry.get("tokens"), Mapping) and bool(_CLI_MARKS & entry.keys())


# ------------------------------------------------------------------------------------------------- the tokens


def _secrets(told: Members, rules: ReadingRules) -> tuple[Secrets, str | None]:
    """The tokens, and what was left out of them."""
    access, refresh = _pair(told)
    if access is None and refresh is None:
        if told.text(names.API_KEY) is not None:
            raise _NotOurs("it holds an API key and no ChatGPT login")
        raise _Unusable("it has neither an access token nor a refresh token")
    _require_issuer(told, rules)
    id_token = told.text(names.ID_TOKEN)
    secrets = Secrets(
        access_token=access,
        refresh_token=refresh,
        id_token=id_token if id_token is not None and why_no_token(id_token) is None else None,
    )
    client_id = told.text(names.CLIENT_ID)
    if refresh is None or client_id is None or client_id == rules.client_id:
        return secrets, None
    if access is None:
        raise _Unusable("its refresh token was given to another program (client_id) and works nowhere else")
    return replace(secrets, refresh_token=None), "its refresh token was given to another program and was left out"


def _pair(told: Members) -> tuple[str | None, str | None]:
    access = _token(told, names.ACCESS_TOKEN, access=True)
    refresh = _token(told, names.REFRESH_TOKEN, access=False)
    either = _token(told, names.TOKEN, access=None)
    if either is None:
        return access, refresh
    if is_access_token(either):
        return access or either, refresh
    return access, refresh or either


def _token(told: Members, member: names.Names, *, access: bool | None) -> str | None:
    """A token of this kind; of either kind with None.  A member that holds another kind is an error."""
    text = told.text(member)
    token = cleaned(text) if text is not None else ""
    if not token:
        return None
    why = why_no_token(token)
    if why is None and access is not None and is_access_token(token) is not access:
        why = "an access token is a JWT" if access else "this is an access token in the place of a refresh token"
    if why is not None:
        raise _Unusable(f"{member[0]}: {why}: {redacted(token)}")
    return token


def _require_issuer(told: Members, rules: ReadingRules) -> None:
    issuer = told.text(names.ISSUER)
    if issuer is not None and issuer.rstrip("/") != rules.issuer.rstrip("/"):
        raise _Unusable(f"its tokens came from another issuer and are not used with {rules.issuer}")


# ------------------------------------------------------------------------------------------------ whose it is


def _grant(told: Members, secrets: Secrets, rules: ReadingRules) -> Grant:
    if secrets.access_token is None:  # whose it is shows when it is exchanged, whatever the file says
        email = told.line(names.EMAIL)
        return Grant(identity=Identity(issuer=rules.issuer), secrets=secrets, email=email)
    try:
        read_claims(secrets.access_token)
    except MalformedToken as error:
        raise _Unusable(f"{error}: {redacted(secrets.access_token)}") from None
    grant = grant_of(secrets, issuer=rules.issuer, now=rules.now)
    identity = _identity(told, grant.identity)
    if secrets.refresh_token is None and (grant.expires_at or 0.0) <= rules.now:
        raise _Unusable("its access token has expired, and there is no refresh token with it")
    return replace(
        grant,
        identity=identity,
        email=showable(grant.email or "") or told.line(names.EMAIL),
        plan=showable(grant.plan or "") or told.line(names.PLAN),
    )


def _identity(told: Members, claimed: Identity) -> Identity:
    """Who the claims say it is, completed by what the file says where that is the same account."""
    account_id, user_id = told.text(names.ACCOUNT_ID), told.text(names.USER_ID)
    if claimed.account_id is None and account_id is None:
        raise _Unusable("its access token names no ChatGPT account")
    is_same = account_id is None or claimed.account_id in {None, account_id}
    identity = Identity(
        issuer=claimed.issuer,
        account_id=claimed.account_id or account_id,
        user_id=claimed.user_id or (user_id if is_same else None),
    )
    if any(half is not None and _ID.fullmatch(half) is None for half in (identity.account_id, identity.user_id)):
        raise _Unusable("the ids of its account are no ids")
    return identity


# ------------------------------------------------------------------------------------------------- its state


def _state(entry: Mapping[Any, Any], rules: ReadingRules) -> RowState:
    key = entry.get("proxyApiKey")
    way = entry.get("proxyId")
    return RowState(
        enabled=entry.get("status") != DISABLED and entry.get(DISABLED) is not True,
        fingerprint_mode=_fingerprint_mode(entry.get("codexFingerprintMode")),
        counters=read_usage(entry.get("usage"), read_time=rules.read_time),
        way=way if isinstance(way, str) and _ID.fullmatch(way) else None,
        client_key=key if isinstance(key, str) and _CLIENT_KEY.fullmatch(key) else None,
    )


def _fingerprint_mode(told: Any) -> FingerprintMode:
    return FingerprintMode.SESSION if told == FingerprintMode.SESSION else FingerprintMode.OFF
