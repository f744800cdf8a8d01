"""What a prompt is expected to count, for dialects whose streams tell it before the upstream does.

Rules of this file: one look for each exchange, when its stream opens, and one when it is over; nothing for its events.
Only a count that an upstream made is remembered, never an estimate of ours.
"""

from collections.abc import Callable

from codex_proxy.canonical.request import Request
from codex_proxy.gateway.ports import ExchangeRecord, PromptEstimate
from codex_proxy.gateway.prompts.memory import PromptMemory
from codex_proxy.protocols.parts.session_hints import conversation_of


class PromptEstimates:
    """Estimates prompts; implements ``Observer``, since it learns from what they counted.

    ``size`` is the dialect's own guess from a request's size, in tokens; ``monotonic`` reads seconds that never jump;
    ``trust_user_field`` gives what the gateway's defaults say of it now.
    """

    def __init__(
        self,
        *,
        size: Callable[[Request], int],
        monotonic: Callable[[], float],
        trust_user_field: Callable[[], bool] = lambda: False,
        memory: PromptMemory | None = None,
    ) -> None:
        self._size = size
        self._monotonic = monotonic
        self._trust_user_field = trust_user_field
        self._memory = memory or PromptMemory()

    def of(self, request: Request, *, client_key_id: str) -> PromptEstimate:
        """The estimate for a request of this client; hand it on with the exchange."""
        sized = self._size(request)
        told = conversation_of(request, family=request.model, trust_user=self._trust_user_field())
        if told is None:
            return PromptEstimate(conversation=None, sized_tokens=sized, expected_tokens=sized)
        conversation = (client_key_id, told)
        expected = self._memory.expected(conversation, sized, now=self._monotonic())
        return PromptEstimate(conversation=conversation, sized_tokens=sized, expected_tokens=expected)

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        prompt, usage = record.prompt, record.usage
        if prompt is None or prompt.conversation is None or usage is None:
            return
        if usage.input_tokens and not usage.estimated:
            self._memory.keep(prompt.conversation, prompt.sized_tokens, usage.input_tokens, now=self._monotonic())
