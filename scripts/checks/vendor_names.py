"""Names of vendors in code: what tells vendors apart is data, so no decision may hang on a name or an address of one.

Looked for are comparisons with the name of a packaged profile (`==`, `in`, `case`) and their addresses; the simulator,
which plays upstreams, may say the latter.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from codex_proxy.vendors.key import CUSTOM
from scripts.checks.breach import ROOT, Breach, report

PLAYING = "simulator"


def find_breaches(package: Path, names: frozenset[str], addresses: frozenset[str]) -> list[Breach]:
    """Places in the modules of ``package`` that decide by one of the names, or know one of the addresses."""
    breaches: list[Breach] = []
    for module in sorted(package.rglob("*.py")):
        plays = module.relative_to(package).parts[0] == PLAYING
        breaches.extend(_in_module(module, names, frozenset() if plays else addresses))
    return breaches


def known_names() -> tuple[frozenset[str], frozenset[str]]:
    """Names and addresses of the packaged profiles; the one that means any address is none."""
    profiles = [profile for profile in packaged_profiles().values() if profile.name != CUSTOM]
    addresses = (wire.base_url or profile.base_url for profile in profiles for wire in profile.wires)
    return frozenset(profile.name for profile in profiles), frozenset(filter(None, addresses))


def _in_module(module: Path, names: frozenset[str], addresses: frozenset[str]) -> Iterator[Breach]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    told = {id(docstring) for node in ast.walk(tree) if (docstring := _docstring(node)) is not None}
    for node in ast.walk(tree):
        for constant in _compared(node):
            if constant.value in names:
                yield _breach(module, constant, f"decides by the name of a vendor: {constant.value!r}")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            for address in sorted(address for address in addresses if address in node.value):
                yield _breach(module, node, f"knows the address of a vendor: {address}")


def _docstring(node: ast.AST) -> ast.Constant | None:
    match node:
        case (
            ast.Module(body=[ast.Expr(value=ast.Constant() as told), *_])
            | ast.ClassDef(body=[ast.Expr(value=ast.Constant() as told), *_])
            | ast.FunctionDef(body=[ast.Expr(value=ast.Constant() as told), *_])
            | ast.AsyncFunctionDef(body=[ast.Expr(value=ast.Constant() as told), *_])
        ):
            return told
        case _:
            return None


def _compared(node: ast.AST) -> Iterator[ast.Constant]:
    """Constants that something is compared with."""
    match node:
        case ast.Compare(left=left, comparators=others):
            for side in (left, *others):
                held = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else (side,)
                yield from (constant for constant in held if isinstance(constant, ast.Constant))
        case ast.MatchValue(value=ast.Constant() as constant):
            yield constant
        case _:
            return


def _breach(module: Path, node: ast.Constant, text: str) -> Breach:
    return Breach(path=module, line=node.lineno, text=text)


def main() -> int:
    """Check this project."""
    return report("vendor names", find_breaches(ROOT / "src" / "codex_proxy", *known_names()))


if __name__ == "__main__":
    sys.exit(main())
