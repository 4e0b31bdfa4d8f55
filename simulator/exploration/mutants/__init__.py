"""Does the net catch anything? Rules of the product that can be switched off, one at a time, to see who notices.

A mutant is the product without one of its rules. A scenario under many seeds, its expectations and the invariants
of the witness are the net. A rule whose absence nobody notices is a rule that nobody has tested.

mutant.py      a mutant, and the ways of taking a rule away
trial.py       who notices
delivery.py    the rules of the transport, and who sent it
management.py  who manages whom, and what a manager distributes
trust.py       what may cross, and who takes part
lifecycle.py   instances that change, and the data that they share
cmdb.py        whose CIs a call finds, where new ones go, and who may write what
"""

from __future__ import annotations

from simulator.exploration.mutants.cmdb import CMDB
from simulator.exploration.mutants.delivery import DELIVERY, WHO_SENT_IT
from simulator.exploration.mutants.lifecycle import LIFECYCLE, SHARING
from simulator.exploration.mutants.management import MANAGEMENT, PROFILES
from simulator.exploration.mutants.mutant import Mutant
from simulator.exploration.mutants.trust import APPLICATIONS, TRUST

MUTANTS: tuple[Mutant, ...] = (
    *DELIVERY,
    *WHO_SENT_IT,
    *MANAGEMENT,
    *PROFILES,
    *TRUST,
    *APPLICATIONS,
    *LIFECYCLE,
    *SHARING,
    *CMDB,
)
"""Every rule that can be switched off."""
