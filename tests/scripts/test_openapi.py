"""The document of the control plane is whole, and written as a gateway serves it."""

from pathlib import Path

from scripts.checks.breach import ROOT
from scripts.openapi import DOCUMENT, PAGE, control_document, page_of, text_of


def test_the_document_and_its_page_are_up_to_date_and_say_what_everything_does() -> None:
    document = control_document()
    assert Path(ROOT / DOCUMENT).read_text(encoding="utf-8") == text_of(document)
    assert Path(ROOT / PAGE).read_text(encoding="utf-8") == page_of(document)
    operations = [
        (method, path, operation) for path, each in document["paths"].items() for method, operation in each.items()
    ]
    assert [(method, path) for method, path, told in operations if not told.get("description")] == []
    assert [(method, path) for method, path, told in operations if "security" not in told] == []
    parameters = [(path, each) for _, path, told in operations for each in told.get("parameters", [])]
    assert [(path, each["name"]) for path, each in parameters if not each.get("schema")] == []
    schemas = document["components"]["schemas"]
    assert "Refusal" in schemas
    assert all("401" in told["responses"] or told["security"] == [{}] for _, _, told in operations)
