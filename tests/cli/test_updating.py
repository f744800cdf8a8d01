"""``codex-proxy update``."""

import io

import msgspec
from rich.console import Console

from codex_proxy.cli.asking import Answer, Asked, Gateway
from codex_proxy.cli.updating import install, look

STEP = {"step": "install", "status": "done", "detail": "0.2.0"}


class Plane:
    """Answers with what it was given."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked: list[Asked] = []

    async def send(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return Answer(status=200, headers={}, body=self.body)


def events(*told: object) -> Plane:
    return Plane(b"".join(b"data: " + msgspec.json.encode(each) + b"\n\n" for each in told))


async def said(plane: Plane, *, back: bool | None = None) -> tuple[bool, str]:
    shown = io.StringIO()
    gateway, console = Gateway(plane, token="t"), Console(file=shown, soft_wrap=True)
    well = await (look(gateway, console) if back is None else install(gateway, console, back=back))
    return well, shown.getvalue()


def found(**told: object) -> Plane:
    usual = {"version": "0.1.0", "release": None, "update_available": False, "hint": None, "error": None}
    return Plane(msgspec.json.encode({"proxy": usual | told}))


async def test_what_was_found_is_said() -> None:
    assert await said(found()) == (True, "codex-proxy 0.1.0 is the newest version\n")
    newer = {"release": {"version": "0.2.0"}, "update_available": True}
    assert await said(found(**newer)) == (
        True,
        "codex-proxy 0.2.0 is there; this is 0.1.0\ninstall it with `codex-proxy update`\n",
    )
    assert "make install" in (await said(found(**newer, hint="run `make install`")))[1]
    assert await said(found(error="updates are off")) == (False, "updates are off\n")


async def test_steps_are_shown_and_the_end_decides() -> None:
    plane = events(STEP | {"status": "running"}, STEP, {"done": True, "error": None, "restarting": True})
    assert await said(plane, back=True) == (True, "install: done 0.2.0\nthe gateway starts anew\n")
    assert msgspec.json.decode(plane.asked[0].body) == {"back": True}
    failed = events(STEP | {"status": "failed"}, {"done": True, "error": "install: no", "restarting": False})
    assert await said(failed, back=False) == (False, "install: failed 0.2.0\n")
    assert await said(events(), back=False) == (False, "")
