"""Replaced functions of aiobotocore still have a reviewed source."""

from __future__ import annotations

from typing import Any

import aiobotocore.endpoint
import aiobotocore.waiter
import pytest

from mlmock.interception.aiobotocore import endpoint
from tests.interception.http_clients import test_upstream_sources
from tests.interception.upstream_sources import (
    check_source,
    qualified_name,
    replaced_functions,
    unwrapped,
)

# From aiobotocore 2.18.0, 2.18.1, 2.25.1 and 3.10.0.
KNOWN: dict[str, set[str]] = {
    "aiobotocore.endpoint.AioEndpoint.create_request": {"9430edc6b5b565f0"},
    "aiobotocore.endpoint.AioEndpoint._send": {"1d910e2ff7bff8db"},
    "aiobotocore.session.AioSession.get_credentials": {"288a52de70cdb63c"},
    "aiobotocore.signers.AioRequestSigner.get_auth_instance": {
        "2592fd10e94683d3",
        "479200f1feaeb3bb",
    },
    "aiobotocore.retries.bucket.AsyncTokenBucket._acquire": {
        "0310825ac970b5f8",
        "93cc8add26b3c738",
    },
    "aiobotocore.endpoint.AnyioEndpoint._sleep": {"d8c7a7b3e2d66570"},
    "aiobotocore.waiter.AnyioWaiter._sleep": {"d8c7a7b3e2d66570"},
    "aiobotocore.session.AioSession.get_available_regions": {"3d7477ca4e94c76e"},
    "aiobotocore.endpoint.AioEndpoint._send_request": {"45299be64199a2eb"},
    "aiobotocore.endpoint.AioEndpoint._needs_retry": {"2f7faf4fcb3d5119", "e0e1e14d904d1f83"},
    "aiobotocore.endpoint.AioEndpoint._get_response": {"947244e32dad1405"},
    "aiobotocore.endpoint.AioEndpoint._do_get_response": {"044f19722eb0e216", "63b44032a26b014e"},
    "aiobotocore.endpoint.convert_to_response_dict": {
        "93f447272df8784c",
        "bb95b67239610da9",
        "e3391a8d50be48d6",
    },
    "aiobotocore.waiter.AIOWaiter.wait": {
        "399f570d9cf9fcc1",
        "60341b381ad53c32",
        "df5806c80ea18436",
    },
}

ENDPOINT = aiobotocore.endpoint.AioEndpoint
# Not replaced, but the modules and functions that they use are.
DEPENDENT: Any = (
    ENDPOINT._send_request,
    ENDPOINT._needs_retry,
    ENDPOINT._get_response,
    ENDPOINT._do_get_response,
    aiobotocore.endpoint.convert_to_response_dict,
    aiobotocore.waiter.AIOWaiter.wait,
)
FUNCTIONS = {
    **replaced_functions(endpoint.patches()),
    **{qualified_name(unwrapped(each)): unwrapped(each) for each in DEPENDENT},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_aiobotocore_function_has_a_reviewed_source(name: str) -> None:
    check_source("aiobotocore", name, FUNCTIONS[name], KNOWN)


test_function_of_a_late_import_has_a_reviewed_source = (
    test_upstream_sources.test_function_of_a_late_import_has_a_reviewed_source
)
