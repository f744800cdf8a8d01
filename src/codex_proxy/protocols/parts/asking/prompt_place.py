"""The header by which a client says where its system prompt is to stand.

Rules of this file: the words are those of ``model.system_prompt_strategy``.
"""

from collections.abc import Mapping
from typing import Final

from codex_proxy.protocols.base import InvalidRequest

PROMPT_HEADER: Final = "x-codex-proxy-system-prompt"
_INLINE: Final = {"instructions": False, "developer_inline": True}


def prompt_inline(headers: Mapping[str, str]) -> bool | None:
    """Whether the prompt is to stand in the conversation; None where the client does not say.

    Raises:
        InvalidRequest: it says something else.
    """
    told = headers.get(PROMPT_HEADER)
    if told is None:
        return None
    if (place := _INLINE.get(told.strip())) is None:
        raise InvalidRequest(PROMPT_HEADER, f"expected one of {', '.join(_INLINE)}")
    return place
