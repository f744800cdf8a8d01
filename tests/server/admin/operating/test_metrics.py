"""What Prometheus reads, and as what."""

from codex_proxy.operations.metrics.book import MetricsBook
from codex_proxy.operations.metrics.families import Counter
from codex_proxy.server.admin.operating.metrics import metrics_route
from tests.server.admin.asking import plane_of


def test_the_text_is_told_to_the_admin_key_alone() -> None:
    asked = Counter("asked_total", "Questions.")
    asked.add()
    with plane_of(metrics_route(MetricsBook(asked))) as http:
        told = http.get("/metrics", headers={"authorization": "Bearer boss"})
        refused = [http.get("/metrics", headers=each).status_code for each in ({}, {"authorization": "Bearer worker"})]
    assert (told.status_code, refused) == (200, [401, 403])
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert told.text.endswith("asked_total 1\n")
