"""Operations on projects: create, describe, list, delete."""

from __future__ import annotations

from typing import Any

from mlmock.call import Call
from mlmock.services.common.backend import Result
from mlmock.services.common.pagination import PageTokens, SortedKeys, paginate
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.datasets import DatasetOperations
from mlmock.services.lookoutvision.resources import Project
from mlmock.services.lookoutvision.state import PAGE_SIZE
from mlmock.services.lookoutvision.state_machines import SETTLED

_DELETABLE = (*SETTLED, "CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED")


class ProjectOperations(DatasetOperations):
    """Operations on projects."""

    def create_project(self, call: Call) -> Result:
        """Create a project, whose name is unique in its account and region."""
        return self.run_once(call, self._create_project)

    def describe_project(self, call: Call) -> Result:
        """Describe a project with its datasets, and count one poll of each."""
        project = self.project(call.params["ProjectName"])
        description: dict[str, Any] = project.metadata()
        description["Datasets"] = [dataset.metadata() for dataset in self.poll_datasets(project)]
        return {"ProjectDescription": description}

    def list_projects(self, call: Call) -> Result:
        """List the projects. Assumption: the newest come first."""
        params = call.params
        tokens = PageTokens("ListProjects", self.scope.region, self.scope.account_id)
        keys = self._project_keys.between(
            None, None, after=tokens.read(params.get("NextToken") or None), descending=True
        )
        found, token = paginate(keys, params.get("MaxResults", PAGE_SIZE), tokens.make)
        existing = (self.projects.get(sort_key[2]) for sort_key in found)
        projects = [project.metadata() for project in existing if project is not None]
        return {"Projects": projects} | ({"NextToken": token} if token else {})

    def delete_project(self, call: Call) -> Result:
        """Delete a project and its datasets, if it has no models and no work in progress."""
        return self.run_once(call, self._delete_project)

    # -- projects ---------------------------------------------------------------------------

    def _create_project(self, params: dict[str, Any]) -> Result:
        name = params["ProjectName"]
        if name in self.projects:
            raise errors.exists(errors.PROJECT, name)
        self.check_quota("projects", len(self.projects), errors.PROJECT, name)
        return {"ProjectMetadata": self.add_project(name).metadata()}

    def add_project(self, name: str) -> Project:
        """Store and return a new project."""
        project = Project(
            name=name,
            arn=self.scope.arn(self.service, f"project/{name}"),
            created=self.now(),
            sort_key=(*self.next_sort_key(), name),
            model_keys=SortedKeys(self.undo_log),
            job_keys=SortedKeys(self.undo_log),
        )
        self.undo_log.set_item(self.projects, name, project)
        self._project_keys.add(project.sort_key)
        return project

    def _delete_project(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        models = list(project.models.values())
        if all(model.status == "DELETING" for model in models):
            for model in models:
                model.end_if_polled("DELETING")
        if project.models:
            versions = ", ".join(map(str, sorted(project.models)))
            raise errors.conflict(
                errors.PROJECT,
                project.name,
                f"The project {project.name} still has models: {versions}. Delete them first.",
            )
        for dataset in project.datasets.values():
            if dataset.status not in _DELETABLE:
                raise errors.busy(errors.DATASET, dataset.id, dataset.status, "deleted")
        return self._drop(project)

    def _drop(self, project: Project) -> Result:
        for resource in (*project.datasets.values(), *project.jobs.values()):
            if resource.work is not None:
                resource.work.cancel()
        self.undo_log.pop_item(self.projects, project.name)
        self._project_keys.remove(project.sort_key)
        return {"ProjectArn": project.arn}
