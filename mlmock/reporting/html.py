"""HTML tables of resources and calls, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from mlmock.call import Call
from mlmock.reporting.messages import call_text, outcome_text
from mlmock.simulation.clock import to_datetime

if TYPE_CHECKING:
    from mlmock.reporting.resource import Resource

_MAX_ROWS = 50


def html_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table with escaped text.

    Args:
        headings: The headings of the columns.
        rows: The text of each cell, row by row.
    """
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def resources_html(resources: Sequence[Resource]) -> str:
    """Return a table of resources and their states."""
    rows = [(r.kind, r.name, r.state, r.scope.region, r.scope.account_id) for r in resources]
    return html_table(("resource", "name", "state", "region", "account"), rows)


def calls_html(calls: Sequence[Call]) -> str:
    """Return a table of the latest calls, the newest last."""
    rows = [
        (
            to_datetime(call.started_at).strftime("%H:%M:%S.%f")[:-3],
            call.service,
            call_text(call),
            str(call.attempt),
            outcome_text(call),
        )
        for call in calls[-_MAX_ROWS:]
    ]
    return html_table(("at", "service", "call", "attempt", "answer"), rows)
