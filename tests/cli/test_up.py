"""`trustsim up`, `do` and `exec`: a fleet that stays up, as its user sees it."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .command import HEAD, Command, Result, called, run

SCENARIO = (
    HEAD.format(name="One that stays")
    + """\
steps:
  - create_trust_record: { on: subprod1, trustee: prod1, application: App, capability: Cap }
  - send: { from: subprod1, to: prod1, application: App, capability: Cap, operation: act }
    expect: refused
"""
)

FREE = ("--http-port", "0", "--instances-per-process", "2")

SEND = ("send", "from=prod1", "to=subprod1", "application=App", "capability=Cap", "operation=act")


TRUSTED = """
import base64, json, os, urllib.request
url = os.environ["TRUSTSIM_SUBPROD1_URL"] + "/api/now/table/sn_mif_trusted_instance"
user = os.environ["TRUSTSIM_SUBPROD1_USER"] + ":" + os.environ["TRUSTSIM_SUBPROD1_PASSWORD"]
headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}
request = urllib.request.Request(url, headers=headers)
for row in json.load(urllib.request.urlopen(request))["result"]:
    print(row["capability"])
"""
"""A program that asks an instance for what it trusts others."""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A file whose steps come to what they expect."""
    path = tmp_path / "stays.yaml"
    path.write_text(SCENARIO)
    return path


class Up:
    """A fleet that is up, of which others are told in *home*."""

    def __init__(self, command: Command, about: dict[str, Any], home: Path) -> None:
        self.command, self.about, self.home = command, about, home

    def do(self, *words: str | Path) -> Result:
        """Takes steps on it."""
        return called("do", *words, XDG_RUNTIME_DIR=str(self.home))


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The fleet of the scenario, with its steps taken; a test leaves it up, whatever it has sent."""
    home = tmp_path_factory.mktemp("up")
    scenario, out = home / "stays.yaml", home / "up.json"
    scenario.write_text(SCENARIO)
    with Command(home, "up", scenario, *FREE, "--json", out, XDG_RUNTIME_DIR=str(home)) as command:
        command.wait_until(lambda: "Ctrl-C stops it" in command.out)
        yield Up(command, json.loads(out.read_text()), home)
        command.process.send_signal(signal.SIGINT)
        assert command.wait().code == 130
        command.wait_gone()
        assert list((home / "trustsim").iterdir()) == []


def test_a_fleet_stays_up_and_takes_steps_from_others(up: Up) -> None:
    """It shows what happens, line by line; what others do is explained to them, with the exit codes of a run."""
    assert "subprod1  processed create trust record, App > Cap" in up.command.out
    assert re.search(r"subprod1  refused send, App > Cap > act \(\w+\): .* must ", up.command.out)
    done = run(up.home, "do", up.home / "stays.yaml", *SEND, XDG_RUNTIME_DIR=str(up.home))
    assert done.code == 0, done
    assert "processed" in done.out
    up.command.wait_until(lambda: "subprod1  processed capability message from prod1" in up.command.out)
    wrong_way = up.do(*SEND, "expect=refused")
    assert (wrong_way.code, "wanted" in wrong_way.out) == (1, True)
    several = up.do(up.about["control"]["url"], "stop: subprod1", "advance", "1h", "start", "subprod1", "settle")
    assert several.code == 0, several
    assert re.findall(r"✓ met", several.out) == ["✓ met"] * 4


def test_of_steps_one_of_which_is_wrong_none_is_taken(up: Up) -> None:
    done = up.do("stop", "subprod1", "start", "subprod7")
    assert done.code == 2
    assert "the steps:2:" in done.err
    assert "did you mean 'subprod1'?" in done.err
    assert up.do(*SEND).code == 0


def test_do_says_which_fleets_there_are(up: Up, tmp_path: Path) -> None:
    missing = up.do(tmp_path / "other.yaml", "settle")
    assert missing.code == 2
    assert up.about["control"]["url"] in missing.err
    nothing = up.do("stays.yaml")
    assert (nothing.code, "expected steps" in nothing.err) == (2, True)


@pytest.mark.parametrize("words", [["advnace", "1h"], ["advnace: 1h"], ["advnace: 1h", "settle"]])
def test_a_misspelt_step_is_taken_for_no_fleet(words: list[str], up: Up) -> None:
    """The first word may be a file, and a step in quotes has blanks, as a file's name may."""
    wrong = up.do(*words)
    assert (wrong.code, "; did you mean 'advance'?" in " ".join(wrong.err.split())) == (2, True)


def test_a_command_is_given_a_fleet_and_its_exit_code_passed_on(scenario: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys; print(os.environ['TRUSTSIM_SUBPROD1_URL'], os.environ['TRUSTSIM_BROKER']); sys.exit(7)"
    )
    with Command(tmp_path, "exec", scenario, *FREE, "--", sys.executable, "-c", program) as command:
        result = command.wait()
        assert result.code == 7
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+ mqtt://127\.0\.0\.1:\d+\n", result.out)
        command.wait_gone()


def test_a_command_is_not_run_on_a_fleet_that_is_not_as_expected(scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(SCENARIO.replace("refused", "processed"))
    result = run(tmp_path, "exec", scenario, *FREE, "--", "echo", "it runs")
    assert (result.code, result.out) == (1, "")
    assert "wanted" in result.err


def test_a_command_that_is_not_there_is_said_so(scenario: Path, tmp_path: Path) -> None:
    result = run(tmp_path, "exec", scenario, "--no-steps", *FREE, "--", "no-such-command")
    assert result.code == 127
    assert "no-such-command: No such file" in result.err


def test_ctrl_c_ends_the_command_and_the_fleet(scenario: Path, tmp_path: Path) -> None:
    with Command(
        tmp_path, "exec", scenario, "--no-steps", *FREE, "--", "sh", "-c", "echo it runs; exec sleep 60"
    ) as command:
        command.wait_until(lambda: "it runs" in command.out)
        command.process.send_signal(signal.SIGINT)
        assert command.wait().code == 130
        command.wait_gone()


def test_a_fleet_goes_on_from_its_files(scenario: Path, tmp_path: Path) -> None:
    """With --until only the first step is taken; what it has led to is there in the next fleet."""
    kept = tmp_path / "kept"
    first = run(tmp_path, "exec", scenario, "--until", "8", "--keep", kept, *FREE, "--", "true")
    assert first.code == 0, first
    assert "step 2" not in first.err
    again = run(
        tmp_path, "exec", scenario, "--no-steps", "--from", kept, *FREE, "--", sys.executable, "-c", TRUSTED
    )
    assert (again.code, again.out) == (0, "Cap\n"), again


def test_a_misspelt_option_is_no_part_of_the_command(scenario: Path) -> None:
    """What stands before `--` is for trustsim."""
    result = called("exec", scenario, "--http-prt", "0", "--", "echo", "it runs")
    assert (result.code, result.out) == (2, "")
    assert "--http-prt" in result.err


def test_a_host_may_be_given_by_its_name(scenario: Path, tmp_path: Path) -> None:
    """With HTTPS its certificate is for that name."""
    options = ("--no-steps", "--host", "localhost", "--https", "--https-port", "0", *FREE)
    program = (
        "import os, ssl, urllib.error, urllib.request as u\n"
        "context = ssl.create_default_context(cafile=os.environ['TRUSTSIM_CA'])\n"
        "try: u.urlopen(os.environ['TRUSTSIM_PROD1_HTTPS_URL'] + '/api/now/table/sys_user', context=context)\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    result = run(tmp_path, "exec", scenario, *options, "--", sys.executable, "-c", program)
    assert (result.code, result.out) == (0, "401\n"), result


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--no-steps", "--until", "7"), "there is no line for --until"),
        (("--http-port", "65535"), "ports end at 65535"),
        (("--host", "192.0.2.1", "--http-port", "0"), "192.0.2.1"),
        (("--from", "nowhere"), "there is none"),
        (("--tls",), "--broker mosquitto"),
    ],
)
def test_options_that_cannot_be_are_refused(options: tuple[str, ...], said: str, scenario: Path) -> None:
    result = called("up", scenario, *options)
    assert (result.code, said in result.err) == (2, True), result


def test_a_port_that_is_taken_is_said_before_anything_starts(scenario: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = called("up", scenario, "--http-port", str(port))
    assert result.code == 2
    assert f"cannot serve HTTP on 127.0.0.1:{port}: Address already in use; choose another port" in result.err


OTHERS = (
    HEAD.format(name="One with other passwords")
    + """\
steps:
  - configure_cmdb:
      on: prod1
      setup:
        users: { zoë: {}, ../ann: {}, %s: {} }
        records: { sys_user: [{ user_name: admin, user_password: "s3cret" }] }
  - request: { on: subprod1, method: PATCH, path: /api/now/table/sys_user/6816f79cc0a8016401c5a33be04be441,
               body: { user_password: changed } }
"""
    % ("long" * 20)
)
"""A scenario whose steps set the administrator's password; a client does so behind its back."""

LOGS_IN = """
import base64, json, os, ssl, stat, sys, urllib.error, urllib.request

for name in ("PROD1", "SUBPROD1"):
    own = f"TRUSTSIM_{name}_"
    user = os.environ[own + "USER"] + ":" + os.environ[own + "PASSWORD"]
    headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}
    ask = urllib.request.Request(os.environ[own + "URL"] + "/api/now/table/sys_user", headers=headers)
    print(name, urllib.request.urlopen(ask).status)
    context = ssl.create_default_context(cafile=os.environ["TRUSTSIM_CA"])
    context.load_cert_chain(os.environ[own + "CERTIFICATE"])
    me = "/api/now/table/sys_user?sysparm_query=user_name=javascript:gs.getUserName()&sysparm_fields=user_name"
    answer = urllib.request.urlopen(os.environ[own + "HTTPS_URL"] + me, context=context)
    print(name, json.load(answer)["result"])
"""
"""A program that logs in with what it is given, by the password and by the certificate."""


def test_a_command_is_given_what_the_administrator_logs_in_with(tmp_path: Path) -> None:
    """The password that a step has set, not the first one; and a certificate."""
    (tmp_path / "others.yaml").write_text(OTHERS)
    program = (sys.executable, "-c", LOGS_IN)
    result = run(tmp_path, "exec", tmp_path / "others.yaml", "--https", "--https-port", "0", *FREE, "--", *program)
    assert (result.code, result.out) == (
        0,
        "PROD1 200\nPROD1 [{'user_name': 'admin'}]\nSUBPROD1 200\nSUBPROD1 [{'user_name': 'admin'}]\n",
    ), result


def test_users_get_certificates_that_are_gone_with_the_fleet(tmp_path: Path) -> None:
    """Nobody else may read them; a password that a client has set cannot be told."""
    (tmp_path / "others.yaml").write_text(OTHERS)
    out, home = tmp_path / "up.json", str(tmp_path)
    options = ("--https", "--https-port", "0", *FREE, "--keep", tmp_path / "kept", "--json", out)
    with Command(tmp_path, "up", tmp_path / "others.yaml", *options, XDG_RUNTIME_DIR=home) as command:
        command.wait_until(lambda: "Ctrl-C stops it" in command.out)
        about = json.loads(out.read_text())["instances"]["prod1"]
        files = {user: Path(file) for user, file in about["certificates"].items()}
        assert files.keys() == {"admin", "zoë", "../ann"}  # and none for a name that is too long
        assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
        [directory] = {file.parent for file in files.values()}
        assert directory.stat().st_mode & 0o777 == 0o700
        assert str(directory) in command.out
        assert "admin.pem" in command.out
        me = "/api/now/table/sys_user?sysparm_query=user_name=javascript:gs.getUserName()&sysparm_fields=user_name"
        authority = json.loads(out.read_text())["authority"]
        for user, file in files.items():
            context = ssl.create_default_context(cafile=authority)
            context.load_cert_chain(file)
            answer = httpx.get(about["https_url"] + me, verify=context)
            assert answer.json() == {"result": [{"user_name": user}]}
        assert about["users"]["admin"] == "s3cret"
        httpx.patch(
            f"{about['url']}/api/now/table/sys_user/6816f79cc0a8016401c5a33be04be441",
            json={"user_password": "unknown"},
            auth=("admin", "s3cret"),
        )
        control = json.loads(out.read_text())["control"]
        told = httpx.get(f"{control['url']}/fleet", headers={"authorization": f"Bearer {control['token']}"})
        assert told.json()["instances"]["prod1"]["users"]["admin"] is None
        command.process.send_signal(signal.SIGINT)
        assert command.wait().code == 130
    assert not directory.exists()
    kept = tmp_path / "kept" / "others"
    program = (sys.executable, "-c", "import os; print('TRUSTSIM_PROD1_PASSWORD' in os.environ)")
    going_on = ("exec", tmp_path / "others.yaml", "--no-steps", *FREE, "--from", kept, "--", *program)
    result = run(tmp_path, *going_on)
    assert (result.code, result.out) == (0, "False\n"), result
    assert "prod1: nobody can tell the password of admin, and TRUSTSIM_PROD1_PASSWORD is left out" in result.err
