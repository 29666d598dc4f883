"""The command line: `mlmock demo` and `mlmock serve`, which `python -m mlmock` runs as well."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

_EXAMPLE = "human_review.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (those of the process by default) name.

    Returns the exit status: 0, or 1 where something it needs isn't installed; argparse exits with 2
    for a line it can't read.
    """
    options = parser().parse_args(arguments)
    if options.command == "serve":
        return _serve(options)
    return _demo()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    from mlmock._version import __version__

    whole = argparse.ArgumentParser(
        prog="mlmock", description="AWS's machine-learning services, in memory."
    )
    whole.add_argument("--version", action="version", version=f"mlmock {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("demo", help="run a human review end to end, with moto's S3 beside it")
    serve = commands.add_parser("serve", help="answer every service over HTTP, for any SDK")
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    serve.add_argument("--port", type=int, default=5005, help="0 takes a free one (%(default)s)")
    serve.add_argument("--port-file", type=Path, metavar="FILE", help="write the port to FILE")
    return whole


def example() -> Path:
    """Return the demo's file: packed into the wheel, or beside the package in a checkout."""
    house = Path(__file__).parent
    packed = house / "examples" / _EXAMPLE
    return packed if packed.exists() else house.parent / "examples" / _EXAMPLE


def _demo() -> int:
    import runpy

    try:
        runpy.run_path(str(example()), run_name="__main__")
    except ModuleNotFoundError as fault:
        print(f"mlmock demo needs {fault.name}: pip install 'mlmock[boto3,moto]'", file=sys.stderr)
        return 1
    return 0


def _serve(options: argparse.Namespace) -> int:
    from mlmock.errors import MissingExtra
    from mlmock.server.server_thread import serve

    try:
        return serve(options.host, options.port, options.port_file)
    except MissingExtra as error:
        print(f"mlmock serve: {error}", file=sys.stderr)
        return 1
    except (OSError, OverflowError) as fault:
        print(f"mlmock can't listen on {options.host}:{options.port}: {fault}", file=sys.stderr)
        return 1
