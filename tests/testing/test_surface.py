"""What others build on: it is listed, and whoever changes it notices."""

from __future__ import annotations

import subprocess
import sys

from simulator.scenario.model import BESIDE_THE_VERB, Step
from simulator.testing import Fleet, Instance
from tests.testing.surface import RECORD, surface
from tests.testing.verbs import MODULE, formatted, verbs_module


def test_what_is_public_is_as_recorded() -> None:
    """A line for each name, signature and member: a change of the record is a change for whoever uses it."""
    assert RECORD.read_text() == "\n".join(surface()) + "\n", "on purpose? python -m tests.testing.surface"


def test_the_methods_are_made_of_the_steps_of_the_language() -> None:
    """Each verb is a method with the keys of its step; the module is made again whenever they change."""
    assert MODULE.read_text() == formatted(verbs_module()), "make it again: python -m tests.testing.verbs"
    missing = {verb for verb in Step.model_fields if not hasattr(Instance, verb) and not hasattr(Fleet, verb)}
    assert missing == BESIDE_THE_VERB - {"expect"}


def test_a_program_that_only_asks_for_the_package_loads_nothing_of_it() -> None:
    """The map imports nothing; the surface is imported by who names it."""
    code = "import sys, simulator; print([name for name in sys.modules if name.startswith('simulator.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
