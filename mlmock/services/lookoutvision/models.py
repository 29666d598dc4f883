"""Models: create (train), describe, list, start, stop, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlmock.call import Call
from mlmock.services.common.backend import Result
from mlmock.services.common.pagination import PageTokens, paginate
from mlmock.services.lookoutvision import errors, training
from mlmock.services.lookoutvision.projects import ProjectOperations
from mlmock.services.lookoutvision.resources import Dataset, Metrics, Model, Project
from mlmock.services.lookoutvision.scripted_outcomes import HOSTING, TRAINING, Outcome, next_outcome
from mlmock.services.lookoutvision.state import PAGE, PREVIEW
from mlmock.services.lookoutvision.state_machines import MODEL, USABLE
from mlmock.services.lookoutvision.tag_validation import checked_tags, too_many_tags
from mlmock.simulation.object_store import NoSuchBucket
from mlmock.simulation.progress import ProgressSetting

LATEST = "latest"
_TRAINING = "The model is being trained."
_TRAINED = "Training completed successfully."
_STARTING = "The model is starting."
_HOSTED = "The model is running."
_STOPPING = "The model is stopping."
_DELETING = "The model is being deleted."
_PREVIEW_ONLY = {"STARTING_HOSTING": "STARTING", "STOPPING_HOSTING": "STOPPED"}


def is_preview(call: Call) -> bool:
    """True for a call of a client of the preview's revision."""
    return bool(call.compiled_operation.model.service_model.api_version == PREVIEW)


class ModelOperations(ProjectOperations):
    """The operations on models."""

    def create_model(self, call: Call) -> Result:
        """Train a new version; two may be in training at once."""
        return self.once(call, self._create_model)

    def describe_model(self, call: Call) -> Result:
        """Show a model; a look."""
        shown = self.looked(call.params).details()
        if is_preview(call):
            shown.pop("MinInferenceUnits", None)
            shown.pop("MaxInferenceUnits", None)
        return {"ModelDescription": shown}

    def list_models(self, call: Call) -> Result:
        """Show the models of a project, the latest first; a look at each."""
        params = call.params
        project = self.project(params["ProjectName"])
        tokens = PageTokens("ListModels", self.scope.region, self.scope.account_id, project.arn)
        after = tokens.read(params.get("NextToken") or None)
        places = project.model_shelf.between(None, None, after=after, descending=True)
        found, token = paginate(places, params.get("MaxResults", PAGE), tokens.make)
        for place in found:
            model = project.models.get(place[0])
            if model is not None:
                self.look(model)
        models = [m.metadata() for place in found if (m := project.models.get(place[0]))]
        return {"Models": models} | ({"NextToken": token} if token else {})

    def start_model(self, call: Call) -> Result:
        """Host a trained model."""
        shown = self.once(call, self._start_model)
        return self._hosting(call, shown)

    def stop_model(self, call: Call) -> Result:
        """Stop a model that is hosted; it is TRAINED afterwards."""
        return self._hosting(call, self.once(call, self._stop_model))

    def delete_model(self, call: Call) -> Result:
        """Delete a model that is neither in training nor hosted."""
        return self.once(call, self._delete_model)

    # -- finding ----------------------------------------------------------------------------

    def model(self, params: dict[str, Any]) -> Model:
        """Return a version of a project's model; ``latest`` is the highest (judged)."""
        project = self.project(params["ProjectName"])
        version = params["ModelVersion"]
        number = max(project.models, default=0) if version == LATEST else int(version)
        found = project.models.get(number)
        if found is None:
            raise errors.not_found(errors.MODEL, f"{project.name}/{version}")
        return found

    def names(self, model: Model) -> tuple[str, ...]:
        """Return what a test may call a model: by its version, and ``latest`` if it is that."""
        project = self.projects.get(model.project)  # another thread may have deleted it
        is_latest = project is not None and model.version == max(project.models, default=0)
        return (model.id, f"{model.project}/{LATEST}") if is_latest else (model.id,)

    def looked(self, params: dict[str, Any]) -> Model:
        """Look at a model, and return it if it is still there."""
        self.look(self.model(params))
        return self.model(params)

    @staticmethod
    def _hosting(call: Call, shown: Result) -> Result:
        """Return the status in the words of the caller's revision."""
        status = shown["Status"]
        return {"Status": _PREVIEW_ONLY[status] if is_preview(call) else status}

    # -- training ---------------------------------------------------------------------------

    def _create_model(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        train, test = self._usable(project)
        tags = checked_tags(params.get("Tags", ()))
        self._check_quotas(project)
        location = params["OutputConfig"]["S3Location"]
        model = self.add_model(project, location["Bucket"], location.get("Prefix"))
        description = params.get("Description")
        if isinstance(description, dict):  # the preview's revision takes a structure
            description = description.get("Description")
        self.undo_log.set(model, description=description, kms_key=params.get("KmsKeyId"))
        self.undo_log.set(model, train=train.content, test=test.content if test else None)
        self.tags.add(model.arn, tags, lambda most: too_many_tags(most, model.id))
        shown = model.metadata()
        outcome = next_outcome(self, TRAINING, model.project)
        self._begin_model(model, lambda: self._train(model, outcome))
        return {"ModelMetadata": shown}

    def _usable(self, project: Project) -> tuple[Dataset, Dataset | None]:
        train, test = self.dataset(project, "train"), project.datasets.get("test")
        for dataset in filter(None, (train, test)):
            if dataset.status not in USABLE:
                raise errors.busy(errors.DATASET, dataset.id, dataset.status, "trained with")
        return train, test

    def _check_quotas(self, project: Project) -> None:
        running = sum(self._count(other, "TRAINING") for other in self.projects.values())
        self.check_quota("concurrent_trainings", running, errors.PROJECT, project.name)
        self.check_quota("models_per_project", len(project.models), errors.PROJECT, project.name)

    @staticmethod
    def _count(project: Project, *statuses: str) -> int:
        return sum(model.status in statuses for model in project.models.values())

    def add_model(self, project: Project, bucket: str, prefix: str | None) -> Model:
        """Store a new version, still to be trained."""
        version = project.versions + 1
        arn = self.scope.arn(self.service, f"model/{project.name}/{version}")
        model = Model(
            MODEL.start, _TRAINING, self.now(), project.name, version, arn, bucket, prefix
        )
        self.undo_log.set(project, versions=version)
        self.undo_log.set_item(project.models, version, model)
        project.model_shelf.add((version,))
        return model

    def _train(self, model: Model, outcome: Outcome | None) -> None:
        failure = model.failure or (outcome.failure if outcome else None)
        if failure is None and (outcome is None or outcome.metrics is None):
            failure = training.too_few(model.train, model.test)
        if failure is None:
            failure = self.evaluate(model, outcome.metrics if outcome else None)
        if failure is not None:
            self.move(model, MODEL, "training failed", failure)
        else:
            self.move(model, MODEL, "trained", _TRAINED)

    def evaluate(self, model: Model, metrics: Metrics | None) -> str | None:
        """Write the evaluation of a model that has been trained; return why that can't be done."""
        ended, metrics = self.now(), metrics or training.default_metrics(model)
        written = {
            "EvaluationManifest": training.evaluation_manifest(model, metrics, ended),
            "EvaluationResult": training.evaluation_result(model, metrics, ended),
        }
        store = self.state.store
        try:
            for what, body in written.items():
                uri = f"s3://{model.bucket}/{model.key(what)}"
                store.put(uri, body, "application/json", scope=self.scope)
        except NoSuchBucket:
            return f"The bucket {model.bucket} of the output location does not exist."
        self.undo_log.set(model, metrics=metrics, evaluated=ended)
        return None

    # -- hosting ----------------------------------------------------------------------------

    def _start_model(self, params: dict[str, Any]) -> Result:
        model = self._free_model(params, "StartModel", "started")
        least, most = params["MinInferenceUnits"], params.get("MaxInferenceUnits")
        if most is not None and most < least:
            raise errors.invalid("MaxInferenceUnits must not be less than MinInferenceUnits.")
        hosted = sum(
            self._count(project, "STARTING_HOSTING", "HOSTED", "SYSTEM_UPDATING")
            for project in self.projects.values()
        )
        self.check_quota("hosted_models", hosted, errors.MODEL, model.id)
        one_less = (most or least) - 1
        self.check_quota("inference_units", one_less, errors.MODEL, model.id)
        self._set_out(model, "StartModel", _STARTING, units=(least, most))
        outcome = next_outcome(self, HOSTING, *self.names(model))
        self._begin_model(model, lambda: self._host(model, outcome))
        return {"Status": "STARTING_HOSTING"}

    def _host(self, model: Model, outcome: Outcome | None) -> None:
        failure = model.failure or (outcome.failure if outcome else None)
        if failure is None:
            self.move(model, MODEL, "hosted", _HOSTED)
        else:
            self.undo_log.set(model, units=None)
            self.move(model, MODEL, "hosting failed", failure)

    def _stop_model(self, params: dict[str, Any]) -> Result:
        model = self._free_model(params, "StopModel", "stopped")
        self._set_out(model, "StopModel", _STOPPING)
        self._begin_model(model, lambda: self._stopped(model))
        return {"Status": "STOPPING_HOSTING"}

    def _stopped(self, model: Model) -> None:
        self.undo_log.set(model, units=None)
        self.move(model, MODEL, "stopped", _TRAINED)

    # -- deletion ---------------------------------------------------------------------------

    def _delete_model(self, params: dict[str, Any]) -> Result:
        model = self._free_model(params, "DeleteModel", "deleted")
        self._set_out(model, "DeleteModel", _DELETING)
        self._begin_model(model, lambda: self._deleted(model))
        return {"ModelArn": model.arn}

    def _deleted(self, model: Model) -> None:
        project = self.projects.get(model.project)
        if project is not None and project.models.get(model.version) is model:
            self.undo_log.pop_item(project.models, model.version)
            project.model_shelf.remove((model.version,))
            self.tags.remove_all(model.arn)

    # -- what they share --------------------------------------------------------------------

    def _free_model(self, params: dict[str, Any], event: str, done: str) -> Model:
        """Return a model to which `event` can happen now; ServiceError otherwise."""
        model = self.model(params)
        if not MODEL.allows(model.status, event):
            raise errors.busy(errors.MODEL, model.id, model.status, done)
        return model

    def _set_out(self, model: Model, event: str, message: str, **values: Any) -> None:
        self.undo_log.set(model, failure=None, **values)
        self.move(model, MODEL, event, message)

    def _begin_model(self, model: Model, finish: Callable[[], object]) -> None:
        self.begin(model, self._pace_of(model), finish)

    def _pace_of(self, model: Model) -> ProgressSetting:
        """Return a model's own policy, or that of the latest version if it is that."""
        own = self.pace(model.project, "model", str(model.version))
        if own.is_set or len(self.names(model)) == 1:
            return own
        return self.pace(model.project, "model", LATEST)
