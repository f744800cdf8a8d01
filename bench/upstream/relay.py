"""The least that our two libraries cost: uvicorn and pyreqwest relaying bytes, with nothing in between.

No translation, no accounts, no failover, no watching for clients that leave. What the gateway needs beyond this is its
own doing; what this needs beyond nginx is the price of the parts.
Run as `python -m bench.upstream.relay PORT BACKEND_PORT`.
"""

import sys
from typing import Any

import uvicorn
from pyreqwest.client import Client, ClientBuilder

STREAM_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8")]


class Relay:
    """An ASGI application that asks the backend's Responses endpoint whatever it is asked."""

    def __init__(self, backend_port: int) -> None:
        self._url = f"http://127.0.0.1:{backend_port}/backend-api/codex/responses"
        self._client: Client | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        if self._client is None:
            self._client = ClientBuilder().http2(True).no_proxy().build()
        builder = self._client.post(self._url).headers([("content-type", "application/json")]).body_bytes(body)
        async with builder.streamed_read_buffer_limit(0).build_streamed() as response:
            await send({"type": "http.response.start", "status": response.status, "headers": STREAM_HEADERS})
            while (chunk := await response.body_reader.read_chunk()) is not None:
                await send({"type": "http.response.body", "body": bytes(chunk), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def main() -> None:
    """Serve until the process is ended."""
    port, backend_port = map(int, sys.argv[1:3])
    uvicorn.run(
        Relay(backend_port),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="error",
    )


if __name__ == "__main__":
    main()
