"""The pytest fixture `mlmock` and its marker."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Older botocore releases call a method that Python 3.12 deprecated.
OLD = "ignore:datetime.datetime.utc:DeprecationWarning:botocore.auth"


def run(pytester: pytest.Pytester, text: str, **outcomes: int) -> pytest.RunResult:
    """Run a test file and check its outcomes."""
    pytester.makepyfile(text)
    strict_options = ("--strict-markers", "-W", "error", "-W", OLD)
    result = pytester.runpytest("-p", "no:cacheprovider", *strict_options)
    result.assert_outcomes(**outcomes)
    return result


def test_fixture_yields_a_new_handle_for_every_test(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest
        import mlmock as package
        from mlmock import MockML
        from tests.helpers import client, names, start

        @pytest.fixture
        def a2i(mlmock):
            return client()

        @pytest.mark.parametrize("turn", [1, 2])
        def test_a_loop(mlmock: MockML, a2i, turn):
            assert mlmock is package.current()
            assert names(a2i) == []
            start(a2i)
            assert len(mlmock.calls) == 2

        def test_no_mock_is_active_without_the_fixture():
            with pytest.raises(RuntimeError):
                package.current()
        """,
        passed=3,
    )


def test_markers_of_module_class_and_test_are_merged_and_the_closest_wins(
    pytester: pytest.Pytester,
) -> None:
    run(
        pytester,
        """
        import pytest
        import mlmock as package
        from mlmock import after_polls

        pytestmark = pytest.mark.mlmock(
            "sagemaker-a2i-runtime", region="eu-west-1", account_id="111122223333"
        )

        def where(ml):
            return ml.a2i.flow_definition("x").arn.split(":")[3:5]

        def test_module(mlmock):
            assert where(mlmock) == ["eu-west-1", "111122223333"]
            assert repr(mlmock.progress) == "<progress immediately()>"
            with pytest.raises(package.InvalidRule):
                mlmock.on("bedrock-runtime")

        @pytest.mark.mlmock(region="ap-south-1", progress=after_polls(2))
        class TestClass:
            def test_class(self, mlmock):
                assert where(mlmock) == ["ap-south-1", "111122223333"]
                assert repr(mlmock.progress) == "<progress after_polls(2)>"

            @pytest.mark.mlmock("bedrock-runtime", account_id="999988887777")
            def test_method(self, mlmock):
                assert where(mlmock) == ["ap-south-1", "999988887777"]
                assert repr(mlmock).startswith("<mlmock for bedrock-runtime:")

            @pytest.mark.mlmock(region="farther", seed=4)
            @pytest.mark.mlmock(region="us-west-2")
            def test_closest_marker_of_a_test_wins(self, mlmock):
                assert where(mlmock) == ["us-west-2", "111122223333"]

        @pytest.mark.mlmock(region="us-west-2")
        def test_marker_without_the_fixture_starts_no_mock():
            with pytest.raises(RuntimeError):
                package.current()
        """,
        passed=5,
    )


def test_unknown_option_of_the_marker_is_an_error(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import pytest

        @pytest.mark.mlmock(reegion="us-east-1")
        def test_it(mlmock):
            pass
        """,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*reegion*"])


def test_passing_test_fails_for_unused_rules_and_suppressed_errors(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
        import contextlib
        import pytest
        import mlmock as package
        from tests.helpers import A2I, client, names

        def rule(ml):
            ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")

        def test_unused(mlmock):
            rule(mlmock)

        def test_its_own_failure_comes_first(mlmock):
            rule(mlmock)
            assert 1 == 2, "mine"

        def test_skipped(mlmock):
            rule(mlmock)
            pytest.skip("for now")

        @pytest.mark.xfail(raises=LookupError, strict=True)
        def test_expected_to_fail(mlmock):
            rule(mlmock)
            raise LookupError

        @pytest.mark.mlmock("bedrock-runtime")
        def test_suppressed(mlmock):
            with contextlib.suppress(Exception, AssertionError):
                names(client())

        @pytest.mark.mlmock("bedrock-runtime")
        def test_expected(mlmock):
            with pytest.raises(package.NotMocked):
                names(client())
            mlmock.unmatched.clear()

        @pytest.mark.mlmock(strict=False)
        @pytest.mark.filterwarnings("default")
        def test_not_strict(mlmock):
            rule(mlmock)

        def test_no_mock_is_active():
            with pytest.raises(RuntimeError):
                package.current()
        """,
        failed=3,
        passed=3,
        skipped=1,
        xfailed=1,
        warnings=1,
    )
    unused = "E *UnusedRule: 1 rule was not used as often as expected:"
    errors = [unused, "E *AssertionError: mine", "E *NotMocked: *"]
    result.stdout.fnmatch_lines_random(errors)


def test_passing_unittest_test_fails_for_unused_rules(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import unittest
        import pytest
        from tests.helpers import A2I

        def rule(ml):
            ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _mock(self, mlmock):
                self.ml = mlmock

            def test_unused(self):
                rule(self.ml)

            def test_fails(self):
                rule(self.ml)
                self.fail("mine too")

            def test_skipped_in_unittest(self):
                rule(self.ml)
                self.skipTest("for now")
        """,
        failed=2,
        skipped=1,
    )
    result.stdout.fnmatch_lines_random(
        [
            "E *UnusedRule: 1 rule was not used as often as expected:",
            "E *AssertionError: mine too",
        ]
    )


def test_decorated_tests_and_fixtures_work_with_pytest(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest
        import mlmock as package
        from mlmock import mock_ml
        from tests.helpers import A2I, client, names, start

        @pytest.fixture
        def name():
            return "invoice-1"

        @mock_ml
        def test_with_fixture(name, ml, tmp_path):
            start(client(), name)
            assert names(client()) == [name]

        @pytest.mark.parametrize("number", [1, 2])
        @mock_ml(region="eu-west-1")
        def test_parametrized(number, ml):
            assert ml.a2i.flow_definition("x").arn.split(":")[3] == "eu-west-1"

        @mock_ml(region="eu-west-1")
        def test_with_the_fixture(mlmock, ml):
            assert mlmock is not ml
            assert mlmock.calls is ml.calls

        @pytest.fixture
        @mock_ml
        def handle(ml):
            start(client())
            yield ml

        def test_in_a_decorated_fixture(handle):
            assert handle is package.current()
            assert names(client()) == ["invoice-1"]

        @mock_ml
        def test_unused(ml):
            ml.on(A2I, "StopHumanLoop").fail("ThrottlingException")
        """,
        passed=5,
        failed=1,
    )


def test_plugin_loads_no_other_module_unless_it_is_used(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it():
            loaded = {name for name in sys.modules if name.split(".")[0] == "mlmock"}
            assert loaded <= {"mlmock", "mlmock._version", "mlmock.pytest_plugin"}
            assert "botocore" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_importing_the_package_loads_only_the_version() -> None:
    code = (
        "import sys, mlmock; print([n for n in sys.modules if n.startswith(('mlmock.', 'boto'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['mlmock._version']"


def test_decorator_combines_with_other_decorators(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import os
        from unittest import mock
        from freezegun import freeze_time
        from mlmock import mock_ml
        from moto import mock_aws

        @mock.patch("os.getcwd")
        @mock_ml
        def test_patched_around(getcwd, tmp_path, ml):
            assert os.getcwd is getcwd
            assert len(ml.calls) == 0

        @mock_ml
        @mock.patch("os.getcwd")
        def test_patched_inside(getcwd, ml):
            assert os.getcwd is getcwd
            assert len(ml.calls) == 0

        @mock_ml(region="eu-west-1")
        @mock_ml(account_id="111122223333")
        def test_twice(ml):
            arn = ml.a2i.flow_definition("x").arn
            assert arn.split(":")[3:5] == ["eu-west-1", "111122223333"]

        @mock_aws
        @mock_ml
        @freeze_time("2020-02-03")
        def test_with_moto_and_freezegun(ml):
            assert ml.clock.now().year == 2020
        """,
        passed=4,
    )
