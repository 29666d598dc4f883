"""`mock_ml` on classes: TestCase, IsolatedAsyncioTestCase, and plain ones as pytest runs them."""

from __future__ import annotations

import unittest
from typing import Any

import pytest

import mlmock
from mlmock import UnusedRule, mock_ml
from tests.helpers import A2I, client, names, start


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    """Run all tests of a class with unittest's own runner; nothing may run afterwards."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    with pytest.raises(RuntimeError):
        mlmock.current()
    return result


def failed(result: unittest.TestResult) -> dict[str, str]:
    """Return the last line of every failure, by test."""
    assert result.errors == []
    found = {}
    for test, text in result.failures:
        names_, lines = test.id().split("."), text.splitlines()
        fault = next(line for line in lines[1:] if not line.startswith(" "))
        found[names_[-1]] = fault.split(":")[0]
    return found


# -- TestCase ---------------------------------------------------------------------------------


def test_set_up_test_and_clean_up_of_a_test_case_share_one_fresh_state() -> None:
    seen: list[Any] = []

    @mock_ml(region="eu-west-1")
    class Reviews(unittest.TestCase):
        ml: Any

        def setUp(self) -> None:
            self.addCleanup(lambda: seen.append(("clean", names(client()))))
            start(client(), "from-set-up")

        def tearDown(self) -> None:
            seen.append(("down", names(client())))

        def test_one(self) -> None:
            start(client(), "from-test")
            assert self.ml is mlmock.current()

        def test_two(self, ml: Any) -> None:
            assert ml is self.ml
            seen.append(("two", names(client())))

    assert run(Reviews).wasSuccessful()
    assert seen == [
        ("down", ["from-set-up", "from-test"]),
        ("clean", ["from-set-up", "from-test"]),
        ("two", ["from-set-up"]),
        ("down", ["from-set-up"]),
        ("clean", ["from-set-up"]),
    ]


def test_a_test_case_fails_for_unused_rules_and_swallowed_refusals_not_over_its_own_failure() -> (
    None
):
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

        def test_of_which_a_part_fails(self) -> None:
            self.rule()
            with self.subTest("part"):
                self.fail("mine")

        def test_is_skipped(self) -> None:
            self.rule()
            self.skipTest("for now")

        @unittest.expectedFailure
        def test_is_to_fail(self, ml: Any) -> None:
            self.rule()
            self.fail("mine")

    result = run(Reviews)
    assert failed(result) == {
        "test_unused": "mlmock.errors.UnusedRule",
        "test_fails_itself": "AssertionError",
        "test_of_which_a_part_fails [part]": "AssertionError",
    }
    assert len(result.expectedFailures) == 1
    assert len(result.skipped) == 1


def test_an_asynchronous_test_case_awaits_its_tests() -> None:
    seen: list[str] = []

    @mock_ml
    class Reviews(unittest.IsolatedAsyncioTestCase):
        ml: Any

        async def asyncSetUp(self) -> None:
            start(client(), "from-set-up")

        async def asyncTearDown(self) -> None:
            seen.append(f"down {len(self.ml.calls)}")

        async def test_plain(self) -> None:
            seen.append("plain")
            assert names(client()) == ["from-set-up"]

        async def test_with_handle(self, ml: Any) -> None:
            seen.append("handle")
            assert ml is mlmock.current()

        async def test_fails(self, ml: Any) -> None:
            self.fail("mine")

        async def test_unused(self, ml: Any) -> None:
            ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")

    result = run(Reviews)
    assert sorted(failed(result)) == ["test_fails", "test_unused"]
    assert seen == ["down 1", "plain", "down 2", "down 1", "handle", "down 1"]


def test_a_class_that_inherits_from_a_decorated_one_has_it_too_and_may_be_decorated_again() -> None:
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


def test_a_set_up_that_fails_leaves_nothing_running() -> None:
    @mock_ml
    class Reviews(unittest.TestCase):
        ml: Any

        def setUp(self) -> None:
            self.ml.on(A2I).fail("ThrottlingException")
            raise LookupError("mine")

        def test_nothing(self) -> None:
            """Never run."""

    result = run(Reviews)
    assert len(result.errors) == 1
    assert result.failures == []


# -- plain classes ----------------------------------------------------------------------------

PLAIN = """
import pytest
import mlmock
from mlmock import mock_ml
from tests.helpers import A2I, client, names, start

seen = []

@mock_ml(region="eu-west-1")
class TestReviews:
    def setup_method(self):
        start(client(), "from-set-up")

    def teardown_method(self, method):
        seen.append((method.__name__, names(client())))

    def test_one(self, tmp_path, ml):
        assert tmp_path.exists()
        assert ml is self.ml is mlmock.current()
        start(client(), "from-test")

    @pytest.mark.parametrize("number", [1, 2])
    def test_two(self, number):
        assert names(client()) == ["from-set-up"]
        assert self.ml.a2i.flow_definition("x").arn.split(":")[3] == "eu-west-1"

class TestAfter:
    def test_nothing_is_left(self):
        assert seen == [
            ("test_one", ["from-set-up", "from-test"]),
            ("test_two", ["from-set-up"]),
            ("test_two", ["from-set-up"]),
        ]
        with pytest.raises(RuntimeError):
            mlmock.current()
"""


def test_set_up_test_and_clean_up_of_a_plain_class_share_one_fresh_state(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(PLAIN)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=4)


FAILING = """
import pytest
from mlmock import mock_ml
from tests.helpers import A2I, client

class Rules:
    def rule(self):
        self.ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")

    def test_unused(self):
        self.rule()

    def test_fails_itself(self, ml):
        self.rule()
        assert 1 == 2, "mine"

    def test_skipped(self):
        self.rule()
        pytest.skip("for now")

    async def test_async_unused(self, ml):
        self.rule()

@mock_ml
class TestReviews(Rules):
    pass

@mock_ml
class TestWithCleanUp(Rules):
    def teardown_method(self):
        if self.by_clean_up:
            with pytest.raises(Exception, match="Throttling"):
                client().stop_human_loop(HumanLoopName="x")

    by_clean_up = False

    def test_used_by_clean_up(self):
        self.by_clean_up = True
        self.rule()
"""


def test_a_test_of_a_plain_class_fails_for_unused_rules_not_over_its_own_failure(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(FAILING)
    pytester.makeconftest(
        """
        import asyncio
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(pyfuncitem):
            if asyncio.iscoroutinefunction(pyfuncitem.obj):
                asyncio.run(pyfuncitem.obj())
                return True
        """
    )
    result = pytester.runpytest("-p", "no:cacheprovider", "-k", "TestReviews")
    result.assert_outcomes(failed=3, skipped=1, deselected=5)
    result.stdout.fnmatch_lines(["E *UnusedRule*not used as often*", "E *AssertionError: mine*"])
    # with a clean-up that may use the rules still, it is told after the clean-up
    result = pytester.runpytest("-p", "no:cacheprovider", "-k", "TestWithCleanUp")
    result.assert_outcomes(passed=3, failed=1, skipped=1, errors=2, deselected=4)


INHERITED = """
import pytest
import mlmock
from mlmock import mock_ml

@mock_ml(region="eu-west-1")
class Base:
    def setup_method(self):
        self.prepared = True

    def teardown_method(self):
        assert self.prepared

    def test_it(self, ml):
        assert ml is mlmock.current()
        assert ml.a2i.flow_definition("x").arn.split(":")[3:5] == ["eu-west-1", self.account]

    account = "123456789012"

class TestBase(Base):
    pass

@mock_ml(account_id="111122223333")
class TestAgain(Base):
    account = "111122223333"

@mock_ml(account_id="111122223333")
class TestOfItsOwn(Base):
    account = "111122223333"

    def setup_method(self):
        super().setup_method()

    def teardown_method(self):
        super().teardown_method()

@mock_ml(account_id="111122223333")
class TestThatBreaks(Base):
    def setup_method(self):
        super().setup_method()
        raise LookupError

class TestThatForgetsItsSetUp(Base):
    account = "123456789012"

    def setup_method(self):
        self.prepared = True

class TestAfter:
    def test_nothing_is_left(self):
        with pytest.raises(RuntimeError):
            mlmock.current()
"""


def test_plain_classes_may_inherit_and_be_decorated_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(INHERITED)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=5, errors=1)


CLEANING = """
import pytest
import mlmock
from mlmock import mock_ml
from tests.helpers import A2I

@mock_ml
class TestThatBreaksAtTheEnd:
    def teardown_method(self):
        raise LookupError("mine")

    def test_it(self, ml):
        ml.on(A2I).fail("ThrottlingException")

@mock_ml(region="eu-west-1")
class Base:
    def setup_method(self):
        pass

    def teardown_method(self):
        pass

@mock_ml
class TestThatForgetsItsBase(Base):
    def setup_method(self):
        super().setup_method()

    def teardown_method(self):
        pass

    def test_it(self, ml):
        assert ml.a2i.flow_definition("x").arn.split(":")[3] == "eu-west-1"

class TestAfter:
    def test_nothing_is_left(self):
        with pytest.raises(RuntimeError):
            mlmock.current()
"""


def test_a_clean_up_that_fails_or_is_forgotten_leaves_nothing_running(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(CLEANING)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["E *LookupError: mine"])
    result.stdout.no_fnmatch_line("*UnusedRule*")


def test_a_test_method_that_nobody_sets_up_has_a_block_of_its_own() -> None:
    @mock_ml
    class Reviews:
        def test_it(self, ml: Any) -> Any:
            start(client())
            return len(ml.calls)

        def test_unused(self, ml: Any) -> None:
            ml.on(A2I).fail("ThrottlingException")

    reviews: Any = Reviews()
    assert reviews.test_it() == 1
    with pytest.raises(UnusedRule):
        reviews.test_unused()
    with pytest.raises(RuntimeError):
        mlmock.current()
