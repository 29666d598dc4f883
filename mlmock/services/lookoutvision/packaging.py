"""Operations on model packaging jobs: start, describe, list."""

from __future__ import annotations

import json
from typing import Any

from mlmock.call import Call
from mlmock.services.common.backend import Result
from mlmock.services.common.pagination import PageTokens, paginate
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.detection import DetectionOperations
from mlmock.services.lookoutvision.resources import Job, Model, Project
from mlmock.services.lookoutvision.scripted_outcomes import PACKAGING, next_outcome
from mlmock.services.lookoutvision.state import PAGE_SIZE
from mlmock.services.lookoutvision.state_machines import JOB

_CREATED = "The model packaging job was created."
_RUNNING = "The model packaging job is running."
_DONE = "The model packaging job succeeded."
_PACKABLE = frozenset(
    {"TRAINED", "STARTING_HOSTING", "HOSTED", "HOSTING_FAILED", "STOPPING_HOSTING"}
    | {"SYSTEM_UPDATING"}
)
_GPU_OPTIONS = ("gpu-code", "trt-ver", "cuda-ver")


class PackagingOperations(DetectionOperations):
    """Operations on model packaging jobs."""

    def start_model_packaging_job(self, call: Call) -> Result:
        """Start to package a trained model as a Greengrass component."""
        return self.run_once(call, self._start_job)

    def describe_model_packaging_job(self, call: Call) -> Result:
        """Describe a job, and count one poll."""
        project = self.project(call.params["ProjectName"])
        job = project.jobs.get(call.params["JobName"])
        if job is None:
            raise errors.not_found(errors.JOB, f"{project.name}/{call.params['JobName']}")
        self.poll_resource(job)
        return {"ModelPackagingDescription": job.details()}

    def list_model_packaging_jobs(self, call: Call) -> Result:
        """List the jobs of a project, the newest first, and count one poll of each."""
        params = call.params
        project = self.project(params["ProjectName"])
        tokens = PageTokens(
            "ListModelPackagingJobs", self.scope.region, self.scope.account_id, project.arn
        )
        after = tokens.read(params.get("NextToken") or None)
        keys = project.job_keys.between(None, None, after=after, descending=True)
        found, token = paginate(keys, params.get("MaxResults", PAGE_SIZE), tokens.make)
        jobs = [project.jobs[sort_key[2]] for sort_key in found]
        for job in jobs:
            self.poll_resource(job)
        result = {"ModelPackagingJobs": [job.metadata() for job in jobs]}
        return result | ({"NextToken": token} if token else {})

    # -- jobs -------------------------------------------------------------------------------

    def _start_job(self, params: dict[str, Any]) -> Result:
        model = self.model(params)
        if model.status not in _PACKABLE:
            raise errors.busy(errors.MODEL, model.id, model.status, "packaged")
        project, name = self.projects[model.project], params.get("JobName")
        greengrass = params["Configuration"]["Greengrass"]
        check_configuration(greengrass)
        version = greengrass.get("ComponentVersion", f"{model.version}.0.0")
        component = self._component_arn(greengrass["ComponentName"], version)
        self._check_names(project, name, component)
        job = self._add_job(model, name or self.state.new_id(), component, params)
        self.move(job, JOB, "started", _RUNNING)
        setting = self.progress_of(project.name, "job", job.name)
        outcome = next_outcome(self, PACKAGING, project.name)
        if outcome is not None:
            self.undo_log.set(job, failure=outcome.failure)
        self.begin(job, setting, lambda: self._end_job(job, version))
        return {"JobName": job.name}

    def _check_names(self, project: Project, name: str | None, component: str) -> None:
        if name in project.jobs:
            raise errors.exists(errors.JOB, f"{project.name}/{name}")
        jobs = (job for other in self.projects.values() for job in other.jobs.values())
        for job in jobs:
            if job.component == component and job.status != "FAILED":
                raise errors.conflict(errors.JOB, job.id, f"{component} exists already.")

    def _add_job(self, model: Model, name: str, component: str, params: dict[str, Any]) -> Job:
        now, project = self.now(), self.projects[model.project]
        sort_key = (*self.next_sort_key(), name)
        job = Job(
            status=JOB.start,
            message=_CREATED,
            created=now,
            updated=now,
            project=project.name,
            name=name,
            version=model.version,
            sort_key=sort_key,
            configuration=params["Configuration"],
            component=component,
            description=params.get("Description"),
        )
        self.undo_log.set_item(project.jobs, name, job)
        project.job_keys.add(sort_key)
        return job

    def _end_job(self, job: Job, version: str) -> None:
        self.undo_log.set(job, updated=self.now())
        if job.failure is not None:
            self.move(job, JOB, "failed", job.failure)
            return
        output = {
            "ComponentVersionArn": job.component,
            "ComponentName": job.configuration["Greengrass"]["ComponentName"],
            "ComponentVersion": version,
        }
        self.undo_log.set(job, output=output)
        self.move(job, JOB, "packaged", _DONE)

    def _component_arn(self, component: str, version: str) -> str:
        return self.scope.arn("greengrass", f"components:{component}:versions:{version}")


def check_configuration(greengrass: dict[str, Any]) -> None:
    """Check a Greengrass configuration.

    Raises:
        ServiceError: Its target is not valid.
    """
    platform, device = greengrass.get("TargetPlatform"), greengrass.get("TargetDevice")
    options = greengrass.get("CompilerOptions")
    if (platform is None) is (device is None):
        raise errors.invalid("Specify either TargetDevice or TargetPlatform.")
    if device is not None and options is not None:
        raise errors.invalid("CompilerOptions can't be specified with TargetDevice.")
    given = None if options is None else _options(options)
    if platform is not None and platform.get("Accelerator") == "NVIDIA":
        missing = [name for name in _GPU_OPTIONS if name not in (given or {})]
        if missing:
            raise errors.invalid(f"CompilerOptions for NVIDIA must have {', '.join(missing)}.")


def _options(text: str) -> dict[str, Any]:
    """Return compiler options. Source: developer guide (also in single quotes)."""
    import ast  # Rarely needed.

    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(found, dict):
            return found
    raise errors.invalid("CompilerOptions must be a JSON object.")
