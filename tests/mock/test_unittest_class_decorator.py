"""`mock_ml` on subclasses of TestCase and IsolatedAsyncioTestCase."""

from __future__ import annotations

import unittest
from typing import Any

import pytest

import mlmock
from mlmock import mock_ml
from tests.helpers import A2I, client, names, start


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    """Run all tests of a class with the unittest runner, and check that no mock is left active."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    with pytest.raises(RuntimeError):
        mlmock.current()
    return result


def failed(result: unittest.TestResult) -> dict[str, str]:
    """Return the name of the exception of every failed test."""
    assert result.errors == []
    found = {}
    for test, text in result.failures:
        names_, lines = test.id().split("."), text.splitlines()
        error = next(line for line in lines[1:] if not line.startswith(" "))
        found[names_[-1]] = error.split(":")[0]
    return found


def test_set_up_test_and_clean_up_of_a_test_case_share_one_mock() -> None:
    observed: list[Any] = []

    @mock_ml(region="eu-west-1")
    class Reviews(unittest.TestCase):
        ml: Any

        def setUp(self) -> None:
            self.addCleanup(lambda: observed.append(("clean", names(client()))))
            start(client(), "from-set-up")

        def tearDown(self) -> None:
            observed.append(("down", names(client())))

        def test_one(self) -> None:
            start(client(), "from-test")
            assert self.ml is mlmock.current()

        def test_two(self, ml: Any) -> None:
            assert ml is self.ml
            observed.append(("two", names(client())))

    assert run(Reviews).wasSuccessful()
    assert observed == [
        ("down", ["from-set-up", "from-test"]),
        ("clean", ["from-set-up", "from-test"]),
        ("two", ["from-set-up"]),
        ("down", ["from-set-up"]),
        ("clean", ["from-set-up"]),
    ]


def test_unused_rules_fail_a_test_case_but_never_hide_its_own_failure() -> None:
    @mock_ml("sagemaker-a2i-runtime")
    class Reviews(unittest.TestCase):
        ml: Any

        def rule(self) -> None:
            self.ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")

        def test_unused(self) -> None:
            self.rule()

        def test_used_by_clean_up(self) -> None:
            def stop() -> None:
                with pytest.raises(Exception, match="Throttling"):
                    client().stop_human_loop(HumanLoopName="x")

            self.rule()
            self.addCleanup(stop)

        def test_fails_itself(self) -> None:
            self.rule()
            self.fail("mine")

        def test_fails_in_a_sub_test(self) -> None:
            self.rule()
            with self.subTest("part"):
                self.fail("mine")

        def test_is_skipped(self) -> None:
            self.rule()
            self.skipTest("for now")

        @unittest.expectedFailure
        def test_is_expected_to_fail(self, ml: Any) -> None:
            self.rule()
            self.fail("mine")

    result = run(Reviews)
    assert failed(result) == {
        "test_unused": "mlmock.errors.UnusedRule",
        "test_fails_itself": "AssertionError",
        "test_fails_in_a_sub_test [part]": "AssertionError",
    }
    assert len(result.expectedFailures) == 1
    assert len(result.skipped) == 1


def test_tests_of_an_async_test_case_are_awaited() -> None:
    observed: list[str] = []

    @mock_ml
    class Reviews(unittest.IsolatedAsyncioTestCase):
        ml: Any

        async def asyncSetUp(self) -> None:
            start(client(), "from-set-up")

        async def asyncTearDown(self) -> None:
            observed.append(f"down {len(self.ml.calls)}")

        async def test_plain(self) -> None:
            observed.append("plain")
            assert names(client()) == ["from-set-up"]

        async def test_with_handle(self, ml: Any) -> None:
            observed.append("handle")
            assert ml is mlmock.current()

        async def test_fails(self, ml: Any) -> None:
            self.fail("mine")

        async def test_unused(self, ml: Any) -> None:
            ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")

    result = run(Reviews)
    assert sorted(failed(result)) == ["test_fails", "test_unused"]
    assert observed == ["down 1", "plain", "down 2", "down 1", "handle", "down 1"]


def test_decorator_of_a_test_case_is_inherited_and_can_be_repeated() -> None:
    @mock_ml(region="eu-west-1")
    class Base(unittest.TestCase):
        ml: Any

        def test_inherited(self, ml: Any) -> None:
            assert ml.a2i.flow_definition("x").arn.split(":")[3:5] == ["eu-west-1", self.account]

        account = "123456789012"

    class Plain(Base):
        def test_own(self, ml: Any) -> None:
            assert ml is self.ml is mlmock.current()

    @mock_ml(account_id="111122223333")
    class Again(Plain):
        account = "111122223333"

    assert run(Base).testsRun == 1
    for case, tests in ((Base, 1), (Plain, 2), (Again, 2)):
        result = run(case)
        assert (result.testsRun, failed(result)) == (tests, {})


def test_failing_set_up_leaves_no_active_mock() -> None:
    @mock_ml
    class Reviews(unittest.TestCase):
        ml: Any

        def setUp(self) -> None:
            self.ml.on(A2I).fail("ThrottlingException")
            raise LookupError("mine")

        def test_nothing(self) -> None:
            """Do nothing; this test is never run."""

    result = run(Reviews)
    assert len(result.errors) == 1
    assert result.failures == []
