"""The control plane is shut to everybody but the admin key."""

from litestar import Litestar
from litestar.testing import TestClient

from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.health import HealthReport, SlotReport
from codex_proxy.server.security import Caller

REPORT = HealthReport(
    status="ok",
    version="1.2.3",
    uptime_seconds=5.0,
    accounts={"active": 2},
    slots=SlotReport(used_count=1, total_count=32, waiting_count=0),
    exchanges_count=1,
    models_fetched_at=None,
)


class Keys:
    def authenticate(self, secret: str) -> Caller | None:
        scopes = {"boss": frozenset({"admin", "inference"}), "worker": frozenset({"inference"})}.get(secret)
        return Caller(key_id=secret, scopes=scopes) if scopes else None


def nobody_expects(where: str, error: Exception) -> None:
    raise AssertionError(where) from error


def client() -> TestClient[Litestar]:
    plane = control_plane(
        authenticator=Keys(), make_report=lambda: REPORT, version="1.2.3", report_defect=nobody_expects
    )
    return TestClient(plane, base_url="http://127.0.0.1:8080")


def test_the_admin_key_reads_the_details() -> None:
    with client() as http:
        answer = http.get("/health/details", headers={"authorization": "Bearer boss"})
    assert answer.status_code == 200
    assert answer.json()["accounts"] == {"active": 2}
    assert answer.json()["slots"] == {"used_count": 1, "total_count": 32, "waiting_count": 0}


def test_nobody_else_does() -> None:
    with client() as http:
        assert http.get("/health/details").status_code == 401
        assert http.get("/health/details", headers={"authorization": "Bearer worker"}).status_code == 403
        assert http.get("/health/details", headers={"x-goog-api-key": "boss"}).status_code == 403
        answer = http.get("/health/details?key=boss")
    assert answer.status_code == 403
    assert answer.json() == {"error": "this key lacks the admin scope", "code": "missing_scope"}


def test_the_document_is_served_and_its_page_loads_nothing() -> None:
    with client() as http:
        document = http.get("/openapi/openapi.json").json()
        page = http.get("/openapi").text
    assert "/health/details" in document["paths"]
    assert "/health/details" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_no_answer_is_stored_on_its_way_or_shown_in_another_page() -> None:
    with client() as http:
        for path in ("/health/details", "/openapi", "/nothing"):
            headers = http.get(path, headers={"authorization": "Bearer boss"}).headers
            assert headers.get_list("cache-control") == ["no-store"], path
        headers = http.get("/health/details", headers={"authorization": "Bearer boss"}).headers
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
