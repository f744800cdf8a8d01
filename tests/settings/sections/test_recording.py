"""Settings of what is kept of requests."""

from codex_proxy.settings.load import known_keys, marks_of
from codex_proxy.settings.schema import Settings
from codex_proxy.settings.sections.recording import LogsSection


def test_bodies_are_kept_where_the_owner_says_so_and_nowhere_else() -> None:
    assert LogsSection() == Settings().logs
    assert (LogsSection().enabled, LogsSection().capture_body) == (True, False)


def test_what_is_kept_changes_while_the_gateway_runs_but_where_it_is_sent_does_not() -> None:
    kept = {name: marks_of(info) for name, info in known_keys().items() if name.startswith(("logs.", "usage_stats."))}
    assert {name for name, marks in kept.items() if marks["change"] != "live" and marks["used"]} == set()
    told = marks_of(known_keys()["observability.otlp_endpoint"])
    assert (told["change"], told["file_only"]) == ("restart", True)
