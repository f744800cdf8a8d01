"""What tells one vendor of the Responses dialect from another; pure data.

Rules of this file: a difference between vendors is a member here, under a name that says what it is and no vendor's.
"""

import msgspec

from codex_proxy.canonical.blocks import JsonObject


class ResponsesProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one vendor takes.

    The call: ``path``, in which ``{model}`` stands for the model, may carry a query; ``key_header`` carries the key, as
    a bearer token if it is ``authorization``; ``headers`` and the members ``sends`` go with every call, what the client
    says of the same name wins over the latter.  ``streams_only`` asks for a stream whatever the client wants.

    Members: ``refuses`` are left out (``reasoning.summary`` names a member of a member), ``refuses_thinking`` while the
    model thinks, which ``thinks`` says it does where nothing is said; ``least_output_tokens`` is the lowest limit that
    can be asked for; ``needs_instructions`` sends empty ones where there are none; ``cache_key`` names the conversation
    where the client does not.

    Items: ``developer_role`` False says developer messages as the system's, ``system_role`` False those of the system
    as the developer's; ``encrypted_reasoning`` False never asks for it.  Tools: ``custom_tools`` False sends free-text
    tools as functions; ``hosted_tools`` are the kinds that the vendor runs, None for all.
    """

    path: str = "/responses"
    key_header: str = "authorization"
    headers: tuple[tuple[str, str], ...] = ()
    sends: JsonObject = {}
    refuses: tuple[str, ...] = ()
    refuses_thinking: tuple[str, ...] = ()
    thinks: bool = False
    streams_only: bool = False
    least_output_tokens: int | None = None
    needs_instructions: bool = False
    cache_key: bool = False
    developer_role: bool = True
    system_role: bool = True
    encrypted_reasoning: bool = True
    custom_tools: bool = True
    hosted_tools: tuple[str, ...] | None = None
