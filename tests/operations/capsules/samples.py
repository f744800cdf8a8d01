"""A capsule of a request that accounts answered."""

from typing import Any

from codex_proxy.operations.capsules.capsule import Call, Capsule, Exchange, Kept, Product, Reply, Request

QUESTION = '{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'


def kept(text: str, **members: Any) -> Kept:
    return Kept(bytes=len(text), text=text, **members)


def call(text: str = "", *, status: int | None = 200, **members: Any) -> Call:
    asked = Request(method="POST", target="http://upstream/codex/responses", headers=[], body=kept("{}"))
    headers = [("content-type", "text/event-stream"), ("set-cookie", "x"), ("x-codex-plan-type", "plus\r\nevil: 1")]
    return Call(started_ms=1.0, request=asked, reply=Reply(status=status, headers=headers, body=kept(text)), **members)


def capsule(
    *calls: Call, question: Kept | None = None, target: str = "/v1/chat/completions", **members: Any
) -> Capsule:
    headers = [("Content-Type", "application/json"), ("authorization", "[redacted]"), ("host", "elsewhere")]
    request = Request(method="POST", target=target, headers=headers, body=question or kept(QUESTION))
    answer = Reply(status=200, headers=[], body=kept("{}"))
    usual: dict[str, Any] = {
        "format": "codex-proxy-capsule",
        "version": 1,
        "made_at": "2026-11-26T00:00:00.000Z",
        "product": Product(version="1", python="3", platform="x"),
        "config": {},
        "record": {"id": "req_1", "status": 200, "attempts": [{"accountId": "a", "outcome": "answered"}]},
        "exchange": Exchange(request=request, calls=list(calls), answer=answer),
    }
    return Capsule(**(usual | members))
