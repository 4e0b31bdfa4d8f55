"""`trustsim run --virtual` and `trustsim sweep`: seeds, exit codes, and what is said about a seed that fails."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner, Result

from simulator.cli.main import cli
from simulator.errors import ScenarioError
from simulator.runtime.virtual import fleet as virtual_fleet
from simulator.runtime.weather import Weather
from simulator.trust import handler

from .command import EXAMPLE, HEAD, run

SHORT = (
    HEAD.format(name="A short one")
    + """\
steps:
  - create_trust_record: { on: subprod1, trustee: prod1 }
  - send: { from: subprod1, to: prod1, operation: hand over }
    expect: processed
  - send: { from: subprod1, to: prod1, operation: act, unchecked: true }
"""
)
WRONG = SHORT.replace("expect: processed", "expect: refused")
WITH_WEATHER = SHORT.replace("steps:\n", "steps:\n  - fault: { weather: { loss: 50%, delay: { most: 1s } } }\n", 1)

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a scenario file."""

    def write(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text)
        return path

    return write


def invoke(*arguments: str | Path) -> Result:
    """The command in this process, where a test can change what it calls."""
    return CliRunner(env={"COLUMNS": "300"}).invoke(cli, [str(argument) for argument in arguments])


def fingerprint(result: Result) -> str:
    """The fingerprint of the journal, as the report shows it."""
    [found] = re.findall(r"^virtual time, journal ([0-9a-f]{64})$", result.output, re.MULTILINE)
    return str(found)


# -- run ------------------------------------------------------------------------------------------------


def test_a_virtual_run(tmp_path: Path) -> None:
    """The documented example is met, without a broker or a process, and the report says how to repeat it."""
    result = run(tmp_path, "run", "--virtual", "--seed", "7", EXAMPLE)
    assert result.code == 0, result.out
    assert f"again with: trustsim run --virtual --seed 7 {EXAMPLE}" in result.out
    assert not list((tmp_path / "tmp").iterdir())


def test_the_end_shows_who_grants_whom(write: Write) -> None:
    """A matrix for each application that shares data: what is granted by default, and what is customised."""
    path = write(
        "name: Grants\ninstances: { prod1: production, dev1: development, dev2: test }\n"
        "applications: { App: { data_sharing: true } }\n"
        "steps: [{ set_grant_access: { on: dev1, instance: dev2, grant: true } }]\n"
    )
    assert re.search(
        r"App: data sharing\n\s*\n? *grantor \\ grantee +prod1 +dev2 *\n[ ─]+\n"
        r" +dev1 +default +customised *\n +dev2 +default +· *\n",
        invoke("run", "--virtual", path).output,
    )


def test_the_same_seed_gives_the_same_journal(write: Write) -> None:
    """And under weather another seed gives another one."""
    path = write(WITH_WEATHER)
    first, again, other = (fingerprint(invoke("run", "--virtual", "--seed", seed, path)) for seed in "112")
    assert first == again
    assert first != other


def test_a_virtual_run_that_is_not_met(write: Write) -> None:
    """Exit code 1, with the line and what was wanted and seen."""
    path = write(WRONG)
    result = invoke("run", "--virtual", path)
    assert result.exit_code == 1
    assert f"{path}:{len(HEAD.splitlines()) + 4}" in result.output
    assert re.search(r"wanted +subprod1 -> prod1: refused\n +seen +processed by prod1", result.output)


def test_a_virtual_run_keeps_files(write: Write, tmp_path: Path) -> None:
    """`--keep` has the same files as a run on a broker."""
    assert invoke("run", "--virtual", "--keep", tmp_path / "kept", write(SHORT)).exit_code == 0
    kept = tmp_path / "kept" / "scenario"
    assert {"prod1.sqlite", "subprod1.sqlite"} <= {path.name for path in kept.iterdir()}


def test_determinism_is_checked(write: Write) -> None:
    """`--check-determinism` runs twice, and says that both were the same."""
    result = invoke("run", "--check-determinism", "--seed", "3", write(WITH_WEATHER))
    assert result.exit_code == 0
    assert "two runs with seed 3 are the same, journal " in result.output


def test_a_lack_of_determinism_is_found(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 5 and the first difference, when chance comes from somewhere else than the seed."""
    numbers = count()
    monkeypatch.setattr(virtual_fleet, "Weather", lambda seed: Weather(f"{seed} {next(numbers)}"))
    result = invoke("run", "--check-determinism", write(WITH_WEATHER))
    assert result.exit_code == 5
    assert "two runs with seed 0 differ, first in\n" in result.output
    assert result.output.count("Entry(") == 2


# -- sweep ----------------------------------------------------------------------------------------------


def test_a_sweep_that_holds(write: Write) -> None:
    """Exit code 0, and how many seeds held."""
    result = invoke("sweep", "--jobs", "1", "--seeds", "5", write(SHORT))
    assert result.exit_code == 0, result.output
    assert re.search(r"\b5\b.*held|held.*\b5\b", result.output)


def test_a_sweep_with_a_broken_expectation(write: Write, tmp_path: Path) -> None:
    """Exit code 1; what the seeds share is shown once, with the command for the first; the calm run fails, too."""
    path, out = write(WRONG), tmp_path / "out.json"
    result = invoke("sweep", "--jobs", "1", "--seeds", "3", "--first-seed", "40", "--json", out, path)
    assert result.exit_code == 1
    assert "\nin calm weather it does not hold either: it is broken\n" in result.output
    assert "\nseed 40: broken; 2 more alike: 41, 42; in calm weather, too\n" in result.output
    assert result.output.count(f"{path}:{len(HEAD.splitlines()) + 4}") == 1
    said = " ".join(result.output.split())
    assert f"trustsim sweep --weather stormy --first-seed 40 --seeds 1 {path}" in said
    assert json.loads(out.read_text())["calm"]["verdict"] == "broken"


def test_seeds_that_fail_in_ways_of_their_own_stand_apart(write: Write, tmp_path: Path) -> None:
    """Under a weather that loses one message in two, some seeds hold; what only some share is shown with them."""
    weather = tmp_path / "lossy.yaml"
    weather.write_text("loss: 0.5\n")
    text = HEAD.format(name="Both ways") + "steps:\n" + "".join(
        f"  - create_trust_record: {{ on: {one}, trustee: {other} }}\n"
        f"  - send: {{ from: {one}, to: {other}, operation: hand over }}\n"
        "    expect: { outcome: processed, within: 1s }\n"
        for one, other in (("prod1", "subprod1"), ("subprod1", "prod1"))
    )  # fmt: skip
    out = tmp_path / "out.json"
    result = invoke("sweep", "--jobs", "1", "--seeds", "12", "--weather", weather, "--json", out, write(text))
    assert "\nin calm weather it holds\n" in result.output
    failed: dict[tuple[int, ...], list[int]] = {}
    for seed in json.loads(out.read_text())["seeds"]:
        failed.setdefault(tuple(failure["line"] for failure in seed["failures"]), []).append(seed["seed"])
    assert len(failed) > 1, "the seeds differ"
    for line in {line for lines in failed for line in lines}:
        seeds = sorted(seed for lines, seeds in failed.items() if line in lines for seed in seeds)
        [shown] = [part for part in result.output.split("\nseed ")[1:] if f"scenario.yaml:{line}\n" in part]
        first, _, others = shown.splitlines()[0].partition(" more alike: ")
        assert int(first.split(":")[0]) == seeds[0]
        assert numbers(others) == seeds[1:]
    assert "calm weather, too" not in result.output


def numbers(spans: str) -> list[int]:
    """The seeds that "3, 5 to 7" names."""
    found: list[int] = []
    for span in filter(None, spans.split(", ")):
        first, _, last = span.partition(" to ")
        found += range(int(first), int(last or first) + 1)
    return found


def test_a_sweep_with_a_broken_invariant(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, and the invariant in words."""
    monkeypatch.setattr(handler, "admit", lambda *_: None)
    result = invoke("sweep", "--jobs", "1", "--seeds", "1", write(SHORT))
    assert result.exit_code == 1
    assert re.search(r"broken +prod1 has processed act of \w+ without trust", " ".join(result.output.split()))


def test_an_inconclusive_sweep(write: Write, tmp_path: Path) -> None:
    """Exit code 4 when nothing is broken, and something was still due at the bound."""
    weather = tmp_path / "nothing-arrives.yaml"
    weather.write_text("loss: 1\n")
    result = invoke("sweep", "--jobs", "1", "--seeds", "1", "--weather", weather, write(SHORT))
    assert result.exit_code == 4, result.output
    assert "seed 0: inconclusive" in result.output


def test_fail_fast(write: Write) -> None:
    """The first seed that does not hold is the last one that is run."""
    result = invoke("sweep", "--jobs", "1", "--seeds", "50", "--fail-fast", write(WRONG))
    assert result.exit_code == 1
    assert re.findall(r"seed (\d+): ", result.output) == ["0"]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("loss: 0.1\nlos: 0.2\n", "2:", "los"),
        ("loss: 2\n", "1:", "loss"),
        ("- loss\n", "1:1", "expected a mapping"),
        ("", "1:1", ""),
    ],
)
def test_a_wrong_weather_file(text: str, place: str, said: str, write: Write, tmp_path: Path) -> None:
    """Exit code 2, with file, line and column of what is wrong."""
    weather = tmp_path / "weather.yaml"
    weather.write_text(text)
    result = run(tmp_path, "sweep", "--weather", weather, write(SHORT))
    assert result.code == 2, result.err
    assert result.err.startswith(f"{weather}:{place}")
    assert said in result.err
    assert "Traceback" not in result.err


def test_an_unknown_weather(write: Write) -> None:
    """A name that is neither a profile nor a file is explained."""
    result = invoke("sweep", "--weather", "stromy", write(SHORT))
    assert isinstance(result.exception, ScenarioError)
    assert str(result.exception).startswith("stromy:1:1: there is no weather 'stromy'")
    assert "did you mean 'stormy'?" in str(result.exception)


def test_jobs_change_nothing(write: Write, tmp_path: Path) -> None:
    """With two at a time the verdicts and their order are those of one at a time."""
    path = write(WRONG)
    one, two = (run(tmp_path, "sweep", "--seeds", "12", "--jobs", jobs, path) for jobs in "12")
    assert one.code == two.code == 1
    assert without_times(one.out) == without_times(two.out)


def without_times(text: str) -> str:
    """A report without what depends on the machine."""
    return re.sub(r"\d+\.\d+ (s\b|seeds/s)", "", text)


def test_reports_for_programs_say_how_to_repeat_it(write: Write, tmp_path: Path) -> None:
    """JSON and JUnit have the seed, the journal's SHA-256 and the command."""
    path, out, xml = write(SHORT), tmp_path / "out.json", tmp_path / "out.xml"
    result = invoke("run", "--virtual", "--seed", "5", "--json", out, "--junit", xml, path)
    again = f"trustsim run --virtual --seed 5 {path}"
    [found] = json.loads(out.read_text())
    assert (found["seed"], found["fingerprint"], found["replay"]) == (5, fingerprint(result), again)
    properties = {it.get("name"): it.get("value") for it in Xml.parse(xml).iter("property")}  # noqa: S314
    assert properties == {"seed": "5", "journal": fingerprint(result), "again": again}


def test_what_repeats_it_can_be_pasted_into_a_shell(write: Write, tmp_path: Path) -> None:
    """Also when the name of the file has spaces: the command runs, and comes to the same journal."""
    path, out = write(SHORT).rename(tmp_path / "two words.yaml"), tmp_path / "out.json"
    result = invoke("run", "--virtual", "--seed", "5", "--json", out, path)
    program, *arguments = shlex.split(json.loads(out.read_text())[0]["replay"])
    assert program == "trustsim"
    assert fingerprint(invoke(*arguments)) == fingerprint(result)
    assert invoke("sweep", "--seeds", "1", "--jobs", "1", "--json", out, path).exit_code == 0
    assert shlex.split(json.loads(out.read_text())["seeds"][0]["replay"])[-1] == str(path)


def test_a_sweep_as_json(write: Write, tmp_path: Path) -> None:
    """Every seed with its verdict, its journal's SHA-256 and the command that runs it again."""
    path, out = write(SHORT), tmp_path / "out.json"
    assert invoke("sweep", "--seeds", "3", "--jobs", "1", "--json", out, path).exit_code == 0
    found = json.loads(out.read_text())
    assert found["verdict"] == "held"
    assert [seed["seed"] for seed in found["seeds"]] == [0, 1, 2]
    assert len({seed["fingerprint"] for seed in found["seeds"]}) == 3
    assert found["seeds"][2]["replay"] == f"trustsim sweep --weather stormy --first-seed 2 --seeds 1 {path}"


def test_a_sweep_that_never_sees_what_happens_sometimes(write: Write) -> None:
    """Exit code 1, and what was never seen."""
    path = write(SHORT + "sometimes:\n  - { journal: prod1, where: { outcome: duplicate } }\n")
    result = invoke("sweep", "--seeds", "2", "--jobs", "1", "--weather", "calm", path)
    assert result.exit_code == 1
    assert "2 held of 2 seeds" in result.output
    assert (
        "never seen in 2 seeds  journal on prod1 where {outcome: duplicate}: at least one entry" in result.output
    )


def test_a_bound_that_something_due_might_still_meet_is_inconclusive(write: Write) -> None:
    """Exit code 4: nothing is broken, and nothing has held."""
    text = SHORT.replace("    expect: processed\n", "    expect: { outcome: processed, within: 1s }\n")
    text = text.replace("steps:\n", "steps:\n  - fault: { cut: { to: prod1 }, for: 1m }\n", 1)
    result = invoke("sweep", "--seeds", "1", "--jobs", "1", "--weather", "calm", write(text))
    assert result.exit_code == 4, result.output
    assert "1 inconclusive of 1 seeds" in result.output
