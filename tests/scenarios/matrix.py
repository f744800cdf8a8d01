"""Every route that a whole gateway has, with what its row says."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
from litestar import Litestar

from codex_proxy.access.matrix.clients import DATA
from codex_proxy.access.matrix.control import CONTROL
from codex_proxy.access.matrix.rules import Need, Rule
from codex_proxy.bootstrap.run import ServeOptions, assembled, load
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.server.app import GatewayApplication
from codex_proxy.server.logged.application import LoggedApplication

KEY = "a-key-of-the-owners-choice"
BEARER = {"authorization": f"Bearer {KEY}"}
HOST = {"host": "127.0.0.1:8080"}
_FILLED = {"row_id": "0123456789abcdef", "session_id": "0123456789abcdef"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A route: how it is named, an address of it, its rule (None where nobody wrote one)."""

    method: str
    template: str
    rule: Rule | None
    control: bool

    @property
    def address(self) -> str:
        filled = re.sub(r"\{(\w+)\}", lambda found: _FILLED.get(found[1], "x"), self.template)
        return filled.replace("*", "x")

    @property
    def is_open(self) -> bool:
        return self.rule is not None and self.rule.need is Need.OPEN

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A gateway without a socket."""

    application: LoggedApplication
    inner: GatewayApplication
    plane: Litestar
    inference_key: str | None

    def rows(self) -> list[Row]:
        return [*self._data(), *self._control()]

    @asynccontextmanager
    async def asked_from(self, client: tuple[str, int] = ("127.0.0.1", 5000)) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=cast("Any", self.application), client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
            yield http

    def _data(self) -> Iterator[Row]:
        named = {**self.inner.routes.exact}
        named |= {f"{prefix}*": route for prefix, route in self.inner.routes.prefixes.items()}
        for template, route in named.items():
            for method in route.by_method:
                yield Row(method=method, template=template, rule=DATA.get((method, template)), control=False)

    def _control(self) -> Iterator[Row]:
        for route in self.plane.routes:
            for method in cast("Any", route).methods - {"OPTIONS"}:
                template = route.path_format
                yield Row(method=method, template=template, rule=CONTROL.get((method, template)), control=True)


@asynccontextmanager
async def whole_gateway(data_dir: Path, environ: Mapping[str, str] | None = None) -> AsyncIterator[Whole]:
    """A gateway on its data directory that listens nowhere."""
    environ = {
        "CODEX_PROXY_SERVER__PROXY_API_KEY": KEY,
        "CODEX_PROXY_API__BASE_URL": "http://127.0.0.1:9",
        **(environ or {}),
    }
    flags: dict[str, Any] = {}
    options = ServeOptions(flags=flags, data_dir=data_dir)
    async with assembled(load(options, environ), environ, KnownSecrets()) as made:
        logged = cast("LoggedApplication", made.running.application)
        inner = cast("GatewayApplication", logged.application)
        plane = await cast("Any", inner.routes.control_plane).made()
        yield Whole(
            application=logged, inner=inner, plane=cast("Litestar", plane), inference_key=made.ground.inference_key
        )
