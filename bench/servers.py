"""Starts, pauses and stops the servers: the backend, and in front of it nginx, the gateway and LiteLLM.

Each runs in a process tree of its own, pinned to its core from the first instruction, with a minimal
environment, its files in a throw-away directory, and listens on loopback. A server that is not under test is
stopped (SIGSTOP), so that its background work does not show in another one's figures.
"""

import base64
import contextlib
import http.client
import importlib.metadata
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import install
from bench.measure import pinned, process_tree
from bench.questions import BODIES, Endpoint
from bench.upstream.answers import MODEL
from bench.upstream.backend import ACCOUNT_ID, CHAT_PATH, RESPONSES_PATH

KEY = "bench-key-0123456789abcdef"
LITELLM_KEY = "sk-" + KEY
READY_SECONDS = 120.0
STOP_SECONDS = 10.0

NGINX_CONF = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    upstream backend {{
        server 127.0.0.1:{backend_port};
        keepalive 256;
        keepalive_requests 1000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 300s;
        }}
    }}
}}
"""

# Its production mode, room for a thousand streams to one host, and every switch that keeps it from asking the network.
LITELLM_ENVIRONMENT = {
    "LITELLM_MASTER_KEY": LITELLM_KEY,
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "AIOHTTP_CONNECTOR_LIMIT": "4000",
    "AIOHTTP_CONNECTOR_LIMIT_PER_HOST": "4000",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
}


class StartFailed(Exception):
    """A server ended or stayed silent instead of becoming ready; the text holds the end of its log."""


@dataclass(slots=True, kw_only=True)
class Server:
    """A running server. `endpoints` says what the load asks, by dialect; the backend is never paused."""

    name: str
    version: str
    process: subprocess.Popen[str]
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    pausable: bool = True

    @property
    def pid(self) -> int:
        return self.process.pid

    def pause(self) -> None:
        if self.pausable:
            self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in process_tree(self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """Run for the length of the block, stand still otherwise."""
        self.resume()
        try:
            yield
        finally:
            self.pause()

    def _signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            for pid in process_tree(self.pid):
                os.kill(pid, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a server is started with: the core it stays on, its own empty directory, the backend's port."""

    core: int
    folder: Path
    backend_port: int = 0

    @property
    def output(self) -> Path:
        return self.folder / "server.out"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


class BackendServer:
    """The backend, with its pace as a method."""

    def __init__(self, place: Place) -> None:
        command = [sys.executable, "-m", "bench.upstream.backend"]
        environment = {"PYTHONPATH": str(Path(__file__).parent.parent)}
        process = _start(command, place, environment=environment)
        self.server = Server(name="direct", version=platform.python_version(), process=process, pausable=False)
        self.port = int(_await_line(self.server, place, r"^(\d+)"))
        self.server.endpoints = untranslated(self.port)

    def set_pace(self, *, events: int, gap_ms: float, hold: bool = False) -> None:
        body = json.dumps({"events": events, "gap_ms": gap_ms, "hold": hold})
        self._ask("POST", "/__control", body)

    def lateness(self) -> Mapping[str, float]:
        """How late paced writes were since the last call: `writes`, `mean_late_ms`, `worst_late_ms`."""
        answer: dict[str, float] = json.loads(self._ask("GET", "/__pace"))
        return answer

    def _ask(self, method: str, path: str, body: str = "") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body)
            return connection.getresponse().read()


def untranslated(port: int) -> dict[str, Endpoint]:
    """Where to ask what translates nothing: the upstream's own stream, which the gateway translates for a dialect."""
    paths = {dialect: CHAT_PATH if dialect == "chat" else RESPONSES_PATH for dialect in BODIES}
    return {dialect: Endpoint(port=port, path=path, dialect=dialect, key=KEY) for dialect, path in paths.items()}


def start_nginx(place: Place) -> Server:
    """A byte relay: nginx with one worker, no buffering, connections to the backend kept."""
    program, port = install.nginx_program(), free_port()
    configuration = place.folder / "nginx.conf"
    configuration.write_text(NGINX_CONF.format(folder=place.folder, backend_port=place.backend_port, port=port))
    process = _start([program, "-p", str(place.folder), "-c", str(configuration)], place)
    version = subprocess.run([program, "-v"], check=True, capture_output=True, text=True).stderr
    server = Server(name="nginx", version=version.strip().rpartition("/")[2], process=process)
    server.endpoints = untranslated(port)
    _await(server, place, lambda: _listens(port))
    return server


def start_relay(place: Place) -> Server:
    """The bare stack: the same HTTP server and client as the gateway's, relaying the Responses stream untouched."""
    port = free_port()
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-m", "bench.upstream.relay", str(port), str(place.backend_port)]
    process = _start(command, place, environment={"PYTHONPATH": root})
    endpoints = {"responses": Endpoint(port=port, path=RESPONSES_PATH, dialect="responses", key=KEY)}
    version = importlib.metadata.version("pyreqwest")
    server = Server(name="relay", version=version, process=process, endpoints=endpoints)
    _await(server, place, lambda: _listens(port))
    return server


def start_gateway(place: Place) -> Server:
    """Our gateway with one account on the backend; `chat` is translated, `responses` stays in its family."""
    environment = {
        "CODEX_JWT_TOKEN": unsigned_token(),
        "CODEX_PROXY_API__BASE_URL": f"http://127.0.0.1:{place.backend_port}/backend-api",
        "CODEX_PROXY_AUTH__MAX_CONCURRENT_PER_ACCOUNT": "null",
        "CODEX_PROXY_SERVER__PROXY_API_KEY": KEY,
    }
    command = [str(install.gateway_program()), "serve", "--port", str(free_port()), "--data-dir", str(place.folder)]
    process = _start(command, place, environment=environment)
    server = Server(name="gateway", version=importlib.metadata.version("codex-proxy"), process=process)
    port = int(_await_line(server, place, r"^codex-proxy listening on http://\S+:(\d+)"))
    paths = {
        "chat": "/v1/chat/completions",
        "responses": "/v1/responses",
        "anthropic": "/v1/messages",
        "gemini": f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse",
    }
    server.endpoints = {
        dialect: Endpoint(port=port, path=path, dialect=dialect, key=KEY) for dialect, path in paths.items()
    }
    return server


def start_vendor_gateway(place: Place) -> Server:
    """Our gateway with a vendor key on the backend's chat: clients of the same dialect are passed on byte by byte."""
    settings = {
        "model": {"aliases": {MODEL: f"bench:{MODEL}"}},
        "providers": {
            "custom": {
                "bench": {
                    "base_url": f"http://127.0.0.1:{place.backend_port}/v1",
                    "wire": "chat",
                    "api_key": KEY,
                    "allow_private": True,
                    "models": [MODEL],
                }
            }
        },
    }
    (place.folder / "local.yaml").write_text(json.dumps(settings))  # JSON is YAML too
    environment = {"CODEX_PROXY_SERVER__PROXY_API_KEY": KEY}
    command = [str(install.gateway_program()), "serve", "--port", str(free_port()), "--data-dir", str(place.folder)]
    process = _start(command, place, environment=environment)
    server = Server(name="passing", version=importlib.metadata.version("codex-proxy"), process=process)
    port = int(_await_line(server, place, r"^codex-proxy listening on http://\S+:(\d+)"))
    server.endpoints = {"chat": Endpoint(port=port, path="/v1/chat/completions", dialect="chat", key=KEY)}
    return server


def start_litellm(place: Place) -> Server:
    """LiteLLM's proxy, chat to chat without a translation, with one worker and no database."""
    program, port = install.litellm_program(), free_port()
    model = {"model": f"openai/{MODEL}", "api_base": f"http://127.0.0.1:{place.backend_port}/v1", "api_key": KEY}
    configuration = place.folder / "litellm.json"  # JSON is YAML too
    configuration.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": MODEL, "litellm_params": model}],
                "litellm_settings": {"telemetry": False, "request_timeout": 600},
                "general_settings": {"disable_spend_logs": True},
            }
        )
    )
    command = [str(program), "--config", str(configuration), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--num_workers", "1", "--telemetry", "False"]
    process = _start(command, place, environment=LITELLM_ENVIRONMENT)
    endpoints = {"chat": Endpoint(port=port, path=CHAT_PATH, dialect="chat", key=LITELLM_KEY)}
    version = install.LITELLM_REQUIREMENT.rpartition("=")[2]
    server = Server(name="litellm", version=version, process=process, endpoints=endpoints)
    _await(server, place, lambda: _listens(port))
    return server


def unsigned_token() -> str:
    """An access token with the claims ChatGPT's have, for the backend's account, ten days valid, not really signed."""
    now = int(time.time())
    claims = {
        "iss": "https://auth.openai.com",
        "aud": ["https://api.openai.com/v1"],
        "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
        "iat": now,
        "nbf": now,
        "exp": now + 10 * 86_400,
        "jti": "00000000-0000-4000-8000-000000000001",
        "sub": "auth0|bench",
        "scp": ["openid", "profile", "email", "offline_access"],
        "https://api.openai.com/auth": {
            "chatgpt_account_id": ACCOUNT_ID,
            "chatgpt_plan_type": "plus",
            "chatgpt_user_id": "user-bench",
            "user_id": "user-bench",
        },
        "https://api.openai.com/profile": {"email": "bench@example.com", "email_verified": True},
    }
    parts = (json.dumps({"alg": "RS256", "typ": "JWT"}).encode(), json.dumps(claims).encode(), b"unsigned")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(command: list[str], place: Place, *, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    inherited = {"PATH": os.environ.get("PATH", ""), "HOME": str(place.folder), "LANG": "C.UTF-8"}
    with pinned(place.core), place.output.open("w") as output, place.log.open("w") as log:
        return subprocess.Popen(
            command,
            cwd=place.folder,
            env={**inherited, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            text=True,
        )


def _await_line(server: Server, place: Place, pattern: str) -> str:
    """What the first group of `pattern` matches in the server's output, once a whole line of it does."""
    line = re.compile(pattern + r"\n", re.MULTILINE)
    _await(server, place, lambda: line.search(place.output.read_text()) is not None)
    found = line.search(place.output.read_text())
    return found[1] if found else ""


def _await(server: Server, place: Place, ready: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + READY_SECONDS
    while not ready():
        if server.process.poll() is not None or time.perf_counter() > deadline:
            server.stop()
            raise StartFailed(_log_end(place))
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _log_end(place: Place) -> str:
    said = place.output.read_text() + place.log.read_text()
    return "\n".join(said.strip().splitlines()[-15:])
