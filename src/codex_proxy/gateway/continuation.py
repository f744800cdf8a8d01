"""Conversations towards the upstream: ids, turns and turn state, and the fields it refused.

Rules of this file: everything is keyed by account, client key and conversation, so that nothing of one crosses to
another; ids are minted at first use and kept over restarts; memory is bounded, least recently used first.  What changed
is taken and written elsewhere, in batches.  Times are epoch seconds.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple, TypeAlias

import msgspec

from codex_proxy.accounts.affinity import MAX_CONVERSATIONS, TOUCH_SECONDS
from codex_proxy.canonical.blocks import ToolResult
from codex_proxy.canonical.request import Request, Role
from codex_proxy.canonical.target import UpstreamIdentity

ConversationKey: TypeAlias = tuple[str, str, str]
"""Account row id, client key id, conversation id."""

MAX_REJECTS: Final = 256
_EVERY: Final = ""  # in the place of client key and conversation: what all conversations of an account share


class Known(NamedTuple):
    """Who a conversation is with one account, and when that was last of use, to within ``TOUCH_SECONDS``."""

    identity: UpstreamIdentity
    used_at: float


class Continuation:
    """Upstream identities by conversation."""

    def __init__(self, *, new_id: Callable[[], str], limit: int = MAX_CONVERSATIONS) -> None:
        self._new_id = new_id
        self._limit = limit
        self._identities: OrderedDict[ConversationKey, Known] = OrderedDict()
        self._by_account: defaultdict[str, set[ConversationKey]] = defaultdict(set)
        self._dirty: set[ConversationKey] = set()

    def __len__(self) -> int:
        return len(self._identities)

    def identity(self, key: ConversationKey | None, request: Request, now: float) -> UpstreamIdentity:
        """Who this request is upstream: a new turn when a user speaks, the same while only tools answer.

        Without a conversation the ids are used once.
        """
        known = self._identities.get(key) if key is not None else None
        if known is None:
            session = self._new_id()
            made = UpstreamIdentity(session_id=session, thread_id=session, turn_id=self._new_id())
        elif answers_tools_only(request):
            made = known.identity
        else:
            made = msgspec.structs.replace(known.identity, turn_id=self._new_id(), turn_state=None)
        if key is not None:
            self._keep(key, made, now)
        return made

    def session_of(self, row_id: str, now: float) -> str:
        """The one session of an account whose owner wants all of its conversations to show the same."""
        key = (row_id, _EVERY, _EVERY)
        known = self._identities.get(key)
        if known is None:
            session = self._new_id()
            made = UpstreamIdentity(session_id=session, thread_id=session, turn_id=session)
        else:
            made = known.identity
        self._keep(key, made, now)
        return made.session_id

    def keep_turn_state(
        self, key: ConversationKey | None, identity: UpstreamIdentity, turn_state: str | None, now: float
    ) -> None:
        """Remember the state the upstream gave for this turn; the first one holds."""
        known = self._identities.get(key) if key is not None else None
        if key is None or turn_state is None or known is None or known.identity.turn_id != identity.turn_id:
            return
        if known.identity.turn_state is None:
            self._keep(key, msgspec.structs.replace(known.identity, turn_state=turn_state), now)

    def compacted(self, key: ConversationKey | None, identity: UpstreamIdentity, now: float) -> None:
        """The answer compacted the conversation: it goes on in the next window, which an answer raises once."""
        known = self._identities.get(key) if key is not None else None
        if key is not None and known is not None and known.identity.window_id == identity.window_id:
            self._keep(key, msgspec.structs.replace(known.identity, window_number=identity.window_number + 1), now)

    def leave(self, row_ids: Collection[str]) -> None:
        """Forget conversations with these accounts."""
        for row_id in row_ids:
            for key in self._by_account.pop(row_id, ()):
                del self._identities[key]
                self._dirty.discard(key)

    def take_dirty(self) -> dict[ConversationKey, Known]:
        """What changed since the last taking, to be written; whoever cannot write it gives it to ``mark``."""
        taken = {key: self._identities[key] for key in self._dirty}
        self._dirty.clear()
        return taken

    def mark(self, keys: Iterable[ConversationKey]) -> None:
        """These have to be written still."""
        self._dirty.update(key for key in keys if key in self._identities)

    def restore(self, kept: Iterable[tuple[ConversationKey, Known]]) -> None:
        """Take in what a store kept, latest first; what is known here already is newer and stays."""
        for key, known in kept:
            if len(self._identities) >= self._limit:
                return
            if key not in self._identities:
                self._set(key, known)
                self._identities.move_to_end(key, last=False)

    def _keep(self, key: ConversationKey, identity: UpstreamIdentity, now: float) -> None:
        known = self._identities.get(key)
        if known is None or known.identity != identity or now - known.used_at >= TOUCH_SECONDS:
            self._set(key, Known(identity, now))
            self._dirty.add(key)
        self._identities.move_to_end(key)
        while len(self._identities) > self._limit:
            forgotten, _ = self._identities.popitem(last=False)
            self._by_account[forgotten[0]].discard(forgotten)
            self._dirty.discard(forgotten)

    def _set(self, key: ConversationKey, known: Known) -> None:
        self._identities[key] = known
        self._by_account[key[0]].add(key)


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
