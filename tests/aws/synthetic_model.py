"""A service model with the protocol features that the mocked services do not use."""

from typing import Any

from botocore.model import ServiceModel

from mlmock.aws.protocol.rest_json import Operation

_SCALARS: dict[str, dict[str, Any]] = {
    "Text": {"type": "string"},
    "Whole": {"type": "integer"},
    "Long": {"type": "long"},
    "Single": {"type": "float"},
    "Double": {"type": "double"},
    "Flag": {"type": "boolean"},
    "Moment": {"type": "timestamp"},
    "Color": {"type": "string", "enum": ["red", "green"]},
    "Letters": {"type": "string", "pattern": r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$", "max": 8},
    "Secret": {"type": "string", "sensitive": True, "max": 3},
    "Even": {"type": "double", "min": 0.5, "max": 1.5},
}
_RICH: dict[str, dict[str, Any]] = {
    "Bytes": {"type": "blob", "max": 50},
    "Document": {"type": "structure", "members": {}, "document": True},
}
_LISTS: dict[str, dict[str, Any]] = {
    f"{name}s": {"type": "list", "member": {"shape": name}} for name in (*_SCALARS, *_RICH)
}
_FORMATS = {"Iso": "iso8601", "Epoch": "unixTimestamp", "Http": "rfc822"}


def _members(location: str, names: list[str]) -> dict[str, Any]:
    return {n: {"shape": n, "location": location, "locationName": f"X-{n}"} for n in names}


def _moments(location: str | None) -> dict[str, Any]:
    position = {"location": location} if location else {}
    return {
        name: {"shape": "Moment", "timestampFormat": text, "locationName": f"x-{name}", **position}
        for name, text in _FORMATS.items()
    }


def _structure(members: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"type": "structure", "members": members, **facts}


_SCALAR_LISTS = [f"{name}s" for name in _SCALARS]
# Lists whose items can be separated by commas in a header; an HTTP date contains a comma.
_HEADER_LISTS = [name for name in _SCALAR_LISTS if name != "Moments"]
_TREE = {
    "Name": {"shape": "Letters", "locationName": "n"},
    "Trees": {"shape": "Trees", "locationName": "t"},
    "ByName": {"shape": "TreeByName"},
}
_BODY = {
    **{name: {"shape": name} for name in (*_SCALARS, *_RICH, *_LISTS)},
    **_moments(None),
    "Renamed": {"shape": "Letters", "locationName": "other"},
    "other": {"shape": "Whole", "locationName": "Renamed"},
    "ByColor": {"shape": "ByColor"},
    "Pair": {"shape": "Pair"},
    "SecretBox": {"shape": "SecretBox"},
    "Tree": {"shape": "Tree"},
    "Choice": {"shape": "Choice"},
    "Table": {"shape": "Table"},
    "Token": {"shape": "Text", "idempotencyToken": True},
}
_HEADERS = {
    **_members("header", [*_SCALARS, *_HEADER_LISTS]),
    **_moments("header"),
    "Json": {"shape": "Text", "location": "header", "locationName": "X-Json", "jsonvalue": True},
    "Meta": {"shape": "TextByText", "location": "headers", "locationName": "X-Meta-"},
}
_SHAPES: dict[str, Any] = {
    **_SCALARS,
    **_RICH,
    **_LISTS,
    "Pair": {"type": "list", "member": {"shape": "Letters"}, "min": 2, "max": 3},
    "Table": {"type": "list", "member": {"shape": "Pair"}},
    "ByColor": {"type": "map", "key": {"shape": "Color"}, "value": {"shape": "Even"}},
    "TextByText": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
    "SecretBox": _structure(
        {"Inner": {"shape": "Letters"}, "Pair": {"shape": "Pair"}}, sensitive=True
    ),
    "Tree": _structure(_TREE, required=["Name"]),
    "Trees": {"type": "list", "member": {"shape": "Tree"}},
    "TreeByName": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Tree"}},
    "Choice": _structure(
        {
            "Text": {"shape": "Text", "locationName": "a"},
            "Whole": {"shape": "Whole"},
            "Tree": {"shape": "Tree", "locationName": "b"},
        },
        union=True,
    ),
    "Body": _structure(_BODY, required=["Renamed"]),
    "Query": _structure(
        {
            **_members("querystring", [*_SCALARS, *_SCALAR_LISTS, "Pair"]),
            **_moments("querystring"),
        }
    ),
    "Headers": _structure(_HEADERS),
    "Labels": _structure(
        {
            **_members("uri", ["Text", "Whole", "Flag", "Moment"]),
            "Body": {"shape": "Tree"},
            "Id": {"shape": "Letters", "location": "header", "locationName": "X-Id"},
        },
        required=["Text", "Whole", "Flag", "Moment", "Body", "Id"],
        payload="Body",
    ),
    "TextPayload": _structure({"Body": {"shape": "Letters"}}, payload="Body"),
    "DocumentPayload": _structure({"Body": {"shape": "Document"}}, payload="Body"),
    "UnionPayload": _structure({"Body": {"shape": "Choice"}}, payload="Body", required=["Body"]),
    "Status": _structure(
        {
            "Code": {"shape": "Whole", "location": "statusCode"},
            **_HEADERS,
            **{f"In{name}": {"shape": name} for name in ("Tree", "Moment", "Choice", "Bytes")},
        }
    ),
    "Nothing": _structure({}),
    "AsText": _structure({"Body": {"shape": "Text", "eventpayload": True}}, event=True),
    "AsBytes": _structure({"Body": {"shape": "Bytes", "eventpayload": True}}, event=True),
    "AsTree": _structure({"Body": {"shape": "Tree", "eventpayload": True}}, event=True),
    "Plain": _structure({"Text": {"shape": "Text"}, "Moment": {"shape": "Moment"}}, event=True),
    "Stream": _structure(
        {n: {"shape": n} for n in ("AsText", "AsBytes", "AsTree", "Plain")}, eventstream=True
    ),
    "Refused": _structure(
        {
            "Message": {"shape": "Text"},
            "Retry": {"shape": "Whole", "location": "header", "locationName": "Retry-After"},
            "Tree": {"shape": "Tree"},
        },
        error={"code": "RefusedForNow", "httpStatusCode": 409},
        exception=True,
    ),
    "InternalFailure": _structure({"message": {"shape": "Text"}}, exception=True),
}


def _operation(name: str, path: str, shape: str | None, output: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "http": {"method": "POST", "requestUri": path},
        "errors": [{"shape": "Refused"}, {"shape": "InternalFailure"}],
    }
    if shape:
        found["input"] = {"shape": shape}
    if output:
        found["output"] = {"shape": output}
    return found


_OPERATIONS = [
    _operation("PutBody", "/body?fixed=1", "Body", "Body"),
    _operation("PutQuery", "/query", "Query", "Nothing"),
    _operation("PutHeaders", "/headers", "Headers", "Headers"),
    _operation("PutLabels", "/of/{X-Text}/{X-Whole}/{X-Flag}/at/{X-Moment}", "Labels", None),
    _operation("PutText", "/text", "TextPayload", "TextPayload"),
    _operation("GetDocument", "/document", None, "DocumentPayload"),
    _operation("PutUnion", "/union", "UnionPayload", "UnionPayload"),
    _operation("GetStatus", "/status", None, "Status"),
    _operation("Ping", "/ping", None, None),
]
MODEL = ServiceModel(
    {
        "metadata": {
            "protocol": "rest-json",
            "serviceId": "Synthetic",
            "endpointPrefix": "synthetic",
            "apiVersion": "2026-01-01",
        },
        "operations": {operation["name"]: operation for operation in _OPERATIONS},
        "shapes": _SHAPES,
    },
    service_name="synthetic",
)
ALL = {name: Operation(MODEL.operation_model(name)) for name in MODEL.operation_names}
