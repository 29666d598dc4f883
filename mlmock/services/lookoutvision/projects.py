"""Projects: create, describe, list, delete."""

from __future__ import annotations

from typing import Any

from mlmock.call import Call
from mlmock.services.common.backend import Result
from mlmock.services.common.pagination import PageTokens, SortedKeys, paginate
from mlmock.services.lookoutvision import errors
from mlmock.services.lookoutvision.datasets import DatasetOperations
from mlmock.services.lookoutvision.resources import Project
from mlmock.services.lookoutvision.state import PAGE
from mlmock.services.lookoutvision.state_machines import SETTLED

_DELETABLE = (*SETTLED, "CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED")


class ProjectOperations(DatasetOperations):
    """The operations on projects."""

    def create_project(self, call: Call) -> Result:
        """Make a project; its name is taken in one account and region."""
        return self.once(call, self._create_project)

    def describe_project(self, call: Call) -> Result:
        """Show a project with its datasets; a look at each of them."""
        project = self.project(call.params["ProjectName"])
        shown: dict[str, Any] = project.metadata()
        shown["Datasets"] = [dataset.metadata() for dataset in self.look_at_datasets(project)]
        return {"ProjectDescription": shown}

    def list_projects(self, call: Call) -> Result:
        """Show the projects, the latest first (judged)."""
        params = call.params
        tokens = PageTokens("ListProjects", self.scope.region, self.scope.account_id)
        places = self._shelf.between(
            None, None, after=tokens.read(params.get("NextToken") or None), descending=True
        )
        found, token = paginate(places, params.get("MaxResults", PAGE), tokens.make)
        still = (self.projects.get(place[2]) for place in found)
        projects = [project.metadata() for project in still if project is not None]
        return {"Projects": projects} | ({"NextToken": token} if token else {})

    def delete_project(self, call: Call) -> Result:
        """Delete a project and its datasets; refused while it has models or work is under way."""
        return self.once(call, self._delete_project)

    # -- the work ---------------------------------------------------------------------------

    def _create_project(self, params: dict[str, Any]) -> Result:
        name = params["ProjectName"]
        if name in self.projects:
            raise errors.exists(errors.PROJECT, name)
        self.check_quota("projects", len(self.projects), errors.PROJECT, name)
        return {"ProjectMetadata": self.add_project(name).metadata()}

    def add_project(self, name: str) -> Project:
        """Store a new project."""
        project = Project(
            name=name,
            arn=self.scope.arn(self.service, f"project/{name}"),
            created=self.now(),
            place=(*self.next_place(), name),
            model_shelf=SortedKeys(self.undo_log),
            job_shelf=SortedKeys(self.undo_log),
        )
        self.undo_log.set_item(self.projects, name, project)
        self._shelf.add(project.place)
        return project

    def _delete_project(self, params: dict[str, Any]) -> Result:
        project = self.project(params["ProjectName"])
        models = list(project.models.values())
        if all(model.status == "DELETING" for model in models):
            for model in models:
                model.end_if_unseen("DELETING")
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
        for thing in (*project.datasets.values(), *project.jobs.values()):
            if thing.work is not None:
                thing.work.cancel()
        self.undo_log.pop_item(self.projects, project.name)
        self._shelf.remove(project.place)
        return {"ProjectArn": project.arn}
