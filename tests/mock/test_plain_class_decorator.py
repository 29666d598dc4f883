"""`mock_ml` on plain test classes, as pytest runs them."""

from __future__ import annotations

from typing import Any

import pytest

import mlmock
from mlmock import UnusedRule, mock_ml
from tests.helpers import A2I, client, start

PLAIN = """
import pytest
import mlmock
from mlmock import mock_ml
from tests.helpers import A2I, client, names, start

observed = []

@mock_ml(region="eu-west-1")
class TestReviews:
    def setup_method(self):
        start(client(), "from-set-up")

    def teardown_method(self, method):
        observed.append((method.__name__, names(client())))

    def test_one(self, tmp_path, ml):
        assert tmp_path.exists()
        assert ml is self.ml is mlmock.current()
        start(client(), "from-test")

    @pytest.mark.parametrize("number", [1, 2])
    def test_two(self, number):
        assert names(client()) == ["from-set-up"]
        assert self.ml.a2i.flow_definition("x").arn.split(":")[3] == "eu-west-1"

class TestAfter:
    def test_no_mock_is_active(self):
        assert observed == [
            ("test_one", ["from-set-up", "from-test"]),
            ("test_two", ["from-set-up"]),
            ("test_two", ["from-set-up"]),
        ]
        with pytest.raises(RuntimeError):
            mlmock.current()
"""


def test_set_up_test_and_clean_up_of_a_plain_class_share_one_mock(
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


def test_unused_rules_fail_a_plain_test_but_never_hide_its_own_failure(
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
    # teardown may still use the rules, so unused ones are reported after it
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
class TestWithItsOwnSetUp(Base):
    account = "111122223333"

    def setup_method(self):
        super().setup_method()

    def teardown_method(self):
        super().teardown_method()

@mock_ml(account_id="111122223333")
class TestWithFailingSetUp(Base):
    def setup_method(self):
        super().setup_method()
        raise LookupError

class TestWithoutTheInheritedSetUp(Base):
    account = "123456789012"

    def setup_method(self):
        self.prepared = True

class TestAfter:
    def test_no_mock_is_active(self):
        with pytest.raises(RuntimeError):
            mlmock.current()
"""


def test_decorator_of_a_plain_class_is_inherited_and_can_be_repeated(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(INHERITED)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=5, errors=1)


CLEANING = """
import pytest
import mlmock
from mlmock import mock_ml
from tests.helpers import A2I

@mock_ml
class TestWithFailingTearDown:
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
class TestWithoutTheInheritedTearDown(Base):
    def setup_method(self):
        super().setup_method()

    def teardown_method(self):
        pass

    def test_it(self, ml):
        assert ml.a2i.flow_definition("x").arn.split(":")[3] == "eu-west-1"

class TestAfter:
    def test_no_mock_is_active(self):
        with pytest.raises(RuntimeError):
            mlmock.current()
"""


def test_failing_or_missing_tear_down_leaves_no_active_mock(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(CLEANING)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["E *LookupError: mine"])
    result.stdout.no_fnmatch_line("*UnusedRule*")


def test_test_method_called_directly_has_its_own_mock() -> None:
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
