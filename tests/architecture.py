"""The layers of the package as data, and the imports between its modules.

Every import counts: at the top of a file, in a function, for type checkers alone, and by
`import_module` with a literal name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mlmock"
FILES = sorted(PACKAGE.rglob("*.py"))

# A module may import those with a smaller number, and those of its own package.
LAYERS = {
    "errors": 1,
    "_version": 1,
    "exposed": 1,
    "aws": 2,
    "simulation": 3,
    "call": 3,
    "rules": 4,
    "reporting": 5,
    "engine": 6,
    "interception": 7,
    "services": 7,
    "mock": 8,
    "server": 9,
    "pytest_plugin": 10,
    "cli": 10,
    "__init__": 10,
    "__main__": 11,
}
# Inside services/: what is shared, the engine of declared services, runtimes, control planes.
SERVICES = {
    "__init__": 0,
    "catalog": 1,
    "common": 1,
    "modeled": 2,
    "bedrock_runtime": 3,
    "lookoutvision": 3,
    "sagemaker_a2i_runtime": 3,
    "sagemaker_runtime": 3,
}
BEDROCK_RUNTIME = {
    "errors": 1,
    "conversation": 1,
    "media": 1,
    "validation": 2,
    "scripting": 3,
    "families": 3,
    "models": 4,
    "guardrails": 5,
    "async_invoke": 5,
    "inference": 6,
    "backend": 7,
    "handle": 7,
    "__init__": 8,
}
AWS = {"arns": 1, "scope": 2, "hosts": 1, "spec": 2, "protocol": 3, "credential_scope": 4}
LEVELS = {
    "mlmock": LAYERS,
    "mlmock.aws": AWS,
    "mlmock.services": SERVICES,
    "mlmock.services.bedrock_runtime": BEDROCK_RUNTIME,
}


def module_of(path: Path) -> str:
    """Return a file's name as a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_in(node: ast.AST) -> Iterator[str]:
    """Yield the full names that imports under `node` bind."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from (alias.name for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            assert found.level == 0, "imports are absolute"
            yield from (f"{found.module}.{alias.name}" for alias in found.names)
        elif isinstance(found, ast.Call) and _is_import_module(found.func):
            yield from (str(a.value) for a in found.args[:1] if isinstance(a, ast.Constant))


def _is_import_module(function: ast.expr) -> bool:
    name = getattr(function, "id", None) or getattr(function, "attr", None)
    return name == "import_module"


@cache
def package_imports(module: str) -> frozenset[str]:
    """Return the modules of the package that a module imports."""
    found = set()
    for name in imports_in(tree_of(MODULES[module])):
        target = name if name in MODULES else name.rpartition(".")[0]
        if target in MODULES and target != module:
            found.add(target)
    return frozenset(found)


def member_of(module: str, package: str) -> str | None:
    """Return the member of a package that contains a module; None if the package has none."""
    if module == package:
        return "__init__"
    inside = module.startswith(f"{package}.")
    return module.removeprefix(f"{package}.").partition(".")[0] if inside else None


def members_imports(package: str) -> dict[str, set[str]]:
    """Return which members of a package import which; a sub-package counts as one member."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        member = member_of(module, package)
        if member is not None:
            targets = {member_of(target, package) for target in package_imports(module)}
            found.setdefault(member, set()).update(t for t in targets - {member} if t is not None)
    return found


def circular_imports(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the names that import each other, directly or through others."""
    remaining = dict(imports)
    while True:
        leaves = {name for name, targets in remaining.items() if not targets & set(remaining)}
        if not leaves:
            return sorted(remaining)
        remaining = {name: targets for name, targets in remaining.items() if name not in leaves}
