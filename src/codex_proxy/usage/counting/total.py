"""The sum: what was counted, what goes by rule, and a margin.

Rules of this file: pure; rounded up, since a client that is told too little sends more than fits.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from codex_proxy.canonical.usage import tokens_of_size
from codex_proxy.usage.counting.media import pdf_tokens
from codex_proxy.usage.counting.plan import CountPlan, Passage, PassageKind

MARGIN_PERCENT: Final = 4  # what the upstream adds around messages and tools is not known; 3 to 5 % covers it


class TokenCount(msgspec.Struct, frozen=True, kw_only=True):
    """Input tokens of a request.

    ``estimated`` is always true, since items, tools, pictures and files go by rule; ``exact_text`` says that every text
    was counted with the model's vocabulary and none by its size.
    """

    tokens: int
    exact_text: bool
    estimated: bool = True


def total_of(plan: CountPlan, counts: Sequence[int | None]) -> TokenCount:
    """The count of a plan; ``counts`` has an entry for each passage: tokens or pages, None where nobody counted."""
    tokens = plan.ruled_tokens
    exact_text = True
    for passage, count in zip(plan.passages, counts, strict=True):
        tokens += _passage_tokens(passage, count)
        exact_text = exact_text and (count is not None or passage.kind is not PassageKind.TEXT)
    return TokenCount(tokens=-(-tokens * (100 + MARGIN_PERCENT) // 100), exact_text=exact_text)


def _passage_tokens(passage: Passage, count: int | None) -> int:
    if passage.kind is PassageKind.PDF:
        return pdf_tokens(count, base64_characters=passage.size_bytes)
    return tokens_of_size(passage.size_bytes) if count is None else count
