"""`python -m mlmock`, the same command as `mlmock`."""

import sys

from mlmock.cli import main

sys.exit(main())
