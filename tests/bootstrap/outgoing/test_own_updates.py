"""An update as it happens: a package index on this machine, uv, and an environment with a package of our name in it."""

import base64
import hashlib
import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from codex_proxy.bootstrap.process.installed import ThisMachine
from codex_proxy.operations.updates.own.installation import Facts
from codex_proxy.operations.updates.own.updater import UpdateMode, Updater, UpdaterParts
from codex_proxy.storage.identity.update_file import FormerFile, UpdateFileLock
from tests.gateway.scene import FakeClock
from tests.operations.updates.own.world import facts, file, project
from tests.scenarios.stage import stage

UV = str(Path(sys.executable).with_name("uv"))


def wheel(version: str) -> bytes:
    """A package that is called as ours, and does no more than say its version."""
    record = f"codex_proxy-{version}.dist-info"
    members = {
        "codex_proxy/__init__.py": "",
        "codex_proxy/__main__.py": f"print('codex-proxy {version}')\n",
        f"{record}/METADATA": f"Metadata-Version: 2.1\nName: codex-proxy\nVersion: {version}\n",
        f"{record}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={digest(text)},{len(text)}" for name, text in members.items()]
    members[f"{record}/RECORD"] = "\n".join([*lines, f"{record}/RECORD,,", ""])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@contextmanager
def index(*versions: str, forged: str = "") -> Iterator[str]:
    """The URL of an index that has these versions; what it hands out for ``forged`` is not what it told."""
    wheels = {f"codex_proxy-{version}-py3-none-any.whl": wheel(version) for version in versions}
    told = [
        file(name.split("-")[1], url=f"/files/{name}", hashes={"sha256": hashlib.sha256(content).hexdigest()})
        for name, content in wheels.items()
    ]

    class Served(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            is_list = self.path == "/simple/codex-proxy/"
            body = project(*told) if is_list else wheels.get(name, b"")
            if forged and forged in name:
                body = wheel("9.9.9")
            self.send_response(200 if body else 404)
            self.send_header("content-type", "application/vnd.pypi.simple.v1+json" if is_list else "application/zip")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()


def environment(folder: Path) -> Facts:
    """An environment of its own with version 0.1.0 in it."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(folder / "env")], check=True)
    old = folder / "codex_proxy-0.1.0-py3-none-any.whl"
    old.write_bytes(wheel("0.1.0"))
    told = facts(python=str(folder / "env" / "bin" / "python"), python_version="3.11.7", uv=UV)
    subprocess.run([UV, "pip", "install", "--quiet", "--offline", "--python", told.python, str(old)], check=True)
    return told


def version_in(told: Facts) -> str:
    return subprocess.run([told.python, "-m", "codex_proxy"], check=True, capture_output=True, text=True).stdout.strip()


def updater(told: Facts, index_url: str, data_dir: Path, *, current: str) -> Updater:
    async def read(url: str) -> bytes:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            return (await client.get(url)).content

    environ = {"PATH": os.environ["PATH"], "HOME": str(data_dir), "UV_CACHE_DIR": str(data_dir / "cache")}
    parts = UpdaterParts(
        current=current,
        facts=told,
        mode=UpdateMode.APPLY,
        index_url=index_url,
        prereleases=lambda: False,
        read=read,
        machine=ThisMachine(environ, data_dir),
        store=FormerFile(data_dir),
        lock=UpdateFileLock(data_dir),
        clock=FakeClock(),
    )
    return Updater(parts)


async def test_the_newest_version_is_installed_and_the_former_one_again(tmp_path: Path) -> None:
    told = environment(tmp_path)
    with index("0.1.0", "0.2.0") as index_url:
        steps = [step async for step in await updater(told, index_url, tmp_path, current="0.1.0").begin()]
        assert (steps[-1].step, steps[-1].status) == ("keep", "done"), steps
        assert version_in(told) == "codex-proxy 0.2.0"
        back = updater(told, index_url, tmp_path, current="0.2.0")
        assert [step.status async for step in await back.begin(back=True)][-1] == "done"
    assert version_in(told) == "codex-proxy 0.1.0"


async def test_what_is_not_what_the_index_told_is_not_installed(tmp_path: Path) -> None:
    told = environment(tmp_path)
    with index("0.1.0", "0.2.0", forged="0.2.0") as index_url:
        steps = [step async for step in await updater(told, index_url, tmp_path, current="0.1.0").begin()]
    assert [(step.step, step.status) for step in steps][-2:] == [("verify", "failed"), ("back", "done")]
    assert "hash" in steps[-2].detail.lower()
    assert version_in(told) == "codex-proxy 0.1.0"


async def test_u_09_a_checkout_is_left_alone(tmp_path: Path) -> None:
    with index("9.0.0") as index_url:
        wanted = {"UPDATE__GATEWAY": "apply", "UPDATE__INDEX_URL": index_url}
        async with stage(tmp_path, **wanted) as play:
            told = (await play.client.post("/admin/check-update")).json()["proxy"]
            applied = await play.client.post("/admin/apply-update", json={})
    assert (told["mode"], told["release"], told["can_self_update"]) == (
        "checkout",
        {"version": "9.0.0", "body": None, "url": None},
        False,
    )
    assert (applied.status_code, applied.json()["started"], applied.json()["mode"]) == (400, False, "checkout")
    assert "make install" in applied.json()["error"]
