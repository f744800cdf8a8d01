"""What tells one vendor of the Responses dialect from another; pure data."""

import msgspec


class ResponsesProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What one vendor takes.

    ``path`` may carry a query (Azure's ``api-version``); ``key_header`` is the header for the bare key, None for a
    bearer token; ``custom_tools`` False sends free-text tools as functions; ``developer_role`` False says developer
    messages as the system's; ``encrypted_reasoning`` False never asks for it; ``headers`` are sent with every call.
    """

    path: str = "/responses"
    key_header: str | None = None
    custom_tools: bool = True
    developer_role: bool = True
    encrypted_reasoning: bool = True
    headers: tuple[tuple[str, str], ...] = ()
