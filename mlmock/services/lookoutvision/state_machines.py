"""State machines of datasets, models and packaging jobs.

Source: service model (states); API reference (transitions). Assumption: transitions that it does
not specify; the docs page lists them.
"""

from __future__ import annotations

from mlmock.simulation.state_machine import StateMachine, Transition

SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED_ROLLBACK_COMPLETE")

DATASET = StateMachine(
    "dataset",
    "CREATE_IN_PROGRESS",
    (
        Transition("validated", ("CREATE_IN_PROGRESS",), "CREATE_COMPLETE"),
        Transition("invalid", ("CREATE_IN_PROGRESS",), "CREATE_FAILED"),
        Transition("UpdateDatasetEntries", SETTLED, "UPDATE_IN_PROGRESS"),
        Transition("validated", ("UPDATE_IN_PROGRESS",), "UPDATE_COMPLETE"),
        Transition("invalid", ("UPDATE_IN_PROGRESS",), "UPDATE_FAILED_ROLLBACK_IN_PROGRESS"),
        Transition(
            "rolled back",
            ("UPDATE_FAILED_ROLLBACK_IN_PROGRESS",),
            "UPDATE_FAILED_ROLLBACK_COMPLETE",
        ),
        Transition(
            "DeleteDataset", (*SETTLED, "CREATE_FAILED", "DELETE_FAILED"), "DELETE_IN_PROGRESS"
        ),
        Transition("not deleted", ("DELETE_IN_PROGRESS",), "DELETE_FAILED"),
        Transition("deleted", ("DELETE_IN_PROGRESS",), None),
    ),
)

MODEL = StateMachine(
    "model",
    "TRAINING",
    (
        Transition("trained", ("TRAINING",), "TRAINED"),
        Transition("training failed", ("TRAINING",), "TRAINING_FAILED"),
        Transition("StartModel", ("TRAINED", "HOSTING_FAILED"), "STARTING_HOSTING"),
        Transition("hosted", ("STARTING_HOSTING",), "HOSTED"),
        Transition("hosting failed", ("STARTING_HOSTING",), "HOSTING_FAILED"),
        Transition("system update", ("HOSTED",), "SYSTEM_UPDATING"),
        Transition("updated", ("SYSTEM_UPDATING",), "HOSTED"),
        Transition("StopModel", ("HOSTED",), "STOPPING_HOSTING"),
        Transition("stopped", ("STOPPING_HOSTING",), "TRAINED"),
        Transition("DeleteModel", ("TRAINED", "TRAINING_FAILED", "HOSTING_FAILED"), "DELETING"),
        Transition("deleted", ("DELETING",), None),
    ),
)

JOB = StateMachine(
    "model packaging job",
    "CREATED",
    (
        Transition("started", ("CREATED",), "RUNNING"),
        Transition("packaged", ("RUNNING",), "SUCCEEDED"),
        Transition("failed", ("CREATED", "RUNNING"), "FAILED"),
    ),
)

RUNNING = frozenset({"HOSTED", "SYSTEM_UPDATING"})
USABLE = frozenset(SETTLED)
