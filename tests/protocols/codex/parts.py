"""What calls to the backend are made of in these tests."""

from typing import Any

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts, Profile, Target, UpstreamIdentity

CLIENT = ClientIdentity(
    profile=Profile.DESKTOP,
    engine_version="0.169.0",
    desktop_version="26.1120.10001",
    platform="Debian 12.0.0",
    arch="x86_64",
    terminal="xterm",
    installation_id="installation",
)
IDENTITY = UpstreamIdentity(session_id="session", thread_id="thread", turn_id="turn")
MODEL = ModelFacts(slug="gpt-5.4", efforts=("low", "medium", "high"))


def target(**changes: Any) -> Target:
    known: dict[str, Any] = {
        "model": MODEL,
        "credential": Credential(token="secret", account_id="account"),
        "client": CLIENT,
        "identity": IDENTITY,
        "now": 0.0,
    }
    return Target(**known | changes)


def user(text: str = "hello") -> Turn:
    return Turn(role=Role.USER, blocks=(Text(text=text),))


def request(*turns: Turn, dialect: Dialect = Dialect.OPENAI_CHAT, **changes: Any) -> Request:
    return Request(dialect=dialect, model="gpt-5.4", turns=turns or (user(),), **changes)
