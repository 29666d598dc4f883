"""Which hosts are AWS's, in every partition that botocore knows."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from botocore.loaders import Loader

# Beside the suffixes of the partitions: service-owned domains of the same companies.
_MORE = ("amazonaws.com", "amazonaws.com.cn", "aws.dev", "on.aws", "awsapps.com", "amazontrust.com")


@cache
def suffixes() -> tuple[str, ...]:
    """Return the domain suffixes of AWS's endpoints, each with its leading dot."""
    partitions = Loader().load_data("partitions")["partitions"]
    found = {"." + name for name in _MORE}
    for partition in partitions:
        outputs = partition["outputs"]
        found.add("." + outputs["dnsSuffix"])
        found.add("." + outputs["dualStackDnsSuffix"])
    return tuple(sorted(found))


def is_aws(url: str) -> bool:
    """True when a request to `url` would leave for AWS."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return host.endswith(suffixes()) or host in {"169.254.169.254", "169.254.170.2"}
