"""What is well-formed in a configuration and yet nothing that a gateway could serve with.

Rules of this file: each of these keeps a start from serving too, where it is told in the same words.
"""

from collections.abc import Callable, Iterator, Mapping

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.models.routing import refuse_unknown_vendors
from codex_proxy.bootstrap.settings.owners_key import OWNERS_KEY, TOO_WEAK, is_too_weak
from codex_proxy.bootstrap.vendors.keys import keys_of_settings, profiles_of
from codex_proxy.operations.egress.addresses import InvalidProxy, parse_proxy
from codex_proxy.operations.ollama_bridge import is_loopback
from codex_proxy.settings.schema import Settings

Objection = tuple[str, str]
"""A key and a sentence."""


def objections_in(environ: Mapping[str, str]) -> Callable[[Settings], Iterator[Objection]]:
    """Who says why settings cannot be served with in this environment."""

    def of(settings: Settings) -> Iterator[Objection]:
        yield from _to_the_key(settings)
        yield from _to_the_proxy(settings)
        yield from _to_the_bridge(settings)
        yield from _to_the_vendors(settings, environ)

    return of


def _to_the_key(settings: Settings) -> Iterator[Objection]:
    if is_too_weak(settings.server.proxy_api_key, host=settings.server.host):
        yield OWNERS_KEY, TOO_WEAK


def _to_the_proxy(settings: Settings) -> Iterator[Objection]:
    try:
        if settings.tls.proxy_url is not None:
            parse_proxy(settings.tls.proxy_url)
    except InvalidProxy as error:
        yield "tls.proxy_url", str(error)


def _to_the_bridge(settings: Settings) -> Iterator[Objection]:
    bridge = settings.ollama
    if bridge.enabled and not bridge.allow_remote and not is_loopback(bridge.host):
        words = "it is off loopback and the bridge asks for no key; set ollama.allow_remote in the file first"
        yield "ollama.host", words


def _to_the_vendors(settings: Settings, environ: Mapping[str, str]) -> Iterator[Objection]:
    try:
        keys = keys_of_settings(settings, environ)
        names = {name for key in keys for name in (key.vendor, key.called)}
        refuse_unknown_vendors(settings.model_routing, names | profiles_of(settings).keys())
    except StartRefused as error:
        yield str(error).partition(".")[0], str(error)
