"""Random changes to valid model inputs: each is completed or rejected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock import mock_ml
from tests.services.bedrock_runtime.async_helpers import NOON, get_invoke, start
from tests.services.bedrock_runtime.async_invoke.output_helpers import (
    FUSED,
    MARENGO_2,
    MARENGO_3,
    NOVA,
    RAY,
    REEL_1_1,
    SOURCE,
    reel,
    segmented,
)
from tests.services.bedrock_runtime.converse_helpers import bedrock_client

VALID: list[tuple[str, Any]] = [
    (REEL_1_1, reel("TEXT_VIDEO", "textToVideoParams", {"text": "a"}, durationSeconds=6)),
    (REEL_1_1, reel("MULTI_SHOT_MANUAL", "multiShotManualParams", {"shots": [{"text": "a"}]})),
    (RAY, {"prompt": "a", "duration": "5s", "aspect_ratio": "1:1"}),
    (MARENGO_2, {"inputType": "video", "mediaSource": SOURCE, "startSec": 1, "lengthSec": 7}),
    (
        MARENGO_3,
        {
            "inputType": "video",
            "video": {
                "mediaSource": {"base64String": "aGk="},
                "endSec": 3,
                "segmentation": {"method": "fixed", "fixed": {"durationSec": 5}},
                "embeddingScope": ["clip"],
            },
        },
    ),
    (
        MARENGO_3,
        {
            "inputType": "audio",
            "audio": {
                "mediaSource": SOURCE,
                "startSec": 1,
                "embeddingOption": ["audio", "transcription"],
                "embeddingType": [FUSED],
            },
        },
    ),
    (
        MARENGO_3,
        {
            "inputType": "multi_input",
            "multi_input": {
                "inputText": "<@one>",
                "mediaSources": [{"name": "one", "mediaType": "image", **SOURCE}],
            },
        },
    ),
    (NOVA, segmented("text", segmentationConfig={"maxLengthChars": 800})),
    (NOVA, segmented("video", format="mp4", embeddingMode="AUDIO_VIDEO_COMBINED")),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["\ud800", "s3://media/source", "AUDIO_VIDEO_SEPARATE", "text", "audio"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON value, including itself."""
    yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        yield from paths(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of a JSON value with a new value at a path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_random_input_is_completed_or_rejected(data: st.DataObject) -> None:
    model_id, model_input = data.draw(st.sampled_from(VALID))
    path = data.draw(st.sampled_from(list(paths(model_input))))
    given_input = replaced(model_input, path, data.draw(JSON))
    with mock_ml(now=NOON) as ml:
        client = bedrock_client()
        try:
            status = get_invoke(client, start(client, model_id, given_input))["status"]
        except client.exceptions.ValidationException as error:
            status = str(error)
        written = ml.s3.list("s3://videos")
    assert status == "Completed" or ("Malformed input request: " in status and not written)
