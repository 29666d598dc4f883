"""A rollout, end to end: an app scores customers on an endpoint, and survives a bad new variant.

The app is plain boto3 and knows nothing of mlmock. Run it with
`python examples/endpoint_rollout.py`; it needs boto3, and no AWS account.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import boto3

from mlmock import MockML, mock_ml

ENDPOINT, NIGHTLY = "churn", "churn-nightly"


class Scores:
    """The app: scores customers one by one, and all of them by night."""

    def __init__(self) -> None:
        self.runtime = boto3.client("sagemaker-runtime", region_name="eu-west-1")
        self.by_variant: Counter[str] = Counter()
        self.fallbacks = 0

    def of(self, customer: dict[str, Any]) -> float:
        """Return a customer's score; the blue variant answers where the drawn one fails."""
        try:
            return self._ask(customer)
        except self.runtime.exceptions.ModelError:
            self.fallbacks += 1
            return self._ask(customer, TargetVariant="blue")

    def explained(self, customer: dict[str, Any]) -> str:
        """Return the reason for a score, as it is streamed."""
        found = self.runtime.invoke_endpoint_with_response_stream(
            EndpointName=ENDPOINT, Body=json.dumps(customer), ContentType="application/json"
        )
        return b"".join(event["PayloadPart"]["Bytes"] for event in found["Body"]).decode()

    def by_night(self, uri: str) -> str:
        """Start scoring the customers in S3, and return where their scores will be."""
        found = self.runtime.invoke_endpoint_async(EndpointName=NIGHTLY, InputLocation=uri)
        return str(found["OutputLocation"])

    def _ask(self, customer: dict[str, Any], **target: str) -> float:
        found = self.runtime.invoke_endpoint(
            EndpointName=ENDPOINT,
            Body=json.dumps(customer),
            ContentType="application/json",
            **target,
        )
        self.by_variant[found["InvokedProductionVariant"]] += 1
        return float(json.loads(found["Body"].read())["score"])


def script(ml: MockML) -> None:
    """Say what the models answer: green fails for customers without a plan."""
    endpoint = ml.sagemaker.endpoint(ENDPOINT, variants={"blue": 0.8, "green": 0.2})
    endpoint.reply({"score": 0.25})
    green = endpoint.on(variant="green")
    green.reply({"score": 0.75})
    green.on(Body={"plan": None}).model_error(500, "KeyError: 'plan'")
    nightly = ml.sagemaker.endpoint(NIGHTLY, async_output="s3://scores/nightly")
    nightly.handler(lambda call: [{"id": row["id"], "score": 0.5} for row in call.json()])


def main() -> None:
    """Run the app against the mock, and print what came of it."""
    customers = [{"id": n, "plan": None if n % 3 == 0 else "pro"} for n in range(100)]
    with mock_ml() as ml:
        script(ml)
        app = Scores()
        scores = [app.of(customer) for customer in customers]
        print(
            f"100 customers scored: {app.by_variant['blue']} by blue, "
            f"{app.by_variant['green']} by green, {app.fallbacks} after green had failed"
        )
        assert set(scores) == {0.25, 0.75}

        ml.sagemaker.endpoint(ENDPOINT).stream(["because ", "of the ", "plan"])
        print(f"the reason, streamed: {app.explained(customers[1])}")

        ml.s3.put("s3://customers/all.json", json.dumps(customers), "application/json")
        found = json.loads(ml.s3.get(app.by_night("s3://customers/all.json")))
        print(f"by night: {len(found)} scores in S3")


if __name__ == "__main__":
    main()
