"""No test reaches the network, and nothing of the machine's AWS configuration reaches a test."""

from __future__ import annotations

import tests.conftest as shared

_no_network = shared._no_network
_clean_environment = shared._clean_environment
