"""What the last prompt of a conversation really counted, which tells more of the next one than its size does.

Rules of this file: pure; keyed by client key and conversation; bounded in number and in time, least recently counted
first.  Times are seconds that never jump.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from codex_proxy.accounts.affinity import ConversationKey

MAX_CONVERSATIONS: Final = 10_000
KEEP_SECONDS: Final = 24 * 3600.0  # a client that comes back the next day mostly begins anew


class CountedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt that an upstream counted: the tokens its size suggested, those it had, and when that was told."""

    sized_tokens: int
    counted_tokens: int
    counted_at: float


class PromptMemory:
    """Counted prompts, one for each conversation."""

    def __init__(self, *, limit: int = MAX_CONVERSATIONS, keep_seconds: float = KEEP_SECONDS) -> None:
        self._limit = limit
        self._keep_seconds = keep_seconds
        self._counted: OrderedDict[ConversationKey, CountedPrompt] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counted)

    def expected(self, conversation: ConversationKey, sized_tokens: int, *, now: float) -> int:
        """What the conversation's next prompt counts: what the last one did, and the size of what is new.

        A prompt smaller than the last one does not continue it (after a compaction, or on an errand of the client's
        that shares the id) and goes by its size; so does one of an unknown conversation.
        """
        last = self._counted.get(conversation)
        if last is None or now - last.counted_at > self._keep_seconds or sized_tokens < last.sized_tokens:
            return sized_tokens
        return last.counted_tokens + sized_tokens - last.sized_tokens

    def keep(self, conversation: ConversationKey, sized_tokens: int, counted_tokens: int, *, now: float) -> None:
        """Remember what the conversation's latest prompt counted."""
        self._counted[conversation] = CountedPrompt(
            sized_tokens=sized_tokens, counted_tokens=counted_tokens, counted_at=now
        )
        self._counted.move_to_end(conversation)
        while len(self._counted) > self._limit:
            self._counted.popitem(last=False)
        while self._counted and now - next(iter(self._counted.values())).counted_at > self._keep_seconds:
            self._counted.popitem(last=False)
