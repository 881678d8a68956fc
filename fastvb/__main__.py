"""``python -m fastvb``: the command line."""

import sys

from fastvb.cli import main

sys.exit(main())
