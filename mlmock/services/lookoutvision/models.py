"""Operations on models: create (train), describe, list, start, stop, delete."""

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
from mlmock.services.lookoutvision.state import PAGE_SIZE, PREVIEW
from mlmock.services.lookoutvision.state_machines import MODEL, USABLE
from mlmock.services.lookoutvision.tag_validation import too_many_tags, validated_tags
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
    """Return whether the client uses the API version of the preview."""
    return bool(call.compiled_operation.model.service_model.api_version == PREVIEW)


class ModelOperations(ProjectOperations):
    """Operations on models."""

    def create_model(self, call: Call) -> Result:
        """Start the training of a new version."""
        return self.run_once(call, self._create_model)

    def describe_model(self, call: Call) -> Result:
        """Describe a model, and count one poll."""
        result = self.polled_model(call.params).details()
        if is_preview(call):
            result.pop("MinInferenceUnits", None)
            result.pop("MaxInferenceUnits", None)
        return {"ModelDescription": result}

    def list_models(self, call: Call) -> Result:
        """List the models of a project, the newest first, and count one poll of each."""
        params = call.params
        project = self.project(params["ProjectName"])
        tokens = PageTokens("ListModels", self.scope.region, self.scope.account_id, project.arn)
        after = tokens.read(params.get("NextToken") or None)
        keys = project.model_keys.between(None, None, after=after, descending=True)
        found, token = paginate(keys, params.get("MaxResults", PAGE_SIZE), tokens.make)
        for key in found:
            model = project.models.get(key[0])
            if model is not None:
                self.poll_resource(model)
        models = [m.metadata() for key in found if (m := project.models.get(key[0]))]
        return {"Models": models} | ({"NextToken": token} if token else {})

    def start_model(self, call: Call) -> Result:
        """Start to host a trained model."""
        result = self.run_once(call, self._start_model)
        return self._hosting(call, result)

    def stop_model(self, call: Call) -> Result:
        """Start to stop a hosted model, which is TRAINED afterwards."""
        return self._hosting(call, self.run_once(call, self._stop_model))

    def delete_model(self, call: Call) -> Result:
        """Start the deletion of a model that is neither in training nor hosted."""
        return self.run_once(call, self._delete_model)

    # -- lookup -----------------------------------------------------------------------------

    def model(self, params: dict[str, Any]) -> Model:
        """Return the version of a model. Assumption: ``latest`` is the highest.

        Raises:
            ServiceError: The project or the version does not exist.
        """
        project = self.project(params["ProjectName"])
        version = params["ModelVersion"]
        number = max(project.models, default=0) if version == LATEST else int(version)
        found = project.models.get(number)
        if found is None:
            raise errors.not_found(errors.MODEL, f"{project.name}/{version}")
        return found

    def names(self, model: Model) -> tuple[str, ...]:
        """Return the names of a model in rules: by version, and as ``latest`` if it is that."""
        project = self.projects.get(model.project)  # Another thread may have deleted it.
        is_latest = project is not None and model.version == max(project.models, default=0)
        return (model.id, f"{model.project}/{LATEST}") if is_latest else (model.id,)

    def polled_model(self, params: dict[str, Any]) -> Model:
        """Count one poll of a model, and return it if it still exists."""
        self.poll_resource(self.model(params))
        return self.model(params)

    @staticmethod
    def _hosting(call: Call, result: Result) -> Result:
        """Return the status as spelled in the API version of the caller."""
        status = result["Status"]
        return {"Status": _PREVIEW_ONLY[status] if is_preview(call) else status}

    # -- training ---------------------------------------------------------------------------

    def _create_model(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        train, test = self._usable(project)
        tags = validated_tags(params.get("Tags", ()))
        self._check_quotas(project)
        location = params["OutputConfig"]["S3Location"]
        model = self.add_model(project, location["Bucket"], location.get("Prefix"))
        description = params.get("Description")
        if isinstance(description, dict):  # The preview has a structure.
            description = description.get("Description")
        self.undo_log.set(model, description=description, kms_key=params.get("KmsKeyId"))
        self.undo_log.set(model, train=train.content, test=test.content if test else None)
        self.tags.add(model.arn, tags, lambda maximum: too_many_tags(maximum, model.id))
        result = model.metadata()
        outcome = next_outcome(self, TRAINING, model.project)
        self._begin_model(model, lambda: self._train(model, outcome))
        return {"ModelMetadata": result}

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
        """Store and return a new version whose training is in progress."""
        version = project.versions + 1
        arn = self.scope.arn(self.service, f"model/{project.name}/{version}")
        model = Model(
            MODEL.start, _TRAINING, self.now(), project.name, version, arn, bucket, prefix
        )
        self.undo_log.set(project, versions=version)
        self.undo_log.set_item(project.models, version, model)
        project.model_keys.add((version,))
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
        """Write the evaluation of a trained model, and return the failure message or None.

        Args:
            model: The model.
            metrics: The metrics; by default they follow from the numbers of images.
        """
        ended, metrics = self.now(), metrics or training.default_metrics(model)
        files = {
            "EvaluationManifest": training.evaluation_manifest(model, metrics, ended),
            "EvaluationResult": training.evaluation_result(model, metrics, ended),
        }
        store = self.state.store
        try:
            for what, body in files.items():
                uri = f"s3://{model.bucket}/{model.key(what)}"
                store.put(uri, body, "application/json", scope=self.scope)
        except NoSuchBucket:
            return f"The bucket {model.bucket} of the output location does not exist."
        self.undo_log.set(model, metrics=metrics, evaluated=ended)
        return None

    # -- hosting ----------------------------------------------------------------------------

    def _start_model(self, params: dict[str, Any]) -> Result:
        model = self._available_model(params, "StartModel", "started")
        minimum, maximum = params["MinInferenceUnits"], params.get("MaxInferenceUnits")
        if maximum is not None and maximum < minimum:
            raise errors.invalid("MaxInferenceUnits must not be less than MinInferenceUnits.")
        hosted = sum(
            self._count(project, "STARTING_HOSTING", "HOSTED", "SYSTEM_UPDATING")
            for project in self.projects.values()
        )
        self.check_quota("hosted_models", hosted, errors.MODEL, model.id)
        one_less = (maximum or minimum) - 1
        self.check_quota("inference_units", one_less, errors.MODEL, model.id)
        self._apply_event(model, "StartModel", _STARTING, units=(minimum, maximum))
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
        model = self._available_model(params, "StopModel", "stopped")
        self._apply_event(model, "StopModel", _STOPPING)
        self._begin_model(model, lambda: self._stopped(model))
        return {"Status": "STOPPING_HOSTING"}

    def _stopped(self, model: Model) -> None:
        self.undo_log.set(model, units=None)
        self.move(model, MODEL, "stopped", _TRAINED)

    # -- deletion ---------------------------------------------------------------------------

    def _delete_model(self, params: dict[str, Any]) -> Result:
        model = self._available_model(params, "DeleteModel", "deleted")
        self._apply_event(model, "DeleteModel", _DELETING)
        self._begin_model(model, lambda: self._deleted(model))
        return {"ModelArn": model.arn}

    def _deleted(self, model: Model) -> None:
        project = self.projects.get(model.project)
        if project is not None and project.models.get(model.version) is model:
            self.undo_log.pop_item(project.models, model.version)
            project.model_keys.remove((model.version,))
            self.tags.remove_all(model.arn)

    # -- shared by operations ---------------------------------------------------------------

    def _available_model(self, params: dict[str, Any], event: str, done: str) -> Model:
        """Return a model that `event` is allowed for; ServiceError otherwise."""
        model = self.model(params)
        if not MODEL.allows(model.status, event):
            raise errors.busy(errors.MODEL, model.id, model.status, done)
        return model

    def _apply_event(self, model: Model, event: str, message: str, **values: Any) -> None:
        self.undo_log.set(model, failure=None, **values)
        self.move(model, MODEL, event, message)

    def _begin_model(self, model: Model, finish: Callable[[], object]) -> None:
        self.begin(model, self._progress_of(model), finish)

    def _progress_of(self, model: Model) -> ProgressSetting:
        """Return the policy of a model: its own, or that of ``latest`` if it is that."""
        own = self.progress_of(model.project, "model", str(model.version))
        if own.is_set or len(self.names(model)) == 1:
            return own
        return self.progress_of(model.project, "model", LATEST)
