"""The test mirror: where the tests of a module are is never a question.

`src/codex_proxy/a/b.py` is tested by `tests/a/test_b.py`, and a test module that mirrors no module is an orphan.
`__init__` and `__main__` hold no behaviour. Folders of tests that cut across modules are listed in ``ACROSS``.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.checks.breach import ROOT, Breach, report

ACROSS = frozenset({"laws", "vectors", "conformance", "scenarios", "stores", "scripts", "bench", "pitfalls"})


def find_breaches(package: Path, tests: Path) -> list[Breach]:
    """Modules of ``package`` without a test module below ``tests``, and test modules without a module."""
    return [*_untested(package, tests), *_orphans(package, tests)]


def _untested(package: Path, tests: Path) -> Iterator[Breach]:
    for module in sorted(package.rglob("*.py")):
        if module.stem in {"__init__", "__main__"}:
            continue
        mirror = tests / module.relative_to(package).parent / f"test_{module.name}"
        if not mirror.exists():
            yield Breach(path=module, text=f"has no test module ({mirror.relative_to(tests.parent)})")


def _orphans(package: Path, tests: Path) -> Iterator[Breach]:
    for test in sorted(tests.rglob("test_*.py")):
        place = test.relative_to(tests)
        if place.parts[0] in ACROSS:
            continue
        module = package / place.parent / place.name.removeprefix("test_")
        if not module.exists():
            yield Breach(path=test, text=f"mirrors no module ({module.relative_to(package.parent)})")


def main() -> int:
    """Check this project."""
    return report("mirror", find_breaches(ROOT / "src" / "codex_proxy", ROOT / "tests"))


if __name__ == "__main__":
    sys.exit(main())
