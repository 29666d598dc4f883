"""A snapshot of the public API, in public_api.txt: every name, its signature and its type.

    python -m tests.packaging.public_api

writes the file again. Review its difference as a change for users: a line that is removed or
changed may break a test of theirs and belongs in CHANGELOG.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import fill
from types import MemberDescriptorType
from typing import Any

import mlmock
from mlmock.server.exposed_members import exposed_classes, exposed_names

SNAPSHOT = Path(__file__).with_name("public_api.txt")

# Public classes that `mlmock` does not export and a client of the server does not reach, with their
# modules and their members.
OTHERS = {
    "Mock": ("mlmock.mock.mock", "start stop __enter__ __exit__ __aenter__ __aexit__ __call__"),
    "Options": ("mlmock.engine.options", "__init__"),
    "LoopView": (
        "mlmock.services.sagemaker_a2i_runtime.workers",
        "content_classifiers created flow_definition_arn input name",
    ),
    "RemoteMock": ("mlmock.server.remote_client", "reset s3 savepoint unmatched url"),
    "Resource": ("mlmock.reporting.resource", "kind name state"),
    "Stream": (
        "mlmock.services.bedrock_runtime.scripting.scripted_message",
        "pause then then_error",
    ),
}
# Members without an underscore that modules of mlmock use and users do not, by class.
INTERNAL = {
    "Call": "clock_offset compiled_operation context corruption release_params responder",
    "Clock": "call_at freeze restart run_due seconds",
    "Events": "emit",
    "Journal": "add truncate",
    "ObjectStore": "buckets ensure_bucket object",
    "Policy": "polls seconds",
    "Progress": "begin child is_ancestor_of is_set set_parent",
    "Rule": "is_scripted_answer matches next_answer",
    "ScriptedResource": "rule",
    "ServiceHandle": "backend backends default_scope rule service",
    "bedrock.ModelRule": "kinds",
}
# Attributes that only `__init__` defines, of classes that the server does not reach.
INSTANCE_ATTRIBUTES = {"ServerThread": "port url"}
CONSTRUCTED = {"ServerLimits", "ServerThread"}
PROTOCOLS = {"__enter__", "__exit__", "__len__", "__getitem__", "__iter__"}


class Verbatim(str):
    """A text whose repr is the text, for annotations and defaults in signatures."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@cache
def classes() -> dict[type, str]:
    """Return the public classes and their names: as exported, or else as the server names them."""
    exported = {name: getattr(mlmock, name) for name in mlmock.__all__}
    others = {name: getattr(import_module(module), name) for name, (module, _) in OTHERS.items()}
    found: dict[type, str] = {}
    for name, value in {**exported, **exposed_classes(), **others}.items():
        if inspect.isclass(value):
            found.setdefault(value, name)
    return found


def snapshot() -> str:
    """Return the text of public_api.txt."""
    exported = [f"mlmock.{exported_text(name)}" for name in mlmock.__all__]
    members = [line for kind in classes() for line in class_lines(kind)]
    return "".join(f"{wrapped(line)}\n" for line in [*exported, *members])


def wrapped(line: str) -> str:
    """Return a line that is split between words where it is longer than a line of code."""
    return fill(
        line, 100, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False
    )


def exported_text(name: str) -> str:
    """Return a name that `mlmock` exports, with its signature if it is a function."""
    value = getattr(mlmock, name)
    return name + (signature_text(value) if inspect.isfunction(value) else "")


def class_lines(kind: type) -> Iterator[str]:
    """Yield the lines of a class: its bases, and the members that differ from theirs."""
    bases = public_bases(kind)
    names = ", ".join(classes().get(base, base.__name__) for base in bases)
    inherited = {line for base in bases if base in classes() for line in member_lines(base)}
    yield ""
    yield f"class {classes()[kind]}({names})" if names else f"class {classes()[kind]}"
    yield from (f"    {line}" for line in sorted(member_lines(kind) - inherited))


def public_bases(kind: type) -> list[type]:
    """Return the nearest bases that are public classes or are not from mlmock."""
    bases: list[type] = []
    for base in kind.__bases__:
        is_shown = base in classes() or not is_from_mlmock(base)
        bases += [base] if is_shown else public_bases(base)
    return [base for base in bases if base.__name__ not in {"object", "Generic"}]


def is_from_mlmock(kind: type) -> bool:
    """Return whether a class is from mlmock."""
    return kind.__module__.startswith("mlmock.")


def member_lines(kind: type) -> set[str]:
    """Return the public members of a class, inherited ones included, as lines of text."""
    name = classes()[kind]
    if name in OTHERS:
        return {member_text(kind, member) for member in OTHERS[name][1].split()}
    members = {*exposed_names(kind), *INSTANCE_ATTRIBUTES.get(name, "").split()}
    for base in filter(is_from_mlmock, kind.__mro__):
        members |= {*vars(base), *inspect.get_annotations(base)}
    members -= internal_members(kind)
    return {member_text(kind, member) for member in members if is_public(kind, member)}


def internal_members(kind: type) -> set[str]:
    """Return the members of a class and its bases that INTERNAL lists."""
    names = [classes().get(base, base.__name__) for base in kind.__mro__]
    return {member for name in names for member in INTERNAL.get(name, "").split()}


def is_public(kind: type, member: str) -> bool:
    """Return whether users of a class may use a member, as its name says."""
    if member == "__init__":
        return kind.__name__ in CONSTRUCTED
    return member in PROTOCOLS or not member.startswith("_")


def member_text(kind: type, name: str) -> str:
    """Return a member with its signature or its type."""
    member = inspect.getattr_static(kind, name, None)
    if isinstance(member, (staticmethod, classmethod)):
        return name + signature_text(getattr(kind, name))
    if inspect.isfunction(member):
        return name + signature_text(member, skip=1)
    annotation = type_text(kind, name, member)
    text = f"{name}: {annotation}" if annotation else name
    return f"{text} (settable)" if is_settable(member) else text


def type_text(kind: type, name: str, member: Any) -> str:
    """Return the type of an attribute, as annotated on the class, the property or `__get__`."""
    for base in kind.__mro__:
        if name in inspect.get_annotations(base):
            return str(inspect.get_annotations(base)[name])
    getter = member.fget if isinstance(member, property) else getattr(type(member), "__get__", None)
    return str(getattr(getter, "__annotations__", {}).get("return", ""))


def is_settable(member: Any) -> bool:
    """Return whether users may assign to an attribute: it has a setter of its own."""
    if isinstance(member, property):
        return member.fset is not None
    return hasattr(member, "__set__") and not isinstance(member, MemberDescriptorType)


def signature_text(function: Any, skip: int = 0) -> str:
    """Return a signature without the first `skip` parameters, the same for each Python version."""
    signature = inspect.signature(function)
    parameters = [parameter_of(each) for each in signature.parameters.values()][skip:]
    returns = Verbatim(signature.return_annotation)
    return str(signature.replace(parameters=parameters, return_annotation=returns))


def parameter_of(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter with annotation and default as texts that do not vary between runs."""
    empty, default = inspect.Parameter.empty, parameter.default
    if default is not empty and " at 0x" in repr(default):
        default = Verbatim("...")
    annotation = parameter.annotation
    return parameter.replace(
        default=default, annotation=empty if annotation is empty else Verbatim(annotation)
    )


if __name__ == "__main__":
    SNAPSHOT.write_text(snapshot(), encoding="utf-8")
