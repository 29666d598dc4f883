"""Human review, end to end: an app asks people about invoices and reads in S3 what they said.

The app is plain boto3 and knows nothing of mlmock. Its human loops are mlmock's, its bucket is
moto's. Run it with `make demo` or `mlmock demo`; it needs boto3 and moto, and no AWS account.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import boto3
from moto import mock_aws

from mlmock import MockML, __version__, mock_ml

REGION = "eu-west-1"
MORNING = datetime(2026, 2, 3, 9, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Invoice:
    """What somebody has to approve."""

    number: int
    vendor: str
    total: float

    @property
    def loop(self) -> str:
        """The name of its human loop."""
        return f"invoice-{self.number}"


class Approvals:
    """The app: sends invoices to reviewers, and learns what they decided."""

    def __init__(self, flow_arn: str) -> None:
        self.flow_arn = flow_arn
        self.a2i = boto3.client("sagemaker-a2i-runtime", region_name=REGION)
        self.s3 = boto3.client("s3", region_name=REGION)

    def ask(self, invoice: Invoice) -> None:
        """Start a human loop about an invoice."""
        content = {"vendor": invoice.vendor, "total": invoice.total}
        self.a2i.start_human_loop(
            HumanLoopName=invoice.loop,
            FlowDefinitionArn=self.flow_arn,
            HumanLoopInput={"InputContent": json.dumps(content)},
            DataAttributes={"ContentClassifiers": ["FreeOfAdultContent"]},
        )

    def waiting(self) -> list[str]:
        """Return the loops that no worker has answered yet, the oldest first."""
        pages = self.a2i.get_paginator("list_human_loops").paginate(
            FlowDefinitionArn=self.flow_arn, SortOrder="Ascending"
        )
        loops = [loop for page in pages for loop in page["HumanLoopSummaries"]]
        return [each["HumanLoopName"] for each in loops if each["HumanLoopStatus"] == "InProgress"]

    def verdict(self, invoice: Invoice) -> tuple[str, str]:
        """Return what became of an invoice, and why: from S3 if reviewers have answered."""
        loop = self.a2i.describe_human_loop(HumanLoopName=invoice.loop)
        if loop["HumanLoopStatus"] != "Completed":
            return loop["HumanLoopStatus"], loop.get("FailureReason", "")
        bucket, _, key = loop["HumanLoopOutput"]["OutputS3Uri"][5:].partition("/")
        output = json.load(self.s3.get_object(Bucket=bucket, Key=key)["Body"])
        votes: list[dict[str, Any]] = [vote["answerContent"] for vote in output["humanAnswers"]]
        agreed = all(vote["decision"] == "approve" for vote in votes)
        return "Approved" if agreed else "Rejected", " / ".join(vote["note"] for vote in votes)


INVOICES = (
    Invoice(1042, "Lamps & Sons", 120.0),
    Invoice(1043, "Example Ltd.", 9800.0),
    Invoice(1044, "", 40.0),
    Invoice(1045, "Paper Mill", 75.5),
)


def review(ml: MockML) -> None:
    """Answer as the reviewers would: two for every invoice."""
    approve = {"decision": "approve", "note": "matches the order"}
    ml.a2i.human_loop("invoice-1042").complete(approve, approve | {"note": "fine"})
    reject = {"decision": "reject", "note": "no such vendor"}
    ml.a2i.human_loop("invoice-1043").complete(approve | {"note": "looks right"}, reject)
    ml.a2i.human_loop("invoice-1044").fail("ValidationError", "Task failed to render: no vendor")


def show(app: Approvals, title: str) -> None:
    """Print what the app knows of every invoice."""
    print(f"\n{title}")
    for invoice in INVOICES:
        state, note = app.verdict(invoice)
        print(f"  {invoice.loop}  {invoice.total:8.2f}  {state:<11} {note}".rstrip())


def main() -> None:
    """Start, review, read."""
    began = time.perf_counter()
    print(f"mlmock {__version__}: invoices under human review, with moto's S3 beside it")
    with mock_aws(), mock_ml(region=REGION, now=MORNING) as ml:
        flow = ml.a2i.flow_definition("invoices", output="s3://reviews/invoices", workers=2)
        app = Approvals(flow.arn)
        app.s3.create_bucket(
            Bucket="reviews", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        for invoice in INVOICES:
            app.ask(invoice)
            ml.clock.advance(minutes=1)
        show(app, f"Started, {len(app.waiting())} waiting for two reviewers each")

        ml.clock.advance(minutes=20)
        review(ml)
        app.a2i.stop_human_loop(HumanLoopName="invoice-1045")
        show(app, f"Twenty minutes later, {len(app.waiting())} waiting")

        print("\nLeft in S3")
        for uri in ml.s3.list("s3://reviews/invoices/"):
            print(f"  {uri}")
        ends = ", ".join(event.detail["humanLoopStatus"] for event in ml.events)
        print(f"Sent to EventBridge\n  {ends}")
        took = 1000 * (time.perf_counter() - began)
        print(f"\n{len(ml.calls)} calls to Augmented AI, and none left this machine.")
        print(f"With moto's S3 it all took {took:.0f} ms.")


if __name__ == "__main__":
    main()
