"""The command line: `mlmock demo` and `mlmock serve`, also run as `python -m mlmock`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

_EXAMPLE = "human_review.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Args:
        arguments: The arguments of the command; by default those of the process.

    Returns:
        0 on success; 1 if a required package is not installed, or the port cannot be opened.

    Raises:
        SystemExit: The arguments are invalid; the exit status is 2.
    """
    options = parser().parse_args(arguments)
    if options.command == "serve":
        return _serve(options)
    return _demo()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    from mlmock._version import __version__

    root = argparse.ArgumentParser(
        prog="mlmock", description="An in-memory mock of AWS's machine-learning services."
    )
    root.add_argument("--version", action="version", version=f"mlmock {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("demo", help="run a human review end to end, with moto's S3")
    serve = commands.add_parser("serve", help="serve the mocked services over HTTP, for any SDK")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    port_help = "port to listen on, 0 for a free one (default: %(default)s)"
    serve.add_argument("--port", type=int, default=5005, help=port_help)
    serve.add_argument("--port-file", type=Path, metavar="FILE", help="write the port to FILE")
    return root


def example() -> Path:
    """Return the path of the demo, in the wheel or in a checkout."""
    package = Path(__file__).parent
    packed = package / "examples" / _EXAMPLE
    return packed if packed.exists() else package.parent / "examples" / _EXAMPLE


def _demo() -> int:
    import runpy

    try:
        runpy.run_path(str(example()), run_name="__main__")
    except ModuleNotFoundError as error:
        install = "pip install 'mlmock[boto3,moto]'"
        print(f"mlmock demo requires {error.name!r}. To install it: {install}", file=sys.stderr)
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
    except (OSError, OverflowError) as error:
        print(f"mlmock cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
