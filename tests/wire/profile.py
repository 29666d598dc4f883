"""How hard hypothesis looks: the same way in every run, and the whole folder within seconds."""

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
HARDLY_ANY = settings(_COMMON, max_examples=3)
FEW = settings(_COMMON, max_examples=15)
SOME = settings(_COMMON, max_examples=50)
MANY = settings(_COMMON, max_examples=200)
