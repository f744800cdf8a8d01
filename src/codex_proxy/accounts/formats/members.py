"""The members of one account in a file, by whichever name its program gave them.

Rules of this file: pure and total; a member of another type than expected is not there.  Names are those of the Codex
CLI, the Node system, sub2api, cockpit_tools and CPA.  Source: spec, accounts, 4.1 and 4.2.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Names: TypeAlias = Sequence[str]

TOKEN: Final[Names] = ("token",)
ACCESS_TOKEN: Final[Names] = ("access_token", "accessToken")
REFRESH_TOKEN: Final[Names] = ("refreshToken", "refresh_token")
ID_TOKEN: Final[Names] = ("id_token", "idToken")
ACCOUNT_ID: Final[Names] = ("account_id", "accountId", "chatgpt_account_id")
USER_ID: Final[Names] = ("userId", "user_id", "chatgpt_user_id")
EMAIL: Final[Names] = ("email",)
PLAN: Final[Names] = ("planType", "plan_type", "chatgpt_plan_type")
LABEL: Final[Names] = ("label", "name", "account_name", "accountName", "account_note", "note")
CLIENT_ID: Final[Names] = ("client_id", "clientId")
ISSUER: Final[Names] = ("issuer",)
PROXY_KEY: Final[Names] = ("proxy_key",)
API_KEY: Final[Names] = ("OPENAI_API_KEY",)

_NESTS: Final = ("tokens", "credentials")
_PROVENANCE: Final = "oauth_provenance"  # beside the tokens, in the Codex CLI's file
_UNSHOWABLE: Final = frozenset({"Cc", "Cs"})  # control characters and halves of surrogate pairs


class Members:
    """An entry of a file, with what is nested in it: the outermost member of a name counts."""

    def __init__(self, entry: Mapping[Any, Any]) -> None:
        nested = [told for name in _NESTS if isinstance(told := entry.get(name), Mapping)]
        provenance = [told for level in nested if isinstance(told := level.get(_PROVENANCE), Mapping)]
        self.outer = entry
        self._levels = (entry, *nested, *provenance)

    def text(self, names: Names) -> str | None:
        """The first of these members that is a text with anything in it, without the white space around it."""
        told = (level.get(name) for level in self._levels for name in names)
        return next((text for value in told if isinstance(value, str) and (text := value.strip())), None)

    def line(self, names: Names) -> str | None:
        """Such a text as one that can be shown: without control characters."""
        text = self.text(names)
        return None if text is None else showable(text)


def showable(text: str) -> str | None:
    """A text without what no screen shows and no database keeps; None where nothing is left."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in _UNSHOWABLE).strip() or None
