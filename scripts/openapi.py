"""The OpenAPI document of the control plane, as a gateway of these sources serves it, and a page that lists it.

python -m scripts.openapi          write docs/reference/openapi.json and docs/control-plane.md
python -m scripts.openapi --check  say which of them is out of date, and fail
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from codex_proxy.bootstrap.run import ServeOptions, assembled, load
from codex_proxy.cli.asking import Asked, Gateway, InnerPlane
from scripts.checks.breach import ROOT, Breach, report

DOCUMENT = "docs/reference/openapi.json"
PAGE = "docs/control-plane.md"
SERVED_AT = "/openapi/openapi.json"

PAGE_HEAD = """\
# Control plane

What the owner of a gateway does with it, over HTTP: the dashboard and the commands use the same. The machine-readable
document is [openapi.json](reference/openapi.json); a running gateway serves its own at `/openapi/openapi.json`, and a
page of it at `/openapi`.

Every request shows the admin key as `Authorization: Bearer cpa-…`, unless it says *open* below. Bodies are JSON.
Errors are `{"error": "…", "code": "…"}`, where the code is for programs and stays as it is. Host names that are not the
gateway's own are answered 421: list yours as `server.names`.

| method | path | what it does | errors |
|---|---|---|---|
"""


def control_document() -> dict[str, Any]:
    """The document, by member."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_asked(Path(folder)))


def text_of(document: dict[str, Any]) -> str:
    """The document as it is written: in an order of its own, so that a change of it is as small as it can be."""
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1).decode() + "\n"


def page_of(document: dict[str, Any]) -> str:
    """Every operation as a row."""
    return PAGE_HEAD + "".join(_rows(document))


def _rows(document: dict[str, Any]) -> Iterator[str]:
    for path, operations in sorted(document["paths"].items()):
        for method, operation in sorted(operations.items()):
            errors = ", ".join(status for status in sorted(operation["responses"]) if status >= "400")
            words = " ".join((operation.get("description") or "").split())
            is_open = " (*open*)" if operation.get("security") == [{}] else ""
            told = f"**{operation['summary']}**{is_open}. {words}".replace("|", "\\|")
            yield f"| {method.upper()} | `{path}` | {told} | {errors} |\n"


async def _asked(data_dir: Path) -> dict[str, Any]:
    loaded = load(ServeOptions(flags={}, data_dir=data_dir), {})
    async with assembled(loaded, {}) as whole:
        gateway = Gateway(InnerPlane(whole.running.application), token=whole.token)
        answer = await gateway.send(Asked(method="GET", path=SERVED_AT))
    document: dict[str, Any] = answer.told
    document["info"]["version"] = "as released"  # a release changes nothing that can be asked
    return document


def main(arguments: list[str]) -> int:
    """Write both, or check what is written."""
    document = control_document()
    breaches = []
    for name, text in ((DOCUMENT, text_of(document)), (PAGE, page_of(document))):
        path = ROOT / name
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            breaches.append(Breach(path=path, text="is out of date; run `python -m scripts.openapi`"))
    return report("openapi", breaches) if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
