"""The hosts of AWS, in every partition that botocore knows."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from botocore.loaders import Loader

# Domains of AWS services that are not among the suffixes of the partitions.
_SERVICE_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "aws.dev",
    "on.aws",
    "awsapps.com",
    "amazontrust.com",
)
_METADATA = frozenset({"169.254.169.254", "169.254.170.2"})
_REGION = r"\.[a-z]{2,5}(?:-[a-z]+)+-\d+$"
_FIPS = r"(?<=[a-z0-9])-fips(?=\.|$)"


@cache
def suffixes() -> tuple[str, ...]:
    """Return the domain suffixes of AWS endpoints, each with a leading dot."""
    partitions = Loader().load_data("partitions")["partitions"]
    found = {"." + name for name in _SERVICE_DOMAINS}
    for partition in partitions:
        outputs = partition["outputs"]
        found.add("." + outputs["dnsSuffix"])
        found.add("." + outputs["dualStackDnsSuffix"])
    return tuple(sorted(found))


def host_of(url: str) -> str:
    """Return the host of `url` in lower case."""
    return (urlsplit(url).hostname or "").rstrip(".").lower()


def is_aws(url: str) -> bool:
    """Return whether a request to `url` would be sent to AWS."""
    host = host_of(url)
    return host.endswith(suffixes()) or host in _METADATA


def is_metadata(url: str) -> bool:
    """Return whether `url` is a metadata service, which issues credentials to a machine."""
    return host_of(url) in _METADATA


def service_of(url: str) -> str:
    """Return the part of an AWS host that names the service: its endpoint prefix.

    It is the same for the regional, FIPS, dual-stack and VPC endpoints of a service. Labels before
    the prefix are kept, for example the bucket in ``bucket.s3``.
    """
    host = host_of(url)
    suffix = max((each for each in suffixes() if host.endswith(each)), key=len, default="")
    rest = host.removesuffix(suffix)
    if rest.endswith(".vpce"):
        rest = rest.removesuffix(".vpce").partition(".")[2]
    return re.sub(_FIPS, "", re.sub(_REGION, "", rest).removesuffix(".dualstack"))


def is_under(part: str, prefix: str) -> bool:
    """Return whether `part` (see `service_of`) is the endpoint `prefix` or a subdomain of it.

    S3 is a special case: its endpoints have several names, and a bucket may have the name of a
    service.
    """
    labels = part.split(".")
    if "s3-control" in labels:
        return prefix == "s3-control"
    if any(label == "s3" or label.startswith("s3-") for label in labels):
        return prefix == "s3"
    return part == prefix or part.endswith(f".{prefix}")
