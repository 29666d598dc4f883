"""Which hosts are AWS's, in every partition that botocore knows."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from botocore.loaders import Loader

# Beside the suffixes of the partitions: service-owned domains of the same companies.
_MORE = ("amazonaws.com", "amazonaws.com.cn", "aws.dev", "on.aws", "awsapps.com", "amazontrust.com")


_METADATA = frozenset({"169.254.169.254", "169.254.170.2"})
_REGION = r"\.[a-z]{2,5}(?:-[a-z]+)+-\d+$"
_FIPS = r"(?<=[a-z0-9])-fips(?=\.|$)"


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


def host_of(url: str) -> str:
    """Return the host of `url` in small letters."""
    return (urlsplit(url).hostname or "").rstrip(".").lower()


def is_aws(url: str) -> bool:
    """True when a request to `url` would leave for AWS."""
    host = host_of(url)
    return host.endswith(suffixes()) or host in _METADATA


def is_metadata(url: str) -> bool:
    """True for the services that tell a machine or a container its credentials."""
    return host_of(url) in _METADATA


def service_of(url: str) -> str:
    """Return the part of one of AWS's hosts that names the service: its endpoint prefix.

    ``bedrock-runtime`` for the regional, the FIPS, the dual-stack and the VPC endpoints; what
    stands before a prefix, as buckets do, stays: ``bucket.s3``.
    """
    host = host_of(url)
    suffix = max((each for each in suffixes() if host.endswith(each)), key=len, default="")
    rest = host.removesuffix(suffix)
    if rest.endswith(".vpce"):
        rest = rest.removesuffix(".vpce").partition(".")[2]
    return re.sub(_FIPS, "", re.sub(_REGION, "", rest).removesuffix(".dualstack"))


def is_under(part: str, prefix: str) -> bool:
    """True when `part` (see `service_of`) is a service's endpoint, or a name under it.

    S3 has names of its own, and a bucket may be called as a service is.
    """
    labels = part.split(".")
    if "s3-control" in labels:
        return prefix == "s3-control"
    if any(label == "s3" or label.startswith("s3-") for label in labels):
        return prefix == "s3"
    return part == prefix or part.endswith(f".{prefix}")
