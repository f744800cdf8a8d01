"""Size ceilings: the point at which a file, function or package wants to be split.

Rules of this file: the ceilings stand in one table; what is counted is what a reader sees (lines of the file, lines
from `def` to the last one, modules in a folder). Ceilings are not aims: CONTRIBUTING.md names those.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from scripts.checks.breach import ROOT, Breach, report

CHECKED = ("src", "scripts", "bench")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
NESTING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """The numbers: lines, parameters without self and cls, nested blocks, modules without `__init__`."""

    module_lines: int = 400
    schema_lines: int = 600
    function_lines: int = 50
    parameters: int = 6
    nesting: int = 3
    package_modules: int = 10


CEILINGS = Ceilings()


def find_breaches(folders: Sequence[Path], ceilings: Ceilings = CEILINGS) -> list[Breach]:
    """Everything below ``folders`` that is too large."""
    return [breach for folder in folders for path in _modules(folder) for breach in _in_module(path, ceilings)] + [
        breach for folder in folders for breach in _in_packages(folder, ceilings)
    ]


def _modules(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*.py")
        if not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(folder).parts)
    )


def _in_packages(folder: Path, ceilings: Ceilings) -> Iterator[Breach]:
    counts: dict[Path, int] = {}
    for path in _modules(folder):
        if not path.stem.startswith("__"):
            counts[path.parent] = counts.get(path.parent, 0) + 1
    for package, count in sorted(counts.items()):
        if count > ceilings.package_modules:
            yield Breach(path=package, text=f"{count} modules in one package (at most {ceilings.package_modules})")


def _in_module(path: Path, ceilings: Ceilings) -> Iterator[Breach]:
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    ceiling = ceilings.schema_lines if path.stem == "schema" else ceilings.module_lines
    if lines > ceiling:
        yield Breach(path=path, text=f"{lines} lines in one module (at most {ceiling})")
    for node in ast.walk(ast.parse(text, filename=str(path))):
        if isinstance(node, Function):
            for complaint in _in_function(node, ceilings):
                yield Breach(path=path, line=node.lineno, text=f"{node.name}: {complaint}")


def _in_function(function: Function, ceilings: Ceilings) -> Iterator[str]:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if lines > ceilings.function_lines:
        yield f"{lines} lines (at most {ceilings.function_lines})"
    parameters = _parameter_count(function)
    if parameters > ceilings.parameters:
        yield f"{parameters} parameters (at most {ceilings.parameters})"
    nesting = max((_depth(statement) for statement in function.body), default=0)
    if nesting > ceilings.nesting:
        yield f"nested {nesting} deep (at most {ceilings.nesting})"


def _parameter_count(function: Function) -> int:
    arguments = function.args
    named = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(named) - (1 if named[:1] in (["self"], ["cls"]) else 0)


def _depth(node: ast.AST) -> int:
    """How many blocks stand inside each other; an `elif` is beside its `if`, and a nested function starts anew."""
    if isinstance(node, SCOPES):
        return 0
    own = 1 if isinstance(node, NESTING) else 0
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        inside = max((_depth(child) for child in node.body), default=0)
        return max(own + inside, _depth(node.orelse[0]))
    return own + max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)


def main() -> int:
    """Check the folders named on the command line, or the project's own."""
    folders = [Path(argument) for argument in sys.argv[1:]] or [ROOT / name for name in CHECKED]
    return report("sizes", find_breaches(folders))


if __name__ == "__main__":
    sys.exit(main())
