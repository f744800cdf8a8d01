"""What tells one vendor of the chat dialect from another; pure data.

Rules of this file: a difference between vendors is a member here, under a name that says what it is and no vendor's.
"""

from enum import StrEnum

import msgspec

from codex_proxy.canonical.blocks import JsonObject


class ThinkingSwitch(StrEnum):
    """How a vendor is told to think: an effort's word, members of an object, or a truth value."""

    REASONING_EFFORT = "reasoning_effort"
    REASONING_OBJECT = "reasoning"
    REASONING_ENABLED = "reasoning.enabled"
    THINKING_TYPE = "thinking"
    ENABLE_THINKING = "enable_thinking"
    TEMPLATE = "chat_template_kwargs"


class ChoiceWord(StrEnum):
    """What a vendor can be told about the use of tools: ``named`` is one of them, ``allowed`` some of them."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"
    ALLOWED = "allowed"


class ChatProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one vendor's chat dialect can say.

    The call: ``path``, in which ``{model}`` stands for the model; ``key_header`` carries the key, as a bearer token if
    it is ``authorization``; ``headers`` and the members ``sends`` go with every call, what the client says of the same
    name wins over the latter; ``passes`` False writes even the requests of this dialect's clients anew.

    Members: ``refuses`` are left out, ``refuses_thinking`` while the model thinks; ``renames`` are said under another
    name; ``extras`` are the members without a meaning here that a client of this dialect may send, None for all;
    ``max_tokens_field`` is the vendor's word for the output limit; ``stream_options`` asks for token counts.

    Thinking: ``thinking`` are the switches to set, ``thinks`` whether the model does where nothing is said;
    ``effort_words`` are the vendor's words for efforts of the same meaning; ``budget_field`` takes a token budget;
    ``thinks_only_streaming`` refuses to think in an unstreamed answer; ``reasoning_echo`` is the assistant member in
    which the vendor wants its own thoughts back, ``reasoning_filler`` what it wants there beside calls without any
    while the model thinks; ``reasoning_details`` that it wants its tokens back in the member of
    that name; ``think_tags`` reads ``<think>`` at the start of the text as thoughts.

    Messages: ``developer_role`` keeps that role; ``single_system`` merges all instructions into one leading message;
    ``alternating`` lets no two messages of one side follow each other; ``assistant_after_tool`` lets no user message
    follow a tool's; ``message_names`` keeps names of speakers; ``call_id_length`` makes ids of calls letters and
    digits of that number; ``cache_marks`` marks the prompt's recurring beginnings.

    Content: ``images``, ``tool_images`` (in results of tools), ``image_links`` (that the vendor fetches), ``files``,
    ``audio``.  Tools: ``tools`` False retells them; ``choices`` are what can be said about their use,
    ``forces_while_thinking`` whether a call can be forced while the model thinks.  Form: without ``json_schema``, or
    ``json_object``, the wish is said in words.
    """

    path: str = "/chat/completions"
    key_header: str = "authorization"
    headers: tuple[tuple[str, str], ...] = ()
    sends: JsonObject = {}
    passes: bool = True
    refuses: tuple[str, ...] = ()
    refuses_thinking: tuple[str, ...] = ()
    renames: dict[str, str] = {}
    extras: tuple[str, ...] | None = None
    max_tokens_field: str = "max_completion_tokens"
    max_temperature: float | None = None
    stream_options: bool = True
    thinking: tuple[ThinkingSwitch, ...] = (ThinkingSwitch.REASONING_EFFORT,)
    thinks: bool = False
    effort_words: dict[str, str] = {}
    budget_field: str | None = None
    thinks_only_streaming: bool = False
    reasoning_echo: str | None = None
    reasoning_filler: str | None = None
    reasoning_details: bool = False
    think_tags: bool = False
    developer_role: bool = False
    single_system: bool = False
    alternating: bool = False
    assistant_after_tool: bool = False
    message_names: bool = True
    call_id_length: int | None = None
    cache_marks: bool = False
    images: bool = True
    image_links: bool = True
    tool_images: bool = False
    files: bool = False
    audio: bool = False
    tools: bool = True
    choices: tuple[ChoiceWord, ...] = tuple(ChoiceWord)
    forces_while_thinking: bool = True
    parallel_tool_calls: bool = True
    custom_tools: bool = False
    strict: bool = True
    web_search: bool = False
    json_object: bool = True
    json_schema: bool = True
