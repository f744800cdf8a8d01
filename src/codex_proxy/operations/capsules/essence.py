"""A text without what no two runs of one request have in common.

Rules of this file: pure; what is left out of a text is left out of every text, so that both sides of a comparison lose
the same.  Left out are ids, times, durations, what is random or an estimate, where vendors were, and everything that
only fills a silence, since that depends on how fast an upstream was; with it the numbers of a stream's events.
"""

import re
from typing import Final

_FILLING: Final = tuple(
    (re.compile(pattern, re.MULTILINE), kept)
    for pattern, kept in (
        (r"^:.*\n+", ""),
        (r'^event: (?:ping|keepalive)\ndata: \{"type":\s*"(?:ping|keepalive)"\}\n\n', ""),
        (r"^event: response\.in_progress\ndata: .*\n\n", ""),
        (r'^data: \{[^\n]*"delta":\{\},(?:"logprobs":null,)?"finish_reason":null[^\n]*\n\n', ""),
        (r'^\{[^\n]*(?:"message":\{"role":"assistant","content":""\}|"response":""),"done":false\}\n', ""),
        (r"\A\n+", ""),
        (r"\n{3,}", "\n\n"),
    )
)
"""Comments; pings; the state told again; chunks and lines that say nothing; blank lines."""

_RANDOM: Final = tuple(
    (re.compile(pattern), kept)
    for pattern, kept in (
        (
            r'("(?:[a-z_]*id|[a-zA-Z]*Id|obfuscation|system_fingerprint|prompt_cache_key)"\s*:\s*)"[^"]*"',
            r'\1"…"',
        ),
        (r"\b(?:resp|msg|chatcmpl|cmpl|req|rs|fc|ctc|call|toolu|ig|ws|item|cmp)_[\w-]+", "…"),
        (
            r'("(?:created|created_at|completed_at|createTime|created_time|timestamp)"\s*:\s*)(?:[\d.]+|"[^"]*")',
            r'\1"…"',
        ),
        (r'("(?:\w*_duration|latency_ms|sequence_number)"\s*:\s*)[\d.]+', r'\1"…"'),
        (r'("type":\s*"message_start"[^\n]*?"input_tokens"\s*:\s*)\d+', r'\1"…"'),
    )
)
"""Ids, by their names and by their forms; times; durations and numbers of events; the prompt's size before it is known.

The last is estimated from what the conversation had before, which is in no capsule.
"""


def essence(text: str, hosts: frozenset[str] = frozenset()) -> str:
    """The text's essence; ``hosts`` are where vendors were."""
    told = text
    for host in sorted(hosts):
        told = told.replace(host, "…")
    for pattern, kept in (*_FILLING, *_RANDOM):
        told = pattern.sub(kept, told)
    return told
