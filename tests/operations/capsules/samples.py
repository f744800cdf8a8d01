"""A capsule of a request that accounts or vendors answered."""

from typing import Any

import msgspec

from codex_proxy.operations.capsules.capsule import (
    AskedKey,
    AskedModel,
    Call,
    Capsule,
    Exchange,
    Kept,
    Product,
    Reply,
    Request,
)

QUESTION = '{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'


def kept(text: str, **members: Any) -> Kept:
    return Kept(bytes=len(text), text=text, **members)


def call(text: str = "", *, status: int | None = 200, **members: Any) -> Call:
    asked = Request(method="POST", target="http://upstream/codex/responses", headers=[], body=kept("{}"))
    headers = [("content-type", "text/event-stream"), ("set-cookie", "x"), ("x-codex-plan-type", "plus\r\nevil: 1")]
    return Call(started_ms=1.0, request=asked, reply=Reply(status=status, headers=headers, body=kept(text)), **members)


def vendor_call(text: str = "", *, row_id: str = "k1", **members: Any) -> Call:
    told = call(text, account_id=row_id, **members)
    asked = Request(method="POST", target="https://acme.example/v1/chat/completions", headers=[], body=kept("{}"))
    return msgspec.structs.replace(told, request=asked)


def asked_key(row_id: str = "k1", **members: Any) -> AskedKey:
    models = [AskedModel(id="acme-1", capabilities=["chat"])]
    usual: dict[str, Any] = {
        "row_id": row_id, "vendor": "openai", "name": None, "wire": "chat", "models": models, "profile": None,
    }  # fmt: skip
    return AskedKey(**(usual | members))


def attempts(*row_ids: str) -> dict[str, Any]:
    """A record with these attempts."""
    return {"attempts": [{"accountId": row_id, "outcome": "answered"} for row_id in row_ids]}


def capsule(
    *calls: Call,
    question: Kept | None = None,
    answer: Kept | None = None,
    target: str = "/v1/chat/completions",
    **members: Any,
) -> Capsule:
    headers = [("Content-Type", "application/json"), ("authorization", "[redacted]"), ("host", "elsewhere")]
    request = Request(method="POST", target=target, headers=headers, body=question or kept(QUESTION))
    answered = Reply(status=200, headers=[], body=answer or kept("{}"))
    usual: dict[str, Any] = {
        "format": "codex-proxy-capsule",
        "version": 1,
        "made_at": "2026-11-26T00:00:00.000Z",
        "product": Product(version="1", python="3", platform="x"),
        "config": {},
        "record": {"id": "req_1", "status": 200, "attempts": [{"accountId": "a", "outcome": "answered"}]},
        "exchange": Exchange(request=request, calls=list(calls), answer=answered),
    }
    return Capsule(**(usual | members))
