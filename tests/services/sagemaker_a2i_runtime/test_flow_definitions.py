"""Flow definitions: declared or not, narrowed, deleted, declared again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, manually, mock_ml
from tests.services.sagemaker_a2i_runtime.helpers import (
    FLOW,
    client_of,
    describe,
    names,
    start,
    status,
)

WEST = FLOW.replace("us-east-1", "eu-west-1")


def output_of(client: Any, name: str) -> str:
    return str(describe(client, name)["HumanLoopOutput"]["OutputS3Uri"])


def test_a_declared_flow_definition(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review", output="s3://bucket/out", workers=2)
    assert (flow.name, flow.arn, repr(flow)) == ("review", FLOW, "<flow definition review>")
    start(a2i, "invoice-1", flow=flow.arn)
    assert output_of(a2i, "invoice-1").startswith("s3://bucket/out/review/")


def test_the_same_name_is_the_same_flow_definition(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://first")
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "one")
    ml.a2i.flow_definition("review", output="s3://second")
    start(a2i, "two")
    assert output_of(a2i, "one").startswith("s3://first/review/")
    assert output_of(a2i, "two").startswith("s3://second/review/")


def test_an_undeclared_one_writes_to_the_default_bucket(a2i: Any) -> None:
    start(a2i, "invoice-1")
    prefix = "s3://sagemaker-us-east-1-123456789012/a2i/review/"
    assert output_of(a2i, "invoice-1").startswith(prefix)


def test_a_declaration_holds_everywhere(ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://everywhere")
    west = client_of("111122223333", "eu-west-1")
    arn = WEST.replace("123456789012", "111122223333")
    start(west, "invoice-1", flow=arn)
    assert output_of(west, "invoice-1").startswith("s3://everywhere/")


def test_a_narrowed_declaration_holds_there(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://everywhere")
    flow = ml.at(region="eu-west-1").a2i.flow_definition("review", output="s3://west")
    assert flow.arn == WEST
    west = client_of(region="eu-west-1")
    start(a2i, "invoice-1")
    start(west, "invoice-1", flow=WEST)
    assert output_of(a2i, "invoice-1").startswith("s3://everywhere/")
    assert output_of(west, "invoice-1").startswith("s3://west/")


def test_an_arn_of_another_account(ml: MockML) -> None:
    flow = ml.at(account_id="111122223333").a2i.flow_definition("review")
    assert flow.arn == FLOW.replace("123456789012", "111122223333")
    start(client_of("111122223333"), "invoice-1", flow=flow.arn)


def test_a_narrowed_worker_answers_there(a2i: Any, ml: MockML) -> None:
    ml.at(region="eu-west-1").a2i.flow_definition("review").answer(lambda loop: {})
    west = client_of(region="eu-west-1")
    start(a2i, "invoice-1")
    start(west, "invoice-1", flow=WEST)
    assert (status(a2i, "invoice-1"), status(west, "invoice-1")) == ("InProgress", "Completed")


@pytest.mark.parametrize("output", ["s3://b", "s3://b/", "s3://b/out/", "s3://b/out"])
def test_a_slash_at_the_end_of_an_output_is_one(a2i: Any, ml: MockML, output: str) -> None:
    ml.a2i.flow_definition("review", output=output)
    start(a2i, "invoice-1")
    assert "//" not in output_of(a2i, "invoice-1").removeprefix("s3://")


@pytest.mark.parametrize("name", ["Review", "", "a/b", "-a", "x" * 64])
def test_names_that_the_control_plane_refuses(ml: MockML, name: str) -> None:
    with pytest.raises(ValueError, match="a flow definition's name"):
        ml.a2i.flow_definition(name)


@pytest.mark.parametrize("workers", [0, 4, True, "2"])
def test_one_to_three_workers(ml: MockML, workers: Any) -> None:
    with pytest.raises(ValueError, match="1 to 3 workers"):
        ml.a2i.flow_definition("review", workers=workers)


@pytest.mark.parametrize("output", ["bucket/out", "http://bucket/out", "s3://"])
def test_an_output_is_in_s3(ml: MockML, output: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/key"):
        ml.a2i.flow_definition("review", output=output)


# -- deleted --------------------------------------------------------------------------------------


def test_a_deleted_one_starts_nothing_and_isnt_found(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review")
    flow.delete()
    assert repr(flow) == "<flow definition review (deleted)>"
    with pytest.raises(a2i.exceptions.ValidationException, match="does not exist"):
        start(a2i, "invoice-1")
    with pytest.raises(a2i.exceptions.ResourceNotFoundException, match="not found"):
        names(a2i)


@pytest.mark.mlmock(progress=manually())
def test_its_loops_are_stopped_and_deleted(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review", workers=2)
    for name in ("ended", "answered", "stopping", "other-flow"):
        start(a2i, name, flow=FLOW if name != "other-flow" else FLOW.replace("review", "other"))
    ml.a2i.human_loop("ended").fail("InternalError")
    ml.a2i.human_loop("answered").complete({"n": 1})
    a2i.stop_human_loop(HumanLoopName="stopping")
    kept = str(ml.a2i.human_loop("answered").output_uri)
    flow.delete()
    for name in ("ended", "answered", "stopping"):
        with pytest.raises(a2i.exceptions.ResourceNotFoundException):
            describe(a2i, name)
    assert status(a2i, "other-flow") == "InProgress"
    ended = [(e.detail["humanLoopName"], e.detail["humanLoopStatus"]) for e in ml.events]
    assert ended == [("ended", "Failed"), ("answered", "Stopped"), ("stopping", "Stopped")]
    assert b'"n":1' in ml.s3.get(kept)
    ml.progress.step()
    assert len(ml.events) == 3


def test_it_is_deleted_where_it_was_declared(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review")
    west = client_of(region="eu-west-1")
    start(a2i, "invoice-1")
    start(west, "invoice-1", flow=WEST)
    ml.at(region="eu-west-1").a2i.flow_definition("review")
    ml.a2i.flow_definition("review").delete()
    with pytest.raises(ClientError):
        describe(a2i, "invoice-1")
    assert status(west, "invoice-1") == "InProgress"


def test_its_name_may_be_declared_again(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://first", workers=3).delete()
    ml.a2i.flow_definition("review", workers=1)
    start(a2i, "invoice-1")
    assert output_of(a2i, "invoice-1").startswith("s3://sagemaker-us-east-1-123456789012/")
    ml.a2i.human_loop("invoice-1").complete({})
    assert status(a2i, "invoice-1") == "Completed"


def test_a_savepoint_takes_a_deletion_back() -> None:
    with mock_ml() as ml:
        client = client_of()
        start(client, "invoice-1")
        with ml.savepoint():
            ml.a2i.flow_definition("review").delete()
        assert names(client) == ["invoice-1"]
