"""Hypothesis settings: the same examples in every run, few enough to run within seconds.

`MLMOCK_EXAMPLES=5` generates five times as many examples; `make slow` uses it.
"""

import os

from hypothesis import HealthCheck, settings

_COMMON = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
_TIMES = int(os.environ.get("MLMOCK_EXAMPLES", "1"))
VERY_FEW = settings(_COMMON, max_examples=3)
FEW = settings(_COMMON, max_examples=6 * _TIMES)
SOME = settings(_COMMON, max_examples=20 * _TIMES)
MANY = settings(_COMMON, max_examples=80 * _TIMES)
