"""Messages and reports: unmatched calls, suggested rules, calls in pytest and notebooks."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import MockML, UnmatchedCall, contains, mock_ml
from tests.helpers import A2I, FLOW, start


def runtime() -> Any:
    return boto3.client("sagemaker-runtime")


def unmatched_message(ml: MockML, **members: Any) -> str:
    with pytest.raises(UnmatchedCall) as caught:
        runtime().invoke_endpoint(EndpointName="translate", **members)
    ml.unmatched.clear()
    return str(caught.value)


def test_unmatched_call_names_the_three_closest_rules_and_their_differences(
    mlmock: MockML,
) -> None:
    endpoint = mlmock.sagemaker.endpoint("translate")
    for language in ("German", "French", "Dutch", "Greek"):
        rule = endpoint.on(Body=contains(language), ContentType="text/plain").reply(language)
        rule.optional()
    text = unmatched_message(mlmock, Body=b"in Latin", ContentType="text/plain")
    assert "invoke_endpoint(" in text
    assert text.count("; expected contains(") == 3
    assert "Body is b'in Latin'" in text
    assert "To answer the call, add:" in text
    suggestion = text.splitlines()[-1].strip()
    assert suggestion.startswith('ml.sagemaker.endpoint("translate").on(')
    assert "ContentType='text/plain'" in suggestion


def test_closest_rule_is_the_one_with_the_most_matching_conditions(mlmock: MockML) -> None:
    endpoint = mlmock.sagemaker.endpoint("translate")
    endpoint.on(Body=contains("German")).reply("a").optional()
    endpoint.on(Body=contains("Greek"), ContentType="text/plain").reply("b").optional()
    endpoint.on(Body=contains("Dutch")).reply("c").optional()
    nearest = unmatched_message(mlmock, Body=b"in Latin", ContentType="text/plain").splitlines()[3]
    assert "Greek" in nearest


def test_suggested_rule_is_valid_python_even_for_a_long_call(mlmock: MockML) -> None:
    endpoint = mlmock.sagemaker.endpoint("translate")
    endpoint.on(Body=contains("German")).reply(lambda call: "x" * 100).optional()
    text = unmatched_message(mlmock, Body=b"0123456789" * 100)
    suggestion = text.splitlines()[-1].strip()
    assert suggestion == (
        'ml.sagemaker.endpoint("translate")'
        ".on(Body=contains(b'0123456789012345678901234567890123456789')).reply(...)"
    )
    compile(suggestion, "<suggestion>", "eval")


def test_mismatch_reason_of_an_exhausted_rule_and_of_a_predicate(mlmock: MockML) -> None:
    endpoint = mlmock.sagemaker.endpoint("translate")
    endpoint.reply("once").times(1)
    runtime().invoke_endpoint(EndpointName="translate", Body=b"")
    assert "it matches, but is exhausted after 1 call" in unmatched_message(mlmock, Body=b"")
    endpoint.on(where=lambda call: call.region == "eu-west-1").reply("never").optional()
    assert "its where= returned a false value" in unmatched_message(mlmock, Body=b"")
    endpoint.reply("twice").times(2)
    for _ in range(2):
        runtime().invoke_endpoint(EndpointName="translate", Body=b"")
    assert "exhausted after 2 calls" in unmatched_message(mlmock, Body=b"")


def test_errors_are_reported_at_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        def test_rule(mlmock):
            mlmock.on("{A2I}", "StopHumanLoop").reply({{"Extra": 1}})

        def test_operation(mlmock):
            mlmock.on("{A2I}", "StopHumanLop")

        def test_calls(mlmock):
            mlmock.calls.assert_called("{A2I}", "StopHumanLoop")

        def test_unused(mlmock):
            mlmock.on("{A2I}").fail("ThrottlingException")
            mlmock.assert_all_used()
        """
    )
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        ["*.py:2: InvalidRule", "*.py:5: InvalidRule", "*.py:8: AssertionError"]
    )
    result.stdout.no_fnmatch_line("*mlmock*rules.py*")


MISTAKES = f"""
import boto3
from mlmock import mock_ml

def invoke():
    boto3.client("sagemaker-runtime").invoke_endpoint(EndpointName="a", Body=b"")

def test_unmatched_call(mlmock):
    mlmock.sagemaker.endpoint("a").on(Body=b"other").reply("").optional()
    invoke()

def test_not_mocked(mlmock):
    boto3.client("kms").list_keys()

def test_function_of_a_rule(mlmock):
    mlmock.sagemaker.endpoint("a").reply(lambda call: mlmock.on("polly"))
    invoke()

def test_unused_rule(mlmock):
    mlmock.on("{A2I}").fail("ThrottlingException")

@mock_ml
def test_unused_rule_of_a_decorator(ml):
    ml.on("{A2I}").fail("ThrottlingException")
"""


def test_tracebacks_contain_no_frames_of_mlmock_and_botocore(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MISTAKES)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(
        [
            "*.py:5: UnmatchedCall",
            "*.py:12: NotMocked",
            "*.py:15: InvalidRule",
            "E *UnusedRule: 1 rule was not used*",
            "All traceback entries are hidden.*",
            "E *UnusedRule: 1 rule was not used*",
            "All traceback entries are hidden.*",
        ]
    )
    result.stdout.no_fnmatch_line("*/mlmock/engine/*")
    result.stdout.no_fnmatch_line("*/pluggy/*")


def test_full_trace_keeps_all_frames(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MISTAKES)
    arguments = ("-p", "no:cacheprovider", "--full-trace", "-k", "unmatched")
    result = pytester.runpytest(*arguments)
    result.stdout.fnmatch_lines(["*botocore/client.py:*", "*mlmock/engine/state.py:*UnmatchedCall"])


def test_report_of_a_failed_test_lists_its_calls(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import boto3

        def test_fails(mlmock):
            mlmock.on("{A2I}").fail("ThrottlingException", times=1)
            boto3.client("{A2I}").list_human_loops(FlowDefinitionArn="{FLOW}")
            assert False

        def test_fails_early(mlmock):
            assert False

        def test_without(): assert False
        """
    )
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    outcome.stdout.fnmatch_lines(
        [
            "*mlmock: calls made by this test*",
            "*list_human_loops(FlowDefinitionArn=*-> 429 ThrottlingException",
            "*(attempt 2) -> 200",
            "*mlmock: calls made by this test*",
            "no calls were made",
        ]
    )
    assert outcome.stdout.str().count("calls made by this test") == 2


@pytest.mark.parametrize(
    ("arguments", "ini", "failed"),
    [
        ((), "", 1),
        (("--mlmock-strict=no",), "", 0),
        ((), "mlmock_strict = false", 0),
        (("--mlmock-strict",), "mlmock_strict = false", 1),
    ],
)
def test_strict_mode_is_set_by_option_ini_and_marker(
    pytester: pytest.Pytester, arguments: tuple[str, ...], ini: str, failed: int
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\nfilterwarnings = ignore::mlmock.UnusedRuleWarning")
    pytester.makepyfile(
        f"""
        import pytest

        def test_unused(mlmock):
            mlmock.on("{A2I}").fail("ThrottlingException")

        @pytest.mark.mlmock(strict=False)
        def test_marked(mlmock):
            mlmock.on("{A2I}").fail("ThrottlingException")
        """
    )
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)
    outcome.assert_outcomes(passed=2 - failed, failed=failed)


def test_reports_and_outcomes_are_the_same_under_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import boto3, pytest

        @pytest.mark.parametrize("turn", range(6))
        def test_turn(turn, mlmock):
            answer = boto3.client("{A2I}").list_human_loops(FlowDefinitionArn="{FLOW}")
            assert answer["ResponseMetadata"]["RequestId"].endswith("-000000000001")
            assert turn != 3
        """
    )
    outcome = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2")
    outcome.assert_outcomes(passed=5, failed=1)
    outcome.stdout.fnmatch_lines(["*mlmock: calls made by this test*"])


def test_notebook_tables_are_escaped(mlmock: MockML) -> None:
    start(boto3.client(A2I), "invoice-1")
    mlmock.sagemaker.endpoint("churn").reply("<b>")
    runtime().invoke_endpoint(EndpointName="churn", Body=b"<script>")
    shown = mlmock._repr_html_()
    assert "<td>human loop</td><td>invoice-1</td><td>InProgress</td>" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "invoice-1" in mlmock.a2i._repr_html_()
    assert mlmock.calls._repr_html_().startswith("<table>")


def test_report_of_a_long_journal_shows_its_end() -> None:
    from mlmock.reporting.messages import journal_text

    with mock_ml() as ml:
        client = boto3.client(A2I)
        for _ in range(40):
            client.list_human_loops(FlowDefinitionArn=FLOW)
        assert journal_text(ml.calls).startswith("(10 earlier calls)")
        assert len(repr(ml.calls)) < 300


def test_secrets_are_not_recorded(mlmock: MockML) -> None:
    client = boto3.client(
        A2I, aws_access_key_id="AKIAREAL", aws_secret_access_key="REALSECRET",
        aws_session_token="REALTOKEN",
    )  # fmt: skip
    client.list_human_loops(FlowDefinitionArn=FLOW)
    call = mlmock.calls.last
    kept = repr((call, call.request, call.params, mlmock.calls, mlmock._repr_html_()))
    for secret in ("AKIAREAL", "REALSECRET", "REALTOKEN", "Authorization", "Signature"):
        assert secret not in kept
