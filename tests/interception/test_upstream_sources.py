"""Replaced functions of botocore still have a source that the replacement was reviewed against."""

from typing import Any

import botocore.awsrequest
import botocore.endpoint
import botocore.retries.bucket
import botocore.retries.standard
import botocore.retryhandler
import botocore.waiter
import pytest
from botocore.auth import SigV4Auth

from mlmock.interception import installer
from mlmock.interception.botocore import deferred_patches, event_hooks, sigv4
from mlmock.interception.source_hash import class_hash
from tests.interception.upstream_sources import (
    check_source,
    qualified_name,
    replaced_functions,
    unwrapped,
)

# From botocore 1.36.0, 1.36.26, 1.38.46, 1.40.60, 1.43.11, 1.43.117 and 1.44.5.
KNOWN: dict[str, set[str]] = {
    "botocore.endpoint.Endpoint.create_request": {"3896032f73c0943e"},
    "botocore.endpoint.Endpoint.prepare_request": {"ee3d54646ca06801"},
    "botocore.endpoint.Endpoint._encode_headers": {"e8906d08197f6e68"},
    "botocore.awsrequest.AWSRequestPreparer.prepare": {"d40b9a45f01df5ba", "e3c1cd756c3e65bc"},
    "botocore.awsrequest.AWSRequestPreparer._prepare_url": {"70929fac3b0ca7c9"},
    "botocore.awsrequest.AWSRequestPreparer._prepare_headers": {"0d565151d3773f74"},
    "botocore.awsrequest.AWSRequestPreparer._prepare_body": {"c057a1a2bb98d24f"},
    "botocore.endpoint.Endpoint._send": {"b3217a41d9801162"},
    "botocore.endpoint.Endpoint.__init__": {"d545bc03edab46cf"},
    "botocore.signers.RequestSigner.get_auth_instance": {"591493eb7ba98555", "8d9faf05a3f56db2"},
    "botocore.retries.bucket.TokenBucket._acquire": {"2c4f20e18a60858f"},
    "botocore.session.Session.get_config_variable": {"ecefd57c07eb1195"},
    "botocore.session.Session.get_credentials": {"fee59180ab457fd3"},
    "botocore.hooks.EventAliaser.__init__": {"5f62fa244cd5b37a"},
    "botocore.compat.accepts_kwargs": {"409812ac6fbbc9ab", "e51fc28d69635b6c"},
    "botocore.session.Session._register_builtin_handlers": {"0a4060d2bd379dac"},
    "botocore.hooks._PrefixTrie.__copy__": {"2280d7cc46679f68"},
    "botocore.loaders.Loader.load_service_model": {"39a72ab4e20e1c57", "bed65cc8f4955a20"},
    "botocore.loaders.Loader.list_available_services": {"c6613fcdf16d6cbe"},
    "botocore.loaders.Loader.list_api_versions": {"f0dc0d3ed8288f30"},
    "botocore.loaders.Loader.determine_latest_version": {"6d6711d26359d90f"},
    "botocore.session.Session.get_available_regions": {"1b512b271ddb37f6"},
    "botocore.useragent.sanitize_user_agent_string_component": {
        "0aad3ce7fc7f9124",
        "7a83018b4daff050",
    },
    "botocore.utils.parse_timestamp": {"f1ced5813ef916f4"},
    "botocore.validate.ParamValidator.validate": {"7426043429714636"},
    "botocore.endpoint.Endpoint._send_request": {"af914535237dd087"},
    "botocore.endpoint.Endpoint._needs_retry": {"9621767a04c7931a", "fe754d0d1a058691"},
    "botocore.endpoint.Endpoint._get_response": {"339d0a8e18a49ac7"},
    "botocore.waiter.Waiter.wait": {"c2ce1c3d9f3ef78f", "c3259df22f5072e9"},
    "botocore.retryhandler.delay_exponential": {"7c95857420f1558c"},
    "botocore.retries.standard.ExponentialBackoff.delay_amount": {
        "1514be6e5b378f79",
        "388d73eaae4f92e6",
        "fc2e2d7e072908e2",
    },
    "botocore.retries.bucket.TokenBucket._sleep_amount": {"7d8d9357b03f165e"},
}

ENDPOINT: Any = botocore.endpoint.Endpoint
PREPARER: Any = botocore.awsrequest.AWSRequestPreparer
BUCKET: Any = botocore.retries.bucket.TokenBucket
# Not replaced, but the modules and functions that they use are.
DEPENDENT: Any = (
    ENDPOINT._encode_headers,
    PREPARER.prepare,
    PREPARER._prepare_url,
    PREPARER._prepare_headers,
    PREPARER._prepare_body,
    ENDPOINT._send_request,
    ENDPOINT._needs_retry,
    ENDPOINT._get_response,
    botocore.waiter.Waiter.wait,
    botocore.retryhandler.delay_exponential,
    botocore.retries.standard.ExponentialBackoff.delay_amount,
    BUCKET._sleep_amount,
)
FUNCTIONS = {
    **replaced_functions(
        (*installer.trigger_patches(), *deferred_patches.deferred_patches(with_caches=True))
    ),
    **{qualified_name(unwrapped(each)): unwrapped(each) for each in DEPENDENT},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_botocore_function_has_a_reviewed_source(name: str) -> None:
    check_source("botocore", name, FUNCTIONS[name], KNOWN)


def test_replaced_signer_has_a_reviewed_source() -> None:
    assert sigv4._is_supported(), (
        f"botocore {botocore.__version__}'s SigV4Auth has not been reviewed, so it is used "
        "unchanged. Review it. If FastSigV4Auth still gives the same headers, add "
        f'"{class_hash(SigV4Auth)}" to _SUPPORTED_SOURCES in '
        "mlmock/interception/botocore/sigv4.py."
    )


def test_replaced_handler_trie_has_a_reviewed_source() -> None:
    digest = class_hash(event_hooks._PREFIX_TRIE)
    assert digest in event_hooks._TRIE_SOURCES, (
        f"botocore {botocore.__version__}'s _PrefixTrie has not been reviewed, so it is used "
        f'unchanged. Review it. If CopyOnWriteTrie still behaves alike, add "{digest}" to '
        "_TRIE_SOURCES in mlmock/interception/botocore/event_hooks.py."
    )
