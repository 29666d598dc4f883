"""Operations on tags of models, the only resources of this service with tags."""

from __future__ import annotations

from mlmock.aws.arns import parse_arn
from mlmock.call import Call
from mlmock.services.common.backend import Result
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.models import ModelOperations
from mlmock.services.lookoutvision.resources import Model
from mlmock.services.lookoutvision.tag_validation import too_many_tags, validated_tags


class TagOperations(ModelOperations):
    """Operations on tags."""

    def list_tags_for_resource(self, call: Call) -> Result:
        """List the tags of a model in the order in which they were added."""
        return {"Tags": self.tags.of(self._tagged(call.params["ResourceArn"]).arn)}

    def tag_resource(self, call: Call) -> Result:
        """Add tags to a model, or replace their values."""
        params = call.params
        with self.lock:
            model = self._tagged(params["ResourceArn"])
            tags = validated_tags(params["Tags"])
            self.tags.add(model.arn, tags, lambda maximum: too_many_tags(maximum, model.id))
        return {}

    def untag_resource(self, call: Call) -> Result:
        """Remove tags from a model. Assumption: unknown keys are ignored."""
        params = call.params
        with self.lock:
            self.tags.remove(self._tagged(params["ResourceArn"]).arn, params["TagKeys"])
        return {}

    def _tagged(self, text: str) -> Model:
        arn = parse_arn(text)
        kind, _, name = arn.resource.partition("/") if arn is not None else ("", "", "")
        if arn is None or arn.service != self.service or kind != "model":
            raise errors.invalid(f"{text} is not the ARN of a Lookout for Vision model.")
        project, _, version = name.partition("/")
        models = self.projects[project].models if project in self.projects else {}
        found = models.get(int(version)) if version.isdecimal() else None
        if found is None or found.arn != text:
            raise errors.not_found(errors.MODEL, name)
        return found
