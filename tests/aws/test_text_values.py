"""Parsing and formatting of timestamps, numbers, patterns and URIs."""

import warnings
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol import uri
from mlmock.aws.spec import numbers, timestamps
from mlmock.aws.spec.patterns import compiled, matcher
from tests.aws.hypothesis_profile import MANY
from tests.aws.minimal_values import positions
from tests.aws.operations import available_operations
from tests.aws.pattern_samples import SAMPLES
from tests.aws.shape_strategies import is_valid_string

UTC = timezone.utc
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03T04:05:06Z",
        "2026-02-03t04:05:06z",
        "2026-02-03T04:05:06.0Z",
        "2026-02-03T04:05:06.000000000Z",
        "2026-02-03T04:05:06+00:00",
        "2026-02-03T05:05:06+01:00",
        "2026-02-03T05:05:06+0100",
        "2026-02-02T23:05:06-05:00",
    ],
)
def test_iso_timestamps(text: str) -> None:
    assert timestamps.parse_iso8601(text) == MOMENT


def test_date_without_a_time_is_midnight() -> None:
    assert timestamps.parse_iso8601("2026-02-03") == datetime(2026, 2, 3, tzinfo=UTC)


def test_fractions_are_kept_to_the_microsecond() -> None:
    found = timestamps.parse_iso8601("2026-02-03T04:05:06.123456789Z")
    assert found == MOMENT.replace(microsecond=123456)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-02-30",
        "2026-2-3",
        "2026-02-03T04:05",
        "2026-02-03T04:05:06",
        "2026-02-03T25:00:00Z",
        "2026-02-03T04:05:06.Z",
        "٢٠٢٦-02-03",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-02-03\n",
    ],
)
def test_invalid_iso_timestamps(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        timestamps.parse_iso8601(text)


@pytest.mark.parametrize("value", [1770091506, 1770091506.0, "1770091506", "1.770091506e9"])
def test_epoch_timestamps(value: float | str) -> None:
    assert timestamps.parse_epoch(value) == MOMENT


@pytest.mark.parametrize("value", [True, "", "nan", "NaN", "Infinity", "1_0", 1e18, -1e18, 10**400])
def test_invalid_epoch_timestamps(value: float | str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        timestamps.parse_epoch(value)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 03 Feb 2026 04:05:06 GMT",
        "Tue, 03 Feb 2026 05:05:06 +0100",
        "Tue, 03 Feb 2026 04:05:06 -0000",
        "03 Feb 2026 04:05:06 GMT",
    ],
)
def test_http_dates(text: str) -> None:
    found = timestamps.parse_http_date(text)
    assert found == MOMENT
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", " ", "Tue", "Tue, 99 Feb 2026 04:05:06 GMT", "x" * 50, "1 2 3"]
)
def test_invalid_http_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        timestamps.parse_http_date(text)


@settings(MANY)
@given(st.text(max_size=40))
def test_any_text_is_a_timestamp_or_raises_value_error(text: str) -> None:
    for parse in timestamps.PARSERS.values():
        try:
            assert parse(text).utcoffset() is not None
        except ValueError:
            continue


@settings(MANY)
@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_formatted_timestamps_are_parsed_unchanged(moment: datetime) -> None:
    second, milli = moment.replace(microsecond=0), moment.microsecond // 1000 * 1000
    assert timestamps.parse_iso8601(timestamps.iso8601(moment)) == moment.replace(microsecond=milli)
    assert timestamps.parse_http_date(timestamps.http_date(second)) == second
    assert timestamps.parse_epoch(timestamps.epoch(second)) == second


# -- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("-5", -5), ("+5", 5), ("007", 7)])
def test_integers(text: str, value: int) -> None:
    assert numbers.integer(text) == value


@pytest.mark.parametrize("text", ["", "1.0", "1_0", " 1", "1 ", "٣", "0x1", "1e3", "--1", "1" * 30])
def test_invalid_integers(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        numbers.integer(text)


@pytest.mark.parametrize("text", ["0", "-1.5", "+.5", "5.", "1e3", "1E-3"])
def test_decimals(text: str) -> None:
    assert numbers.decimal(text) == float(text)


@pytest.mark.parametrize("text", ["", "inf", "nan", "1e999", "1_0.0", " 1", "٣.٣", "e", "0x1p3"])
def test_invalid_decimals(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        numbers.decimal(text)


def test_doubles() -> None:
    assert numbers.double(1.5) == 1.5
    assert numbers.double(2**70) == 2**70
    assert numbers.double("-Infinity") == float("-inf")
    invalid: list[object] = [10**400, "1.5", True, None, []]
    for value in invalid:
        with pytest.raises(ValueError, match=r".*"):
            numbers.double(value)


# -- patterns ---------------------------------------------------------------------------------


def test_every_pattern_of_the_models_compiles_and_matches_a_sample() -> None:
    patterns = {}
    for operation in available_operations():
        for shape in (operation.model.input_shape, operation.model.output_shape):
            for position in positions(shape):
                pattern = position.shape.metadata.get("pattern")
                if pattern is not None and position.shape.type_name == "string":
                    patterns[pattern] = position.shape
    assert len(patterns) > 30
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pattern, shape in patterns.items():
            compiled.__wrapped__(pattern)
            assert any(is_valid_string(shape, text) for text in SAMPLES), pattern


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$", ["Größe 1", "日本", ""], ["a!", "\t"]),
        (r"[\P{L}]+", ["123"], ["a", "ü"]),
        (r"\p{ASCII}*", ["abc\n", ""], ["ü"]),
        (r"\A\S[\p{Print}]*\z", ["a b", "ü b"], [" a", "a\n", "aü"]),
        (r"\p{Alpha}\p{Digit}+", ["a1"], ["ä1", "a٣"]),
        (r"[\p{Upper}\p{Punct}]+", ["A-B]"], ["a"]),
        (r"[^\p{Space}]+", ["ab"], ["a b"]),
        (r"\w+\d\s?", ["ab1 "], ["ä1", "a٣", "a1\u00a0"]),
        ("a", ["a"], ["ab", "ba", "a\n"]),
        ("^a$|^b$", ["a", "b"], ["ab", "a\n"]),
        (".*", ["anything", ""], ["two\nlines"]),
    ],
)
def test_patterns_follow_java_syntax(pattern: str, fits: list[str], fails: list[str]) -> None:
    match = matcher(pattern)
    assert match is not None
    assert [bool(match(text)) for text in fits] == [True] * len(fits)
    assert [bool(match(text)) for text in fails] == [False] * len(fails)


def test_pattern_that_matches_everything_needs_no_matcher() -> None:
    assert matcher(r"[\s\S]*") is None


# -- URIs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("https://host/a/b?c=d", "/a/b", "c=d"),
        ("https://host", "/", ""),
        ("https://host?a=b", "/", "a=b"),
        ("/a%2Fb?c", "/a%2Fb", "c"),
        ("/a?b?c", "/a", "b?c"),
        ("/a?b=https://c/d", "/a", "b=https://c/d"),
        ("", "/", ""),
    ],
)
def test_url_is_split_into_path_and_query(url: str, path: str, query: str) -> None:
    assert uri.path_and_query(url) == (path, query)


def test_query_keeps_blank_values_and_their_order() -> None:
    assert uri.query_items("a=1&b=&a=2&c&d=%20+") == {
        "a": ["1", "2"],
        "b": [""],
        "c": [""],
        "d": ["  "],
    }


@pytest.mark.parametrize(
    ("raw", "text"), [("a%2Fb%3Ac", "a/b:c"), ("%C3%BC", "ü"), ("%zz%", "%zz%"), ("a+b", "a+b")]
)
def test_label_is_unquoted(raw: str, text: str) -> None:
    assert uri.label(raw) == text
