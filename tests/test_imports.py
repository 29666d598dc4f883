"""The rules of the house: who may import what, who may name a service, how long things may be."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "mlmock"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FUNCTION, LONGEST_FILE = 60, 400

# Other people's classes: only transport/ touches them, and server/ those of werkzeug. What others
# may use is facts and readers.
FOREIGN = {
    "aioboto3",
    "aiobotocore",
    "boto3",
    "botocore",
    "moto",
    "responses",
    "urllib3",
    "werkzeug",
}
READERS = {"eventstream", "loaders", "model", "parsers"}
ANYWHERE = {"botocore.xform_name", "botocore.exceptions", "botocore.model.OperationNotFoundError"}
FOR_PARSERS = {"botocore.awsrequest.HeadersDict"}  # botocore's parsers want headers in any case

OPTIONAL = {
    "aioboto3",
    "aiobotocore",
    "boto3",
    "freezegun",
    "hypercorn",
    "moto",
    "pytest",
    "time_machine",
}
HTTP = {"http", "responses", "requests", "socket", "urllib3", "werkzeug"}
SERVICE_WORDS = ("sagemaker", "a2i", "augmented", "bedrock", "lookoutvision", "lookout")
# The contract's option that says which revision of a model is loaded, where it is declared; others
# ask the options for the revision of a service.
OPTION = {"lookoutvision_api", "lookoutvision_apis"}
DECLARED_IN = {PACKAGE / "options.py", PACKAGE / "mock.py"}


def module_of(path: Path) -> str:
    """Return a file's name as a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree, without what only type checkers see."""
    return _Runtime().visit(ast.parse(path.read_text(encoding="utf-8")))  # type: ignore[no-any-return]


class _Runtime(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if "TYPE_CHECKING" in ast.dump(node.test):
            return node.orelse
        return self.generic_visit(node)


def imports_in(node: ast.AST) -> Iterator[str]:
    """Yield the full names that imports under `node` bind."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from (alias.name for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            assert found.level == 0, "imports are absolute"
            yield from (f"{found.module}.{alias.name}" for alias in found.names)


def eager_imports(path: Path) -> Iterator[str]:
    """Yield what importing the file imports: what stands outside its functions."""
    for statement in tree_of(path).body:
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from imports_in(statement)


def room_of(path: Path) -> str:
    """Return the folder of the package that a file is in; '' for the package itself."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def within(*rooms: str) -> list[Path]:
    """Return the files of some rooms."""
    return [path for path in FILES if room_of(path) in rooms]


def without(*rooms: str) -> list[Path]:
    """Return the files of all other rooms."""
    return [path for path in FILES if room_of(path) not in rooms]


def test_only_the_transport_touches_other_peoples_classes() -> None:
    readers = {f"botocore.{name}" for name in READERS} | FOR_PARSERS
    for path in without("transport"):
        allowed = ANYWHERE | (readers if room_of(path) == "wire" else set())
        known = FOREIGN - {"werkzeug"} if room_of(path) == "server" else FOREIGN
        foreign = [n for n in imports_in(tree_of(path)) if n.partition(".")[0] in known]
        assert not [n for n in foreign if not {n, n.rpartition(".")[0]} & allowed], path


def test_services_know_behaviour_and_no_http() -> None:
    for path in within("services"):
        names = list(imports_in(tree_of(path)))
        assert not [n for n in names if n.startswith(("mlmock.transport", "mlmock.router"))], path
        assert not [n for n in names if n.partition(".")[0] in HTTP], path


def test_the_wire_knows_protocols_and_no_service() -> None:
    known = ("mlmock.wire", "mlmock.check", "mlmock.errors")
    for path in within("wire"):
        text = path.read_text(encoding="utf-8").lower()
        assert not [word for word in SERVICE_WORDS if word in text], path
        ours = [n for n in imports_in(tree_of(path)) if n.startswith("mlmock.")]
        assert not [n for n in ours if not n.startswith(known)], path


def test_services_are_named_in_their_folders_and_in_the_handle_alone() -> None:
    """Beside them there are the package's public names, which are taken from the folders."""
    public = ("services.", "mlmock.services.")
    for path in without("services"):
        named = {text for text in _names_in(tree_of(path)) if _names_a_service(text.lower())}
        if path in DECLARED_IN:
            named = {text for text in named if text.lower() not in OPTION}
        if path == PACKAGE / "__init__.py":
            named = {text for text in named if not text.startswith(public)}
        assert not named or path == PACKAGE / "handle.py", path


def _names_a_service(text: str) -> bool:
    return any(word in text for word in SERVICE_WORDS) and " " not in text


def _names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "module"):
            text = getattr(node, field, None)
            if isinstance(text, str):
                yield text
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_optional_dependencies_are_imported_where_they_are_used() -> None:
    for path in FILES:
        found = {name.partition(".")[0] for name in eager_imports(path)} & OPTIONAL
        assert not found or (found == {"pytest"} and path.name == "pytest_plugin.py"), path


def test_arrows_point_one_way() -> None:
    """No module is imported, by whatever way, by what it imports."""
    arrows = {module_of(path): set(_ours(path)) for path in FILES}
    while arrows:
        ends = {module for module, targets in arrows.items() if not targets & set(arrows)}
        assert ends, f"these import each other: {sorted(arrows)}"
        arrows = {module: targets for module, targets in arrows.items() if module not in ends}


def _ours(path: Path) -> Iterator[str]:
    modules = {module_of(file) for file in FILES}
    for name in eager_imports(path):
        module = name if name in modules else name.rpartition(".")[0]
        if module in modules and module != module_of(path):
            yield module


def test_only_doors_import_the_transport() -> None:
    """The transport brings calls in; the mock puts it in place, and the server leads to it."""
    for path in without("transport", "server"):
        names = [n for n in eager_imports(path) if n.startswith("mlmock.transport")]
        assert not names or path.name in {"mock.py", "cli.py"}, path


def test_nothing_is_long() -> None:
    for path in FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE, path
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{path}: {node.name}"


def test_every_module_says_what_it_is() -> None:
    for path in FILES:
        assert ast.get_docstring(tree_of(path)), path
