"""Names of the official SDKs that our code does not read, each with its reason.

Rules of this file: one table per place of ``test_schema_drift``; a row goes when the code reads the name, or the SDK
drops it.  An unread member of a request is kept in ``extra``: it goes upstream where the dialect is the upstream's own,
and is noted where not.
"""


def _because(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


_KEPT = "kept for upstreams of the dialect, noted for others"
_FEATURE = "a service of the vendor's own; " + _KEPT
_ITEM = "an item of a tool or a state that only this family has; passes whole, both ways"
_TOOL = "a tool that the upstream runs, or that only this family's clients run; passes whole"
_RELAYED = "progress of a hosted tool; relayed to this family's clients, means nothing to others"
_GOOGLE = "only Google runs it; left out with a note, refused where it is the only tool"
_HARDWARE = "how a local server runs the model; there is none here, cosmetic note"
_SAMPLING = "a sampler that no upstream of ours has; cosmetic note"
_SERVER = "kept, since an Ollama server takes it; what of it other upstreams have is read"
_SDK = "the SDK's own, never on the wire"
_LIVE = "of the Live API only"
_FIGURES = "our own figures are told; an upstream's are of its machine"

KNOWN: dict[str, dict[str, str]] = {
    "openai_chat request": {
        **_because(_FEATURE, "moderation prompt_cache_options prompt_cache_retention safety_identifier store"),
        **_because("makes the same answer faster; " + _KEPT, "prediction"),
    },
    "openai_chat chunk": {
        **_because("says what the frame is, which its place says already", "object"),
        **_because("means nothing to a client of another dialect", "moderation obfuscation system_fingerprint"),
    },
    "openai_chat choice": _because("probabilities are refused at the request", "logprobs"),
    "openai_chat delta": _because("an answer is always the assistant's", "role"),
    "openai_responses request": {
        **_because(
            _FEATURE,
            "access_programs background_options context_management image moderation prompt_cache_options"
            " prompt_cache_retention safety_identifier",
        ),
        **_because(_KEPT, "max_tool_calls stream_options truncation"),
    },
    "openai_responses item": _because(
        _ITEM,
        "additional_tools apply_patch_call apply_patch_call_output code_interpreter_call compaction compaction_trigger"
        " computer_call computer_call_output configuration_update file_search_call image_generation_call"
        " local_shell_call local_shell_call_output mcp_approval_request mcp_approval_response mcp_call mcp_list_tools"
        " program program_output shell_call shell_call_output tool_search_call tool_search_output web_search_call",
    ),
    "openai_responses tool": _because(
        _TOOL,
        "apply_patch code_interpreter computer computer_use_preview file_search image_generation local_shell mcp"
        " programmatic_tool_calling shell tool_search web_search",
    ),
    "openai_responses event": {
        **_because(
            "spoken answers are refused at the request",
            "response.audio.delta response.audio.done response.audio.transcript.delta response.audio.transcript.done",
        ),
        **_because(
            _RELAYED,
            "response.code_interpreter_call.completed response.code_interpreter_call.in_progress"
            " response.code_interpreter_call.interpreting response.code_interpreter_call_code.delta"
            " response.code_interpreter_call_code.done response.compaction.compacting"
            " response.file_search_call.completed response.file_search_call.in_progress"
            " response.file_search_call.searching response.image_generation_call.completed"
            " response.image_generation_call.generating response.image_generation_call.in_progress"
            " response.mcp_call.completed response.mcp_call.failed response.mcp_call.in_progress"
            " response.mcp_call_arguments.delta response.mcp_call_arguments.done response.mcp_list_tools.completed"
            " response.mcp_list_tools.failed response.mcp_list_tools.in_progress response.shell_call_command.added"
            " response.shell_call_command.delta response.shell_call_command.done"
            " response.shell_call_output_content.delta response.shell_call_output_content.done"
            " response.web_search_call.completed response.web_search_call.in_progress"
            " response.web_search_call.searching",
        ),
    },
    "anthropic request": {
        **_because("a header on the wire", "betas"),
        **_because(
            _FEATURE,
            "billing_policy compaction container context_management diagnostics fallback_credit_token fallbacks"
            " inference_geo user_profile_id workspace_id",
        ),
    },
    "anthropic content block": _because(
        "what an MCP server offers, and those servers are refused; a trace stays in the text", "mcp_tool_listing"
    ),
    "anthropic tool": _because(
        "Anthropic runs it; goes whole to Messages upstreams, left out with a note for others",
        "advisor_20260301 code_execution_20250522 code_execution_20250825 code_execution_20260120"
        " code_execution_20260521 tool_search_tool_bm25 tool_search_tool_bm25_20251119 tool_search_tool_regex"
        " tool_search_tool_regex_20251119 web_fetch_20250910 web_fetch_20260209 web_fetch_20260309 web_fetch_20260318",
    ),
    "anthropic delta": _because("the block's end brings the compaction whole", "compaction_delta"),
    "anthropic answer block": _because(
        "of a tool that Anthropic runs; passes whole to Messages clients, noted for others",
        "advisor_tool_result bash_code_execution_tool_result code_execution_tool_result compaction container_upload"
        " fallback mcp_tool_listing mcp_tool_result mcp_tool_use server_tool_use"
        " text_editor_code_execution_tool_result tool_search_tool_result web_fetch_tool_result web_search_tool_result",
    ),
    "anthropic stop reason": _because("keeps its own word, as an answer that goes on", "compaction"),
    "anthropic usage": _because(
        "no count of tokens, or a part of one; kept beside the counts",
        "cache_creation fallback_credit inference_geo iterations server_tool_use speed",
    ),
    "gemini request": {
        **_because(_SDK, "automaticFunctionCalling httpOptions shouldReturnHttpResponse"),
        **_because("stands in generationConfig on the wire, and is read there", "imageConfig"),
        **_because(
            _FEATURE,
            "automaticContinuation continuationToken generationOutputConfig labels modelArmorConfig safetySettings"
            " store",
        ),
    },
    "gemini generationConfig": {
        **_because(_LIVE, "audioTranscriptionConfig enableAffectiveDialog translationConfig"),
        **_because("means something to sound only, which is refused", "audioTimestamp speechConfig"),
        **_because(_FEATURE, "enableEnhancedCivicAnswers modelSelectionConfig routingConfig"),
    },
    "gemini toolConfig": _because("calls of Google's own tools are not carried", "includeServerSideToolInvocations"),
    "gemini part": {
        **_because(
            "says something of a recording or document that is carried anyway; lossy note where it stands alone",
            "audioMetadata audioTranscription documentMetadata mediaProcessing speechMetadata spreadsheetMetadata",
        ),
        **_because("a call of Google's own tools; lossy note", "toolCall toolResponse"),
    },
    "gemini tool": _because(_GOOGLE, "codeExecution computerUse fileSearch googleMaps mcpServers retrieval"),
    "gemini finish reason": _because(
        "keeps its own word, as an answer that is not whole",
        "CONTINUATION ESCALATION NO_IMAGE OTHER PUP_LIMITED_DISABLED",
    ),
    "ollama chat request": _because(_SERVER, "keep_alive options"),
    "ollama generate request": _because(_SERVER, "keep_alive options"),
    "ollama option": {
        **_because(
            _HARDWARE,
            "embedding_only f16_kv logits_all low_vram main_gpu num_batch num_ctx num_gpu num_keep num_thread numa"
            " use_mlock use_mmap vocab_only",
        ),
        **_because(
            _SAMPLING,
            "mirostat mirostat_eta mirostat_tau penalize_newline repeat_last_n repeat_penalty tfs_z typical_p",
        ),
    },
    "ollama answer": {
        **_because(_FIGURES, "eval_duration load_duration prompt_eval_duration total_duration"),
        **_because("progress of picture models, which are not asked for", "completed total"),
        **_because("a server's token state, which no other upstream has", "context"),
        **_because("probabilities are not told", "logprobs"),
    },
    "ollama message": {
        **_because("an answer is always the assistant's", "role"),
        **_because("of requests only", "images tool_name"),
    },
}
