"""The accounts' model lists, put together.

Rules of this file: objects are made here, rules are elsewhere.  Only what changed is asked for where the upstream is
not the real one: the official client always asks for everything.
"""

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.models.packaged import packaged_models
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.operations.catalogue.lists import MAX_LIST_BYTES, ListParts, ModelLists
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.routing.custom import CustomModel
from codex_proxy.settings.custom_models import CustomModelEntry
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.catalogue.lists_file import ListsFile

UPSTREAM_DOMAIN: Final = "chatgpt.com"


def model_lists(
    settings: Settings,
    upstream: Upstream,
    *,
    data_dir: Path,
    clock: SystemClock,
    complain: Callable[[str, Exception], None],
) -> ModelLists:
    """The lists, with what an earlier run was told."""
    asker = Asker(
        transport=upstream.transport,
        route_of=upstream.lookups.unrouted,
        egress=upstream.accounts.ground.watch,
        max_reply_bytes=MAX_LIST_BYTES,
    )
    lists = ModelLists(
        ListParts(
            ask=asker.ask,
            pool=upstream.pool,
            clock=clock,
            client=upstream.client,
            base_url=settings.api.base_url.rstrip("/"),
            conditional=not _is_real(settings.api.base_url),
            static=packaged_models(),
            custom=custom_models(settings.model.custom_models),
            store=ListsFile(data_dir),
            jitter=lambda: random.uniform(-1, 1),  # noqa: S311 - spreads calls, keeps no secret
            complain=complain,
        )
    )
    lists.load()
    return lists


def custom_models(entries: Iterable[CustomModelEntry]) -> tuple[CustomModel, ...]:
    """The owner's models as the core's values."""
    return tuple(_custom(entry) for entry in entries)


def _custom(entry: CustomModelEntry) -> CustomModel:
    return CustomModel(
        id=entry.id,
        based_on=entry.based_on,
        display_name=entry.display_name,
        description=entry.description,
        efforts=_tuple(entry.supported_reasoning_efforts),
        default_effort=entry.default_reasoning_effort,
        service_tiers=_tuple(entry.service_tiers),
        input_modalities=_tuple(entry.input_modalities),
        output_modalities=_tuple(entry.output_modalities),
        context_window=entry.context_window,
        max_context_window=entry.max_context_window,
        max_output_tokens=entry.max_output_tokens,
    )


def _tuple(words: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _is_real(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host == UPSTREAM_DOMAIN or host.endswith(f".{UPSTREAM_DOMAIN}")
