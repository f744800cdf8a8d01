"""What the core may import: an allow-list, because a deny-list lets the unnamed slip through.

The core is synchronous, total and blind. Import contracts forbid the known ways to a clock or a socket; this check
turns the question round: a core package imports its own layers and the pure modules named here, and nothing else.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import grimp

from scripts.checks.breach import ROOT, Breach, report

# core package -> the other packages of ours it may see
CORE: Mapping[str, frozenset[str]] = {
    "canonical": frozenset(),
    "framing": frozenset({"canonical"}),
    "protocols": frozenset({"canonical", "framing"}),
    "accounts": frozenset({"canonical", "framing"}),
    "vendors": frozenset({"canonical", "framing"}),
    "access": frozenset({"canonical", "framing"}),
    "routing": frozenset({"canonical", "framing"}),
    "usage": frozenset({"canonical", "framing"}),
}

PURE = frozenset({
    "abc",
    "base64",
    "binascii",
    "bisect",
    "codecs",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "hmac",
    "ipaddress",
    "itertools",
    "math",
    "msgspec",
    "operator",
    "re",
    "string",
    "struct",
    "types",
    "typing",
    "unicodedata",
    "zstandard",
})  # fmt: skip


def find_breaches(package: str, source: Path) -> list[Breach]:
    """Core modules of the importable ``package``, whose files are below ``source``, that import what they may not."""
    graph = grimp.build_graph(package, include_external_packages=True, cache_dir=None)
    return [
        breach
        for name, visible in CORE.items()
        for module in _modules_of(graph, f"{package}.{name}")
        for breach in _in_module(graph, module, allowed={f"{package}.{other}" for other in {name, *visible}}, at=source)
    ]


def _modules_of(graph: grimp.ImportGraph, core_package: str) -> list[str]:
    if core_package not in graph.modules:
        return []
    return sorted({core_package, *graph.find_descendants(core_package)})


def _in_module(graph: grimp.ImportGraph, module: str, *, allowed: set[str], at: Path) -> Iterator[Breach]:
    for imported in sorted(graph.find_modules_directly_imported_by(module)):
        if imported in PURE or any(imported == one or imported.startswith(f"{one}.") for one in allowed):
            continue
        details = graph.get_import_details(importer=module, imported=imported)
        line = details[0]["line_number"] if details else 0
        yield Breach(path=_file_of(module, at), line=line, text=f"the core may not import {imported}")


def _file_of(module: str, source: Path) -> Path:
    path = source.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def main() -> int:
    """Check this project."""
    return report("core imports", find_breaches("codex_proxy", ROOT / "src"))


if __name__ == "__main__":
    sys.exit(main())
