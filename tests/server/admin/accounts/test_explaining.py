"""Explanations through the interface."""

from codex_proxy.accounts.choice.explanation import Choice
from codex_proxy.accounts.choice.need import Basis, Need
from tests.operations.accounts.household import A
from tests.operations.login.stage import NOW
from tests.server.admin.accounts.plane import Plane, outcome


async def test_a_requests_choices() -> None:
    plane = Plane()
    await plane.house.add(A)
    choice = Choice(at=NOW, pool_version=1, chosen=A, basis=Basis.STRATEGY, passed_over={})
    plane.house.explanations.keep("req_1", Need(model="gpt-5.4"), choice)
    async with plane.serving() as http:
        told = (await http.get("/admin/explain/req_1")).json()
        assert outcome(await http.get("/admin/explain/req_2")) == (404, "not_explained")
        assert outcome(await http.get("/admin/explain/%20")) == (400, "invalid_request")
    assert (told["model"], told["choices"][0]["chosen_name"]) == ("gpt-5.4", "aaaa@example.invalid")
