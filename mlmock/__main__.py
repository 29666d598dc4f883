"""`python -m mlmock` is the command `mlmock`."""

import sys

from mlmock.cli import main

sys.exit(main())
