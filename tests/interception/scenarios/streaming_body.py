"""A streaming body can be read once: whole, in chunks or by line, as the real one."""

from tests.interception.isolated_process import KEYS

# isort: split
import hashlib
import io
from typing import Any

import boto3

from mlmock import mock_ml, output

NAME = "bedrock-runtime"
BIG = bytes(range(256)) * 4096  # 1 MiB
before = boto3.client(NAME, "us-east-1", **KEYS)


def body(client: Any, **more: Any) -> Any:
    """Return the body of a response."""
    return client.invoke_model(modelId="anthropic.claude-v2", body=b"{}", **more)["body"]


for client in (before, None):
    with mock_ml() as ml:
        client = client or boto3.client(NAME, "us-east-1", **KEYS)
        rule = ml.on(NAME, "InvokeModel").reply(output(body=BIG, contentType="image/png"))
        whole = body(client)
        assert hashlib.sha256(whole.read()).digest() == hashlib.sha256(BIG).digest()
        assert whole.read() == b""

        pieces = body(client)
        assert pieces.read(10) == BIG[:10]
        assert pieces.tell() == 10
        assert b"".join(pieces.iter_chunks(100_000)) == BIG[10:]

        with body(client) as closing:
            buffer = bytearray(1000)
            assert closing.readinto(buffer) == 1000
            assert bytes(buffer) == BIG[:1000]
            assert closing.readable()

        text = body(client)
        assert sum(len(line) for line in text.iter_lines(keepends=True)) == len(BIG)
        assert io.BufferedReader(body(client)).read() == BIG

        answer = client.invoke_model(modelId="anthropic.claude-v2", body=io.BytesIO(b'{"a": 1}'))
        assert answer["contentType"] == "image/png"
        assert int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"]) == len(BIG)
        assert ml.calls.last.json() == {"a": 1}
        assert ml.calls.last.response is not None
        assert rule.used == 6
