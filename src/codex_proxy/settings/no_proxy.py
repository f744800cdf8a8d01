"""A proxy that the environment names for everybody, and the hosts it excepts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.settings.load import LoadedSettings

_KEY: Final = "tls.proxy_url"


def heed_no_proxy(loaded: LoadedSettings, environ: Mapping[str, str]) -> LoadedSettings:
    """The settings without ``HTTPS_PROXY`` where ``NO_PROXY`` excepts the upstream; a proxy set for us stays."""
    loaded = replace(loaded, anew=_then(loaded.anew, environ))
    excepted = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if "HTTPS_PROXY" not in loaded.provenance.get(_KEY, "") or not excepted:
        return loaded
    if not _excepts(excepted, loaded.settings.api.base_url):
        return loaded
    tls = loaded.settings.tls.model_copy(update={"proxy_url": None})
    settings = loaded.settings.model_copy(update={"tls": tls})
    return replace(loaded, settings=settings, provenance={**loaded.provenance, _KEY: "excepted by NO_PROXY"})


def _then(anew: Callable[[str], LoadedSettings], environ: Mapping[str, str]) -> Callable[[str], LoadedSettings]:
    return lambda text: heed_no_proxy(anew(text), environ)


def _excepts(names: str, url: str) -> bool:
    """Whether a host is in the list: as itself, with its port, below a listed domain, or by ``*``."""
    place = urlsplit(url)
    host = (place.hostname or "").lower()
    for name in (part.strip().lower().lstrip(".") for part in names.split(",")):
        if name in {"*", host, place.netloc.lower()} or (name and host.endswith(f".{name}")):
            return True
    return False
