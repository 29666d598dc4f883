"""Model identifiers: ids, inference profiles and ARNs, and the foundation model behind them.

An identifier is resolved by its text alone.

Assumption: a profile resolves in every region. The service also compares the geography of the
profile with the region of the call.
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
_FORMS_WITH_PROVIDER = ("foundation-model", "inference-profile")
_FORMS_WITHOUT_PROVIDER = frozenset(
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
_DIGIT = re.compile(r"\d")
_UNKNOWN_MODEL_TRAITS = Traits(
    leading_assistant=True,
    prefill=True,
    videos=True,
    audios=True,
    s3_media=True,
    accepts_blank_text=True,
)


@dataclass(frozen=True, slots=True)
class ModelIdentifier:
    """An identifier of a model in a call, and what its text tells about the model.

    `model_id` is the identifier as the caller passed it. `base` is the id of the foundation model,
    or "" if the identifier does not contain it (application profiles, provisioned, imported and
    deployed models, prompts). `form` is ``foundation-model``, ``inference-profile`` or the
    resource type of the ARN. `names` are the names that the pattern of a declaration can match.
    """

    model_id: str
    base: str
    form: str
    names: tuple[str, ...]
    family: Family | None
    traits: Traits

    @property
    def exists(self) -> bool:
        """Whether the model exists: an id of a known provider, or an ARN of another form.

        Assumption: every id of a known provider that contains a digit exists, because all
        published ids contain one.
        """
        if self.form in _FORMS_WITH_PROVIDER:
            return self.family is not None and _DIGIT.search(self.base) is not None
        return self.form in _FORMS_WITHOUT_PROVIDER

    @property
    def is_foundation_model(self) -> bool:
        """Whether it names a foundation model without an inference profile."""
        return self.form == "foundation-model"

    def arn(self, region: str) -> str:
        """Return the ARN of the foundation model in `region`, or the identifier if unknown."""
        if not self.base:
            return self.model_id
        resource = f"foundation-model/{self.base}"
        return str(Arn(partition_of(region), "bedrock", region, "", resource))


@lru_cache(maxsize=512)
def parse_model_id(model_id: str) -> ModelIdentifier:
    """Return what the identifier `model_id` names. The model need not exist."""
    arn = parse_arn(model_id) if model_id.startswith("arn:") else None
    form, name = _form_and_name(arn, model_id)
    base = _base(form, name)
    family = family_of(base) if base else None
    if family is None and form != "foundation-model":
        base = ""
    traits = family.traits(base) if family is not None else _UNKNOWN_MODEL_TRAITS
    names = tuple(dict.fromkeys(n for n in (model_id, name, base) if n))
    return ModelIdentifier(model_id, base, form, names, family, traits)


def _form_and_name(arn: Arn | None, model_id: str) -> tuple[str, str]:
    if arn is not None:
        form, _, name = arn.resource.partition("/")
        service = "sagemaker" if form == "endpoint" else "bedrock"
        return (form if arn.service == service else f"{arn.service}:{form}"), name
    is_profile = model_id.startswith(GEOGRAPHIES)
    return ("inference-profile" if is_profile else "foundation-model"), model_id


def _base(form: str, name: str) -> str:
    """Return the foundation model's id in `name`, or a prefix that determines the family."""
    if form in ("inference-profile", "foundation-model"):
        return _GEOGRAPHY.sub("", name)
    if form == "custom-model":
        return name.partition("/")[0]
    if form in ("prompt-router", "default-prompt-router"):
        return name
    return ""


_GEOGRAPHY = re.compile(f"^(?:{'|'.join(map(re.escape, GEOGRAPHIES))})")
