"""As whom the owner has us appear, seen by the backend and in what is told of updates."""

from pathlib import Path

from tests.scenarios.stage import stage

NAME = "codex_vscode"


async def test_every_call_of_an_account_goes_by_the_owners_name(tmp_path: Path) -> None:
    async with stage(tmp_path, "", CLIENT__ORIGINATOR=NAME) as play:
        await play.models_fetched()
        assert (await play.chat()).status_code == 200
        entries = (await play.backend.get("/__journal")).json()["entries"]
        headers = {entry["endpoint"]: dict(entry["headers"]) for entry in entries}
        assert {"/codex/responses", "/codex/models"} <= headers.keys()
        assert all(told["user-agent"].startswith(f"{NAME}/0.169.0 ") for told in headers.values())
        assert headers["/codex/responses"]["originator"] == headers["/codex/models"]["originator"] == NAME


async def test_the_build_number_is_told_beside_the_version(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text("client: {build_number: 6892}\n")
    async with stage(tmp_path) as play:
        told = (await play.client.get("/admin/update-status")).json()["codex"]
        assert (told["current_version"], told["current_build"]) == ("26.1120.10001", "6892")
