"""Model identifiers: ids, inference profiles and ARNs, and the foundation model behind them.

Resolving an identifier depends on its text alone. Judged: the service also holds a profile's
geography against the region of the call; here every profile resolves everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mlmock.aws.arns import Arn, parse_arn, partition_of
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.families import family_of
from mlmock.services.bedrock_runtime.families.base import Family

GEOGRAPHIES = (
    "us-gov.",
    "us.",
    "eu.",
    "apac.",
    "jp.",
    "au.",
    "ca.",
    "sa.",
    "me.",
    "af.",
    "global.",
)
_PROFILES = ("inference-profile", "application-inference-profile")
_BY_PROVIDER = ("foundation-model", "inference-profile")
_OWN = frozenset(
    {
        "application-inference-profile",
        "custom-model",
        "custom-model-deployment",
        "default-prompt-router",
        "endpoint",
        "imported-model",
        "prompt",
        "prompt-router",
        "provisioned-model",
    }
)
_NUMBER = re.compile(r"\d")
_UNKNOWABLE = Traits(
    leading_assistant=True,
    prefill=True,
    videos=True,
    audios=True,
    s3_media=True,
    accepts_blank_text=True,
)


@dataclass(frozen=True, slots=True)
class Model:
    """An identifier as it was `written`, and what stands behind it.

    `base` is the foundation model's id, "" where the identifier alone doesn't tell (application
    profiles, provisioned, imported and deployed models, prompts). `form` is foundation-model,
    inference-profile or the type in its ARN. `names` are what a pattern may cover.
    """

    written: str
    base: str
    form: str
    names: tuple[str, ...]
    family: Family | None
    traits: Traits

    @property
    def exists(self) -> bool:
        """True when the service would know it: of a known provider, or an ARN of its own.

        Every id of a provider that has a number in it is taken to exist: so have all of them
        (judged).
        """
        if self.form in _BY_PROVIDER:
            return self.family is not None and _NUMBER.search(self.base) is not None
        return self.form in _OWN

    @property
    def is_bare(self) -> bool:
        """True for a foundation model that is called without an inference profile."""
        return self.form == "foundation-model"

    def arn(self, region: str) -> str:
        """Return the ARN that async invokes show: the foundation model's, or as it was written."""
        if not self.base:
            return self.written
        resource = f"foundation-model/{self.base}"
        return str(Arn(partition_of(region), "bedrock", region, "", resource))


@lru_cache(maxsize=512)
def resolve(written: str) -> Model:
    """Return the model that an identifier names; it need not exist."""
    arn = parse_arn(written) if written.startswith("arn:") else None
    form, name = _form_and_name(arn, written)
    base = _base(form, name)
    family = family_of(base) if base else None
    if family is None and form != "foundation-model":
        base = ""
    traits = family.traits(base) if family is not None else _UNKNOWABLE
    names = tuple(dict.fromkeys(n for n in (written, name, base) if n))
    return Model(written, base, form, names, family, traits)


def _form_and_name(arn: Arn | None, written: str) -> tuple[str, str]:
    if arn is not None:
        form, _, name = arn.resource.partition("/")
        owner = "sagemaker" if form == "endpoint" else "bedrock"
        return (form if arn.service == owner else f"{arn.service}:{form}"), name
    profile = written.startswith(GEOGRAPHIES)
    return ("inference-profile" if profile else "foundation-model"), written


def _base(form: str, name: str) -> str:
    """Return the foundation model's id in a name, or the start of one that tells the family."""
    if form in ("inference-profile", "foundation-model"):
        return _GEOGRAPHY.sub("", name)
    if form == "custom-model":
        return name.partition("/")[0]
    if form in ("prompt-router", "default-prompt-router"):
        return name
    return ""


_GEOGRAPHY = re.compile(f"^(?:{'|'.join(map(re.escape, GEOGRAPHIES))})")
