"""Flow definitions: declared, undeclared, scoped, deleted and declared again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import MockML, manually, mock_ml
from tests.helpers import FLOW, client_for, start
from tests.services.sagemaker_a2i_runtime.human_loop_helpers import describe, names, status

WEST = FLOW.replace("us-east-1", "eu-west-1")


def output_of(client: Any, name: str) -> str:
    return str(describe(client, name)["HumanLoopOutput"]["OutputS3Uri"])


def test_declared_flow_definition(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review", output="s3://bucket/out", workers=2)
    assert (flow.name, flow.arn, repr(flow)) == ("review", FLOW, "<flow definition review>")
    start(a2i, "invoice-1", flow=flow.arn)
    assert output_of(a2i, "invoice-1").startswith("s3://bucket/out/review/")


def test_declarations_with_the_same_name_are_merged(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://first")
    ml.a2i.flow_definition("review", workers=2)
    start(a2i, "one")
    ml.a2i.flow_definition("review", output="s3://second")
    start(a2i, "two")
    assert output_of(a2i, "one").startswith("s3://first/review/")
    assert output_of(a2i, "two").startswith("s3://second/review/")


def test_undeclared_flow_definition_uses_the_default_bucket(a2i: Any) -> None:
    start(a2i, "invoice-1")
    prefix = "s3://sagemaker-us-east-1-123456789012/a2i/review/"
    assert output_of(a2i, "invoice-1").startswith(prefix)


def test_declaration_applies_to_every_account_and_region(ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://everywhere")
    west = client_for("111122223333", "eu-west-1")
    arn = WEST.replace("123456789012", "111122223333")
    start(west, "invoice-1", flow=arn)
    assert output_of(west, "invoice-1").startswith("s3://everywhere/")


def test_scoped_declaration_applies_to_its_region(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://everywhere")
    flow = ml.at(region="eu-west-1").a2i.flow_definition("review", output="s3://west")
    assert flow.arn == WEST
    west = client_for(region="eu-west-1")
    start(a2i, "invoice-1")
    start(west, "invoice-1", flow=WEST)
    assert output_of(a2i, "invoice-1").startswith("s3://everywhere/")
    assert output_of(west, "invoice-1").startswith("s3://west/")


def test_arn_of_another_account(ml: MockML) -> None:
    flow = ml.at(account_id="111122223333").a2i.flow_definition("review")
    assert flow.arn == FLOW.replace("123456789012", "111122223333")
    start(client_for("111122223333"), "invoice-1", flow=flow.arn)


def test_scoped_answer_applies_to_its_region(a2i: Any, ml: MockML) -> None:
    ml.at(region="eu-west-1").a2i.flow_definition("review").answer(lambda loop: {})
    west = client_for(region="eu-west-1")
    start(a2i, "invoice-1")
    start(west, "invoice-1", flow=WEST)
    assert (status(a2i, "invoice-1"), status(west, "invoice-1")) == ("InProgress", "Completed")


@pytest.mark.parametrize("output", ["s3://b", "s3://b/", "s3://b/out/", "s3://b/out"])
def test_trailing_slash_of_an_output_is_ignored(a2i: Any, ml: MockML, output: str) -> None:
    ml.a2i.flow_definition("review", output=output)
    start(a2i, "invoice-1")
    assert "//" not in output_of(a2i, "invoice-1").removeprefix("s3://")


@pytest.mark.parametrize("name", ["Review", "", "a/b", "-a", "x" * 64])
def test_invalid_name_is_rejected(ml: MockML, name: str) -> None:
    with pytest.raises(ValueError, match="the name of a flow definition"):
        ml.a2i.flow_definition(name)


@pytest.mark.parametrize("workers", [0, 4, True, "2"])
def test_invalid_number_of_workers_is_rejected(ml: MockML, workers: Any) -> None:
    with pytest.raises(ValueError, match="1 to 3 workers"):
        ml.a2i.flow_definition("review", workers=workers)


@pytest.mark.parametrize("output", ["bucket/out", "http://bucket/out", "s3://"])
def test_output_must_be_an_s3_uri(ml: MockML, output: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/key"):
        ml.a2i.flow_definition("review", output=output)


# -- deleted ----------------------------------------------------------------------------------


def test_deleted_flow_definition_is_not_found(a2i: Any, ml: MockML) -> None:
    flow = ml.a2i.flow_definition("review")
    flow.delete()
    assert repr(flow) == "<flow definition review (deleted)>"
    with pytest.raises(a2i.exceptions.ValidationException, match="does not exist"):
        start(a2i, "invoice-1")
    with pytest.raises(a2i.exceptions.ResourceNotFoundException, match="not found"):
        names(a2i)


@pytest.mark.mlmock(progress=manually())
def test_deleting_a_flow_definition_stops_and_deletes_its_loops(a2i: Any, ml: MockML) -> None:
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


def test_scoped_declaration_is_deleted_in_its_scope_only(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review")
    west = client_for(region="eu-west-1")
    start(a2i, "invoice-1")
    start(west, "invoice-1", flow=WEST)
    ml.at(region="eu-west-1").a2i.flow_definition("review")
    ml.a2i.flow_definition("review").delete()
    with pytest.raises(ClientError):
        describe(a2i, "invoice-1")
    assert status(west, "invoice-1") == "InProgress"


def test_deleted_flow_definition_can_be_declared_again(a2i: Any, ml: MockML) -> None:
    ml.a2i.flow_definition("review", output="s3://first", workers=3).delete()
    ml.a2i.flow_definition("review", workers=1)
    start(a2i, "invoice-1")
    assert output_of(a2i, "invoice-1").startswith("s3://sagemaker-us-east-1-123456789012/")
    ml.a2i.human_loop("invoice-1").complete({})
    assert status(a2i, "invoice-1") == "Completed"


def test_savepoint_restores_a_deleted_flow_definition() -> None:
    with mock_ml() as ml:
        client = client_for()
        start(client, "invoice-1")
        with ml.savepoint():
            ml.a2i.flow_definition("review").delete()
        assert names(client) == ["invoice-1"]
