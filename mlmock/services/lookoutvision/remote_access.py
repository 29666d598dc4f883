"""What of `ml.lookoutvision` can be asked for over HTTP."""

from mlmock.services.lookoutvision.handle import Project, Vision
from mlmock.services.lookoutvision.resource_handles import (
    DatasetHandle,
    Detecting,
    Held,
    JobHandle,
    ModelHandle,
    Next,
    NextTraining,
)

REACH: dict[type, tuple[str, ...]] = {
    Detecting: ("on", "reply", "detect"),
    Vision: ("next_training", "project", "quotas", "json_line", "image", "progress", "resources"),
    Project: (
        *("name", "arn", "exists", "progress", "seed", "dataset", "model", "packaging_job"),
        *("next_training", "next_packaging"),
    ),
    Next: ("fail",),
    NextTraining: ("metrics",),
    Held: ("status", "message", "progress", "finish", "fail"),
    DatasetHandle: ("entries",),
    JobHandle: (),
    ModelHandle: ("next_hosting", "system_update"),
}
