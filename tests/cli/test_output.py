"""What leaves the command: text from data is shown and never obeyed, and results are never lost."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.report.printable import printable, printable_json

from .command import BOUND, ENDLESS, HEAD, Command, called, run

HOSTILE = r"\e[31mred\e[0m \a \e]0;title\a \x9b5m [bold]b[/bold] [/nope] :smile: \u202eleft \x00"
"""As YAML writes it: escape sequences of both kinds, markup of rich, a change of direction, a NUL."""

SCENARIO = """\
name: "{hostile}"
instances:
  prod1: {{ environment: production, account: "acme" }}
  dev1: {{ environment: development, account: "acme" }}
applications:
  "A {hostile}":
    version: "{hostile}"
    capabilities: {{ "C {hostile}": {{ version: "1 {hostile}", operations: {{ "o {hostile}": data }} }} }}
steps:
  - create_trust_record: {{ on: dev1, trustee: prod1 }}
  - send: {{ from: dev1, to: prod1, payload: {{ a: "{hostile}" }} }}
    expect: processed
  - send: {{ from: prod1, to: dev1 }}
    expect: processed
"""

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A scenario whose names are what a terminal would obey; its last step is refused."""
    path = tmp_path / "hostile.yaml"
    path.write_text(SCENARIO.format(hostile=HOSTILE))
    return path


def test_what_is_printed_into_a_pipe_holds_nothing_that_a_terminal_obeys(tmp_path: Path, hostile: Path) -> None:
    """Not the report, not the progress, not the journal; markup stands there as it was written."""
    result = run(tmp_path, "run", "--virtual", "--verbose", hostile)
    assert result.code == 1, result.err
    assert not OBEYED.search(result.out + result.err)
    assert "␛[31mred␛[0m  ␛]0;title �5m [bold]b[/bold] [/nope] :smile: �left ␀" in result.out  # rich drops a bell
    assert "␛[31mred␛[0m ␇ ␛]0;title␇ �5m [bold]b[/bold] [/nope] :smile: �left ␀" in result.err


@pytest.mark.parametrize("command", ["run --virtual", "plan", "doctor", "validate", "sweep --seeds 2 --jobs 1"])
def test_on_a_terminal_no_text_from_data_is_obeyed(hostile: Path, command: str) -> None:
    """What rich makes itself of colour and progress is all that the terminal gets to obey."""
    shown = on_a_terminal(*command.split(), str(hostile))
    rest = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\|\r", "", shown)
    assert "Traceback" not in shown
    assert not OBEYED.search(rest)
    assert "\x1b[31mred" not in shown
    assert "\x9b5m" not in shown


LONG = "This is said " + "at length " * 30 + "to its end"


def test_into_a_pipe_nothing_is_wrapped_or_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads by line finds all of a thing on one, whichever command tells it."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("long.yaml").write_text(SCENARIO.format(hostile=LONG))
    shown = {
        command: CliRunner().invoke(cli, command.split()).output
        for command in ("run --virtual long.yaml", "plan long.yaml", "doctor long.yaml", "explain",
                        "sweep --seeds 2 --jobs 1 long.yaml")
    }  # fmt: skip
    for command in ("run --virtual long.yaml", "plan long.yaml", "sweep --seeds 2 --jobs 1 long.yaml"):
        assert LONG in shown[command], command
    assert all(re.match(r"\S+:\d+:\d+: ", line) for line in shown["doctor long.yaml"].splitlines()[:-1])
    assert all(re.match(r"[A-Za-z0-9_]+ +\S", line) for line in shown["explain"].splitlines()[:-2])


def test_a_mistake_on_the_command_line_is_shown_and_not_obeyed() -> None:
    """Also what the person at the terminal has pasted."""
    result = called("validate", "no \x1b[31mfile\x9b")
    assert result.code == 2
    assert "␛[31mfile�" in result.err
    result = called("ex\x1b[31mplain")
    assert result.code == 2
    assert not OBEYED.search(result.err)


def test_results_hold_what_came_and_nothing_that_a_terminal_obeys(tmp_path: Path, hostile: Path) -> None:
    """JSON has its own way to say what cannot be printed; XML has none and stays valid."""
    called("run", "--virtual", "--json", tmp_path / "r.json", "--junit", tmp_path / "r.xml", hostile)
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert not OBEYED.search(text)
    assert json.loads(text)[0]["name"].startswith("\x1b[31mred\x1b[0m \a \x1b]0;title\a \x9b5m")
    suite = parsed((tmp_path / "r.xml").read_text(encoding="utf-8"))[0]
    assert str(suite.get("name")).startswith("␛[31mred␛[0m ␇")


def test_every_character_is_printed_or_has_a_sign() -> None:
    """Of all that Unicode has: what is printed can be encoded, and JSON says the same after it as before."""
    every = "".join(map(chr, range(sys.maxunicode, -1, -1)))  # so that no two halves make a pair
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e]", printable(every))
    text = json.dumps(every, ensure_ascii=False)
    printable_json(text).encode()
    assert json.loads(printable_json(text)) == every


def test_json_on_standard_output_stands_there_alone(tmp_path: Path, hostile: Path) -> None:
    """With `--json -` the report for people goes to standard error."""
    result = run(tmp_path, "run", "--virtual", "--json", "-", hostile)
    assert json.loads(result.out)[0]["verdict"] == "not met"
    assert "not met: 2 of 3 steps" in result.err
    result = run(tmp_path, "run", "--virtual", "--junit", "-", hostile)
    assert parsed(result.out).tag == "testsuites"
    result = run(tmp_path, "run", "--virtual", "--junit", "-", "--json", "-", hostile)
    assert (result.code, result.out) == (2, "")


def test_results_can_go_into_a_pipe_or_a_device(tmp_path: Path, hostile: Path) -> None:
    """As a shell's `>(...)` gives one: such a file is not replaced."""
    result = run(tmp_path, "run", "--virtual", "--json", "/dev/null", "--junit", "/dev/stdout", hostile)
    assert "<testsuites>" in result.out
    assert Path("/dev/null").is_char_device()


def test_results_go_into_a_pipe_that_a_shell_has_made_and_into_no_other(tmp_path: Path, hostile: Path) -> None:
    """Of another one nobody knows whether ever anybody reads it: the command would wait for ever."""
    command = f"{sys.executable} -m simulator run --virtual --json >(cat > piped.json) {hostile}; wait $!"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, timeout=BOUND, check=False)
    assert json.loads((tmp_path / "piped.json").read_text())[0]["verdict"] == "not met"
    os.mkfifo(tmp_path / "pipe")
    result = called("run", "--virtual", "--json", tmp_path / "pipe", hostile)
    assert (result.code, result.out) == (2, "")
    assert "it is a pipe or a device" in result.err


BREAKS = (
    HEAD.format(name="One that breaks")
    + """\
steps:
  - create_trust_record: { on: prod1, trustee: subprod1 }
  - send: { from: subprod1, to: prod1, operation: act, fill: 2000000 }
    expect: processed
"""
)
MEETS = HEAD.format(name="One that holds") + "steps: [settle]\n"


@pytest.mark.parametrize("how", [(), ("--virtual",)])
def test_what_had_finished_is_there_when_the_machinery_breaks(tmp_path: Path, how: tuple[str]) -> None:
    """Exit code 3: the results of the first file, and an error in the place of the second."""
    (tmp_path / "meets.yaml").write_text(MEETS)
    (tmp_path / "breaks.yaml").write_text(BREAKS)
    result = run(
        *(tmp_path, "run", *how, "--keep", tmp_path / "kept", "--json", tmp_path / "r.json"),
        *("--junit", tmp_path / "r.xml", tmp_path / "meets.yaml", tmp_path / "breaks.yaml"),
        largest_file=1_700_000,
    )
    assert result.code == 3, result.err
    met, broken = json.loads((tmp_path / "r.json").read_text())
    assert (met["verdict"], len(met["steps"])) == ("met", 1)
    assert broken["verdict"] == "error"
    assert "the disk is that of" in broken["error"]
    first, second = parsed((tmp_path / "r.xml").read_text(encoding="utf-8"))
    assert (first.get("errors"), second.get("errors")) == ("0", "1")
    assert "the disk is that of" in str(second[0][0].text)
    assert second[0][0].tag == "error"


def test_nothing_is_begun_after_a_fault(tmp_path: Path) -> None:
    """The second file of three has its turn beside the first, and the third has none."""
    files = [tmp_path / f"{name}.yaml" for name in "abc"]
    for file in files:
        file.write_text(MEETS)
    options = ("--broker", "mqtt://127.0.0.1:9", "--json", tmp_path / "r.json")
    assert run(tmp_path, "run", "--jobs", "2", *options, *files).code == 3
    broken = json.loads((tmp_path / "r.json").read_text())
    assert [Path(each["file"]) for each in broken] == files[:2]
    assert {each["verdict"] for each in broken} == {"error"}
    assert "no connection to the broker" in broken[0]["error"]


def test_what_had_finished_is_there_when_a_run_is_stopped(tmp_path: Path) -> None:
    """Ctrl-C in the second file, too."""
    (tmp_path / "meets.yaml").write_text(MEETS)
    (tmp_path / "endless.yaml").write_text(ENDLESS)
    files = tmp_path / "meets.yaml", tmp_path / "endless.yaml"
    with Command(tmp_path, "run", "-v", "--json", tmp_path / "r.json", *files) as command:
        command.wait_until(lambda: "1/2" in command.err)
        command.interrupt()
        assert command.wait().code == 130
    met, stopped = json.loads((tmp_path / "r.json").read_text())
    assert met["verdict"] == "met"
    assert stopped["error"].startswith("stopped in step 2 of 2")


def test_results_are_moved_into_place_when_they_are_complete(tmp_path: Path) -> None:
    """Until then the old ones stand there, and a command that is killed takes nothing away."""
    (tmp_path / "endless.yaml").write_text(ENDLESS)
    (tmp_path / "r.json").write_text("[1]")
    with Command(tmp_path, "run", "--json", tmp_path / "r.json", tmp_path / "endless.yaml") as command:
        command.wait_until(lambda: "1/2" in command.err)
        assert (tmp_path / "r.json").read_text() == "[1]"
        command.process.kill()
        command.wait_gone()
    assert (tmp_path / "r.json").read_text() == "[1]"


def test_a_link_to_results_stays_one_and_their_rights_stay(tmp_path: Path) -> None:
    """What is replaced is what the link leads to."""
    (tmp_path / "meets.yaml").write_text(MEETS)
    (tmp_path / "real.json").write_text("")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    assert called("run", "--virtual", "--json", tmp_path / "link.json", tmp_path / "meets.yaml").code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", [".", "no/such/folder.json", "x" * 300])
def test_results_that_cannot_be_written_are_a_mistake_before_anything_runs(tmp_path: Path, name: str) -> None:
    """Exit code 2, and nothing has been run."""
    (tmp_path / "meets.yaml").write_text(MEETS)
    result = called("run", "--virtual", "--json", tmp_path / name, tmp_path / "meets.yaml")
    assert result.code == 2
    assert "Could not open file" in result.err
    assert "1/1" not in result.err


def test_whoever_reads_no_further_ends_the_command_quietly() -> None:
    """As `trustsim explain | head -1` does."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "simulator", "explain"],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=BOUND,
        check=False,
    )
    os.close(writing)
    assert ended.stderr == b""
    assert ended.returncode == 1


def parsed(xml: str) -> Xml.Element:
    """The root of an XML document."""
    return Xml.fromstring(xml)  # noqa: S314 - it is ours


def on_a_terminal(*arguments: str) -> str:
    """What the command sends to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "COLUMNS": "200", "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # nobody has it open any more
            break
        shown += read
    process.wait(BOUND)
    os.close(ours)
    return shown.decode()
