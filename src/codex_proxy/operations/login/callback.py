"""The issuer's redirect, as a listener gets it or as its owner pastes it.

Rules of this file: pure; a member that is there twice is no answer of the issuer's; what a browser is to see is plain
text that whoever shows it escapes.  Source: RFC 6749, section 4.1.2; captures of Codex CLI 0.169.
"""

from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from codex_proxy.operations.login.outcomes import LoginDone, LoginEnd, LoginFailed, Reason
from codex_proxy.operations.login.ports import CallbackReply

MAX_CALLBACK_CHARACTERS: Final = 8192
_MAX_MEMBERS: Final = 32
_SHOWN_CHARACTERS: Final = 300

NOT_OURS: Final = CallbackReply(
    status=400,
    title="Nothing to do here",
    text="This login was not started here, or is over. Nothing was kept; you can close this page.",
)
INCOMPLETE: Final = CallbackReply(
    status=400, title="Nothing to do here", text="This address is no complete answer to a login."
)
_AGAIN: Final = "Start the login again from the dashboard or with codex-proxy login."


class InvalidCallback(Exception):
    """What was pasted is no redirect of the issuer's; says why, without its content."""


class CallbackAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a redirect says: a code, or an error with the issuer's description."""

    state: str
    code: str | None = None
    error: str | None = None
    description: str = ""

    def __repr__(self) -> str:
        return f"CallbackAnswer(error={self.error!r})"


def parse_pasted(text: str) -> CallbackAnswer:
    """The redirect in a pasted address; browsers hide its scheme, so it may be missing.

    Raises:
        InvalidCallback: it is none.
    """
    pasted = "".join(text.split())
    try:
        query = urlsplit(pasted).query or pasted.partition("?")[2]
    except ValueError:
        raise InvalidCallback("this is no address") from None
    return parse_query(query or pasted)


def parse_query(query: str) -> CallbackAnswer:
    """The redirect in a query; raises ``InvalidCallback``."""
    if len(query) > MAX_CALLBACK_CHARACTERS:
        raise InvalidCallback("the address is too long")
    try:
        members = parse_qs(query, max_num_fields=_MAX_MEMBERS)
    except ValueError:
        raise InvalidCallback("the address has too many parts") from None
    if any(len(members.get(name, [])) > 1 for name in ("state", "code", "error")):
        raise InvalidCallback("the address says something twice")
    told = {name: values[0] for name, values in members.items()}
    if "state" not in told:
        raise InvalidCallback("the address holds no state; paste the whole address of the page after the login")
    if "code" not in told and "error" not in told:
        raise InvalidCallback("the address holds neither a code nor an error")
    return CallbackAnswer(
        state=told["state"],
        code=None if "error" in told else told["code"],
        error=told.get("error"),
        description=told.get("error_description", ""),
    )


def denied(answer: CallbackAnswer) -> LoginFailed:
    """The end of a login that the issuer's page refused."""
    said = answer.error or ""
    if answer.description:
        said = f"{said}: {answer.description}"
    return LoginFailed(reason=Reason.DENIED, message=" ".join(said.split())[:_SHOWN_CHARACTERS])


def reply_to(end: LoginEnd) -> CallbackReply:
    """What the browser sees of a login's end; no token, code or state is in it."""
    match end:
        case LoginDone():
            return CallbackReply(
                status=200, title="You are logged in", text="You can close this page.", detail=end.record.email or ""
            )
        case LoginFailed(reason=Reason.DENIED):
            return CallbackReply(status=200, title="The login was refused", text=_AGAIN, detail=end.message)
        case LoginFailed():
            return CallbackReply(status=502, title="The login failed", text=_AGAIN, detail=end.message)
