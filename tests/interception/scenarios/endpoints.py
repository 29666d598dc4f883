"""Clients with every kind of endpoint are mocked: custom, FIPS, dual-stack, VPC."""

from tests.interception.isolated_process import KEYS, NAME, flow, names, start

# isort: split
import os
from typing import Any

import boto3
from botocore.config import Config

from mlmock import mock_ml

ENDPOINTS: dict[str, dict[str, Any]] = {
    "a2i-runtime.sagemaker.us-east-1.amazonaws.com": {},
    "localhost:4566": {"endpoint_url": "http://localhost:4566"},
    "proxy.example.com/base": {"endpoint_url": "https://proxy.example.com/base"},
    "vpce-0abc.a2i-runtime.sagemaker.us-east-1.vpce.amazonaws.com": {
        "endpoint_url": "https://vpce-0abc.a2i-runtime.sagemaker.us-east-1.vpce.amazonaws.com"
    },
    "-fips.": {"config": Config(use_fips_endpoint=True)},
    ".api.aws": {"config": Config(use_dualstack_endpoint=True)},
    "-fips.us-east-1.api.aws": {
        "config": Config(use_fips_endpoint=True, use_dualstack_endpoint=True)
    },
}
made_before = {
    part: boto3.client(NAME, "us-east-1", **KEYS, **more) for part, more in ENDPOINTS.items()
}
with mock_ml() as ml:
    for number, (part, more) in enumerate(ENDPOINTS.items()):
        inside = boto3.client(NAME, "us-east-1", **KEYS, **more)
        for letter, client in (("a", made_before[part]), ("b", inside)):
            start(client, f"{letter}-{number}")
            url = ml.calls.last.request.url
            assert part in url, (url, part)
            assert url.startswith(client.meta.endpoint_url), url
            assert client.describe_human_loop(HumanLoopName=f"{letter}-{number}")
    assert len(names(made_before["localhost:4566"])) == 10  # one page
    os.environ["AWS_ENDPOINT_URL_SAGEMAKER_A2I_RUNTIME"] = "http://localhost:9"
    assert names(boto3.client(NAME, "us-east-1", **KEYS))
    assert ml.calls.last.request.url.startswith("http://localhost:9/")
    del os.environ["AWS_ENDPOINT_URL_SAGEMAKER_A2I_RUNTIME"]
    china = boto3.client(NAME, "cn-north-1", **KEYS)
    assert start(china).startswith("arn:aws-cn:sagemaker:cn-north-1:")
    assert names(china, flow("cn-north-1")) == ["invoice-1"]
