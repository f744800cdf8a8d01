"""How far an exchange has come: attempts made, time spent, what was tried to mend it."""

from dataclasses import dataclass, field

from codex_proxy.canonical.failure import Failure


@dataclass(slots=True, kw_only=True)
class Progress:
    """What the failover table looks at.  ``started_at`` is a monotonic second.

    ``committed`` says that content of the answer was handed to the client; from then on nothing else is tried.
    ``renewed`` are accounts that were asked for a new credential, ``last_tried`` is the one of the last attempt.
    ``keeps_to_one`` says that the same candidate may be asked again before another one is.
    ``has_lite_form`` says that the model takes the lite form and that the client left the form to us.
    """

    started_at: float
    committed: bool = False
    attempts: int = 0
    keeps_to_one: bool = True
    same_account_tries: int = 0
    tried: set[str] = field(default_factory=set)
    renewed: set[str] = field(default_factory=set)
    last_tried: str | None = None
    failures: list[Failure] = field(default_factory=list)
    empty_answers: int = 0
    plan_misses: int = 0
    fields_dropped: set[str] = field(default_factory=set)
    reasoning_dropped: bool = False
    has_lite_form: bool = False
    lite_forced: bool = False
