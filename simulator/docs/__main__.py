"""`python -m simulator.docs [FOLDER]`: makes the site, in build/docs where no folder is named."""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.docs.site import ROOT, make

if __name__ == "__main__":
    made = make(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs")
    sys.exit(made)
