"""Many threads train models of one project without duplicates or deadlocks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from mlmock import after, after_polls, mock_ml

OUT = {"S3Location": {"Bucket": "results"}}
THREADS = 6


@pytest.mark.parametrize("policy", [after_polls(3), after(10)], ids=repr)
def test_threads_share_a_project(policy: Any) -> None:
    with mock_ml(progress=policy) as ml:
        ml.lookoutvision.quotas(concurrent_trainings=None)
        ml.lookoutvision.project("circuits", train=60)
        barrier = threading.Barrier(THREADS)

        def train_model(_: int) -> str:
            vision = boto3.Session().client("lookoutvision", region_name="us-east-1")
            barrier.wait(30)
            created = vision.create_model(ProjectName="circuits", OutputConfig=OUT)["ModelMetadata"]
            version = str(created["ModelVersion"])
            for _ in range(200):
                ml.clock.advance(seconds=1)
                models = vision.list_models(ProjectName="circuits")["Models"]
                if all(model["Status"] == "TRAINED" for model in models):
                    break
            one = {"ProjectName": "circuits", "ModelVersion": version}
            assert vision.describe_model(**one)["ModelDescription"]["Status"] == "TRAINED"
            return version

        with ThreadPoolExecutor(THREADS) as pool:
            versions = list(pool.map(train_model, range(THREADS), timeout=60))

    assert sorted(versions) == ["1", "2", "3", "4", "5", "6"]
