"""Conversations towards the upstream: ids, turns and turn state, and the fields it refused.

Rules of this file: everything is keyed by account, client key and conversation, so that nothing of one crosses to
another; ids are minted at first use; memory is bounded, least recently used first.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import ToolResult
from codex_proxy.canonical.request import Request, Role
from codex_proxy.canonical.target import UpstreamIdentity

ConversationKey: TypeAlias = tuple[str, str, str]
"""Account row id, client key id, conversation id."""

MAX_CONVERSATIONS: Final = 20_000
MAX_REJECTS: Final = 256


class Continuation:
    """Upstream identities by conversation."""

    def __init__(self, *, new_id: Callable[[], str], limit: int = MAX_CONVERSATIONS) -> None:
        self._new_id = new_id
        self._limit = limit
        self._identities: OrderedDict[ConversationKey, UpstreamIdentity] = OrderedDict()

    def identity(self, key: ConversationKey | None, request: Request) -> UpstreamIdentity:
        """Who this request is upstream: a new turn when a user speaks, the same while only tools answer.

        Without a conversation the ids are used once.
        """
        known = self._identities.get(key) if key is not None else None
        if known is None:
            session = self._new_id()
            made = UpstreamIdentity(session_id=session, thread_id=session, turn_id=self._new_id())
        elif answers_tools_only(request):
            made = known
        else:
            made = msgspec.structs.replace(known, turn_id=self._new_id(), turn_state=None)
        if key is not None:
            self._keep(key, made)
        return made

    def keep_turn_state(self, key: ConversationKey | None, identity: UpstreamIdentity, turn_state: str | None) -> None:
        """Remember the state the upstream gave for this turn; the first one holds."""
        known = self._identities.get(key) if key is not None else None
        if key is None or turn_state is None or known is None or known.turn_id != identity.turn_id:
            return
        if known.turn_state is None:
            self._keep(key, msgspec.structs.replace(known, turn_state=turn_state))

    def _keep(self, key: ConversationKey, identity: UpstreamIdentity) -> None:
        self._identities[key] = identity
        self._identities.move_to_end(key)
        while len(self._identities) > self._limit:
            self._identities.popitem(last=False)


class LearnedRejects:
    """What an upstream refused, by model: fields, which stay out from then on, and the classic form of a request."""

    def __init__(self) -> None:
        self._by_model: dict[str, frozenset[str]] = {}
        self._lite_models: set[str] = set()

    def of(self, model: str) -> frozenset[str]:
        """Fields to leave out for this model."""
        return self._by_model.get(model, frozenset())

    def learn(self, model: str, field: str) -> None:
        """Leave this field out for this model from now on."""
        known = self.of(model)
        if len(known) < MAX_REJECTS:
            self._by_model[model] = known | {field}

    def wants_lite(self, model: str) -> bool:
        """Whether this model is asked in the lite form at once."""
        return model in self._lite_models

    def learn_lite(self, model: str) -> None:
        """Ask this model in the lite form from now on: it refused the classic one and answered this one."""
        self._lite_models.add(model)


def answers_tools_only(request: Request) -> bool:
    """Whether nothing but tool results follows the model's last words."""
    for turn in reversed(request.turns):
        if turn.role is Role.ASSISTANT:
            return True
        if not turn.blocks or not all(isinstance(block, ToolResult) for block in turn.blocks):
            return False
    return False
