"""What the owner has to do with."""

import json

from codex_proxy.bootstrap.assembling.owners import CONTROL_PREFIXES
from scripts.checks.breach import ROOT

DOCUMENT = ROOT / "docs" / "reference" / "openapi.json"


def test_the_control_planes_paths_are_told_apart_from_those_of_clients() -> None:
    paths = list(json.loads(DOCUMENT.read_text())["paths"])
    assert len(paths) > 50
    assert [path for path in paths if not path.startswith(CONTROL_PREFIXES)] == []
    for path in ("/v1/chat/completions", "/health", "/v1/messages", "/v1beta/models", "/api/chat", "/v1/sub-key/info"):
        assert not path.startswith(CONTROL_PREFIXES), path
