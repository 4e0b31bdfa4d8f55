"""The documentation of scenario files, from the types in model/.

The prose stands here, the tables are made: `python -m simulator.scenario.format > scenarios/README.md`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator
from pydantic.fields import FieldInfo

from simulator.decision import RefusalCode
from simulator.scenario import model, references
from simulator.scenario.failures import FAILURES, Failure
from simulator.scenario.model import Step, Timed
from simulator.store import base, setup
from simulator.trust import ROW_TYPES
from simulator.trust.catalogue import MEANINGS, Meaning
from simulator.trust.findings import FINDINGS


def readme() -> str:
    """The text of scenarios/README.md."""
    return re.sub(r"^@(\w+)(.*)$", lambda line: _table(line[1], line[2].split()), _FRAME, flags=re.MULTILINE)


def _table(kind: str, names: Sequence[str]) -> str:
    """A table that the frame asks for with a line such as `@keys SendStep`."""
    match kind:
        case "keys":
            (part,) = names
            return _markdown(("key", "value", "meaning"), _rows_of_keys(part))
        case "verbs":
            return _markdown(("step", "meaning"), [(f"`{verb}`", _meaning_of_verb(verb)) for verb in names])
        case "events":
            verbs = [(verb, Step.model_fields[verb]) for verb in names]
            rows = [(f"`{verb}`", _value(field.annotation), _meaning_of_verb(verb)) for verb, field in verbs]
            return _markdown(("step", "value", "meaning"), rows)
        case "tables":
            return _markdown(("table", "a row", "columns"), _rows_of_tables())
        case "failures":
            return _markdown(("mode", "what fails", "scenario", "how"), map(_row_of_failure, FAILURES))
        case "refusals":
            return _table_of_codes({code.value: meaning for code, meaning in MEANINGS.items()})
    assert kind == "findings", f"the frame asks for an unknown table {kind}"
    return _table_of_codes(FINDINGS)


def _table_of_codes(meanings: Mapping[str, Meaning]) -> str:
    codes = [(f"`{code}`", it.when, f"{it.rule} [{it.source}]", it.remedy) for code, it in meanings.items()]
    return _markdown(("code", "when", "rule", "what mends it"), codes)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def _row_of_failure(failure: Failure) -> tuple[str, str, str, str]:
    link = f"[{failure.scenario}]({failure.scenario}.yaml)" if failure.scenario else "none"
    return failure.number, failure.what, link, failure.how


def _rows_of_keys(part: str) -> list[tuple[str, str, str]]:
    """A row for each key of a part; an expectation's are without those of the one it extends."""
    kind = next(getattr(module, part) for module in (model, setup, base) if hasattr(module, part))
    shared = kind.__base__.model_fields if issubclass(kind.__base__, Timed) else {}
    return [
        (
            f"`{field.alias or name}`{' (required)' if field.is_required() else ''}",
            _value(field.annotation, field.metadata),
            _meaning_of_key(field),
        )
        for name, field in kind.model_fields.items()
        if name not in shared
    ]


def _rows_of_tables() -> list[tuple[str, str, str]]:
    rows = []
    for row_type in ROW_TYPES:
        sentence = re.sub(r" \(S\d+\)", "", (row_type.__doc__ or "").split("\n")[0])
        columns = ", ".join(references.COLUMNS_BY_TABLE[row_type.TABLE])
        rows.append((f"`{row_type.TABLE}`", sentence.removesuffix("."), columns))
    return rows


def _meaning_of_verb(verb: str) -> str:
    """A verb's description, or else the first paragraph of that of its value."""
    field = Step.model_fields[verb]
    meaning = field.description or get_args(field.annotation)[0].__doc__.split("\n\n")[0]
    return meaning[0].upper() + meaning[1:].rstrip(".")


def _meaning_of_key(field: FieldInfo) -> str:
    default = f"; left out: `{field.default}`" if isinstance(field.default, str) and field.default else ""
    return (field.description or "") + default


_REFERENCE = {
    references.known_instance: "instance",
    references.known_application: "application",
    references.known_capability: "capability",
    references.known_operation: "operation",
    references.known_message: "message",
}
_WORD = {
    str: "text",
    int: "number",
    bool: "`true` or `false`",
    timedelta: "[duration](#durations)",
    RefusalCode: "[refusal code](#refusal-codes)",
}


def _value(kind: Any, annotations: Sequence[Any] = ()) -> str:
    """What an author writes for a value of this type, in a word or a few."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(arguments[0], arguments[1:])
    for annotation in annotations:
        if isinstance(annotation, AfterValidator) and annotation.func in _REFERENCE:
            return _REFERENCE[annotation.func]
    if origin in (Union, UnionType):
        return " or ".join(_value(member) for member in arguments if member is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{str(choice).lower()}`" for choice in arguments)
    if origin is list:
        is_one_or_more = any(isinstance(annotation, BeforeValidator) for annotation in annotations)
        return f"{_value(arguments[0])}, or a list" if is_one_or_more else "list"
    if kind in _WORD:
        return _WORD[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(f"`{choice}`" for choice in kind)
    return "mapping"


_FRAME = """\
<!-- Made from the types in simulator/scenario by: python -m simulator.scenario.format > scenarios/README.md -->

# Scenario files

A scenario file says which instances there are, what happens, and what must be true then. `trustsim run` starts
every instance it names, takes the steps one after the other, and reports what was as expected and what was not.

The smallest one that shows something:

```yaml
name: A sub-prod names its manager
instances:
  prod1: production
  subprod1: development
applications:
  Impact Health:
    capabilities:
      Code Check: { operations: { request scan: message } }
steps:
  - name_manager: { on: subprod1, manager: prod1 }
  - advance: 10m # the manager approves by itself after five minutes
expect:
  - { table: sn_mif_managed_by_instance, on: subprod1, where: { approval: auto_approved } }
```

The other files in this folder are complete examples; start with
[documented-example.yaml](documented-example.yaml).

```
trustsim validate FILE...    check files and start nothing
trustsim run FILE...         run them on a broker, every instance a process
trustsim run --virtual FILE  run them in virtual time, in one process
trustsim sweep FILE          run one under many seeds, each with weather of its own
trustsim shrink FILE         make a small scenario of a seed under which it fails
trustsim mutate FILE         ask which broken rules of the product it would notice
trustsim schema              print the JSON Schema
```

A wrong file is refused before anything starts, with all of its mistakes at once, each with its line and column.

For completion and hints while you type, write the schema to a file with `trustsim schema > trustsim.schema.json`
and make this the first line of a scenario, with the path to that file (any editor that uses yaml-language-server,
such as VS Code with the YAML extension, reads it):

```
# yaml-language-server: $schema=trustsim.schema.json
```

Files are YAML 1.2: `on` and `yes` are texts, anchors, aliases and merge keys work. A version that looks like a
number needs quotes: `version: "1.0"`.

## The whole file

@keys Scenario

### Instances

In short a name and an environment, or a name and a mapping:

```yaml
instances:
  prod1: production
  subprod1:
    environment: development
    applications: { Impact Health: 1.4.2 }
```

@keys InstanceDefinition

### Applications

An application has capabilities, which have operations, or takes part in [data sharing](#data-sharing), or both.
What an application is, it is on every instance that has it installed.

```yaml
applications:
  Impact Health:
    version: 1.4.3
    capabilities:
      Code Check:
        operations:
          transfer results: data
          request scan: { kind: message, answer: { accepted: true } }
  Subscription Management:
    data_sharing: true
```

@keys ApplicationDefinition

A capability:

@keys CapabilityDefinition

An operation is in short its kind, or a mapping:

@keys OperationDefinition

### Ready-made applications

`include` takes applications from the folder `applications` beside the scenario, or from the one that comes with
trustsim: Impact Health, AI Control Tower, App Engine Management Center, ReleaseOps, Clone Admin Console, for data
sharing Subscription Management and Security Center, and for configuration items CMDB Exchange.

```yaml
include: [Impact Health, AI Control Tower]
```

A file of the library has the application's `name` and the keys above. Which operations an application has is
mostly not published; those of the library are made after what its pages say that it exchanges. CMDB Exchange is
nobody's product: it stands for whatever brings configuration items from one instance to another.

## Steps

A step is one of the verbs below and, if you like, [what you expect](#expectations) of it. Wherever a step asks for
an `application`, a `capability` or an `operation`, leave it out if there is only one to choose from.

### Who manages whom

@verbs name_manager request_management approve_manager reject_manager delete_manager delete_managed

```yaml
- name_manager: { on: subprod1, manager: prod1 }
- request_management: { on: prod1, instances: [subprod1, subprod2] }
- approve_manager: { on: subprod1, manager: prod1 }
- reject_manager: { on: subprod2, manager: prod1 }
- delete_manager: { on: subprod1, manager: prod1 }
- delete_managed: { on: prod1, instances: subprod2 }
```

`name_manager`:

@keys NameManagerStep

`request_management` and `delete_managed`:

@keys RequestManagementStep

`approve_manager`, `reject_manager` and `delete_manager`:

@keys ManagerAnswerStep

### Trust profiles

@verbs save_profile_item delete_profile_item sync_trust_profiles

```yaml
- save_profile_item: { on: prod1, trusting: [subprod1, subprod2], trusted: prod1 }
- sync_trust_profiles: { on: prod1 }
- delete_profile_item: { on: prod1, trusting: subprod2, trusted: prod1 }
```

`save_profile_item`; the last three are not for `delete_profile_item`:

@keys SaveProfileItemStep

`sync_trust_profiles`:

@keys SyncTrustProfilesStep

### Trust records by hand

@verbs create_trust_record delete_trust_record

```yaml
- create_trust_record: { on: subprod1, trustee: prod1 }
- delete_trust_record: { on: subprod1, trustee: prod1 }
```

`create_trust_record`; `version` is not for `delete_trust_record`:

@keys CreateTrustRecordStep

### Messages

@verbs send

```yaml
- send: { from: subprod1, to: prod1, operation: transfer results, payload: { findings: 17 } }
- send: { from: prod1, to: [subprod1, subprod2], operation: request scan, as: scans }
- send: { from: subprod1, to: prod1, operation: request scan, unchecked: true }
  expect: { refused: no_trust_record, by: prod1 }
```

@keys SendStep

### Settings of applications

@verbs change_settings

```yaml
- change_settings: { on: subprod1, payload: { overflow: false } }
  expect: { refused: settings_are_read_only, because: of prod1 must change them there }
```

@keys ChangeSettingsStep

What an operation with `settings: true` brings takes the place of the settings of its capability at the trustor, in
the table `sn_mif_application_setting`. As long as that trusts the sender they are the sender's word.

### Data sharing

First-generation data sharing grants access by application and instance. The list Trust Configuration, which is the
table `sn_mif_trust_config`, has every other instance of the account: `grant_access` is this instance's word and
decides what it shares, `is_granting_access` mirrors the other's. By default non-production instances grant every
production instance, and production grants nobody. An instance that is promoted or demoted is back at the defaults
of its new type; where the other instance has changed type, a grant that nobody has customised follows.

@verbs set_grant_access set_is_granting_access share_data

```yaml
- set_grant_access: { on: subprod1, instance: [subprod2, prod1], grant: true }
- share_data: { from: subprod1, to: [prod1, subprod2], payload: { users: 250 } }
- set_is_granting_access: { on: subprod1, instance: subprod2, granting: true }
  expect: { refused: mirror_is_read_only, because: of subprod2 must set Grant access for subprod1 to true }
```

`set_grant_access`; `set_is_granting_access` has `granting` in the place of `grant`:

@keys SetGrantAccessStep

`share_data`:

@keys ShareDataStep

### The CMDB

Every instance has a CMDB with the base classes, identification rules, data sources and properties of the product,
and the user `admin`, who belongs to no domain. It comes into being when a step first uses it.

@verbs configure_cmdb identify assign_user

```yaml
- configure_cmdb:
    on: [prod1, subprod1]
    setup:
      domains: { TOP: { primary: true }, ACME: { parent: TOP } }
      users: { ann: { domain: ACME, roles: [itil] } }
- identify:
    on: prod1
    user: ann
    source: Discovery
    payload: { items: [{ className: cmdb_ci_linux_server, values: { name: web1, ram: "8192" } }] }
  expect: { response: { items: [{ operation: INSERT, identifierEntrySysId: Unknown }] } }
- assign_user: { on: prod1, instance: subprod1, user: ann, source: Other Automated }
```

`identify` answers as the product does: with what became of every item, also where all of them are rejected.
Refused is a call only for its user, its options or a setup that does not fit. The response is that of the API
without the envelope `result`; a report shows the operation of each item, or its first error.

The payload of a data operation with `cmdb: true` goes into the receiver's CMDB when the gate has admitted it: as
the user that `assign_user` names there for the sender, so in that user's domain, by the enhanced endpoint and
with the sender's name as source feed. Nobody assigned is refused with `no_assigned_user`. A step that sends it
can expect a `response` too. A clone brings its source's CMDB along, a restore that of its snapshot.

`configure_cmdb`:

@keys ConfigureCmdbStep

`identify`:

@keys IdentifyStep

`assign_user`:

@keys AssignUserStep

#### A setup

What is in it stands beside what the CMDB has, or takes its place. A step may be given only what changes: the same
domain with another parent moves it with all below it, and the property
`glide.identification_engine.platform_domain_separation_enabled` switches between the two modes of the engine.

@keys Setup

A domain:

@keys Domain

A user:

@keys User

A group:

@keys Group

A class:

@keys CiClass

An identification rule:

@keys Identifier

Its entries, and related entries, which must have `table` and `referenced_field`:

@keys RuleEntry

A hosting rule:

@keys Hosting

A containment rule:

@keys Containment

### Setup and lifecycle

@verbs enable_tls install_plugin promote demote rename upgrade clone snapshot restore decommission

```yaml
- enable_tls: subprod1
- install_plugin: { on: subprod1, plugin: com.glide.mif.mtls }
- promote: subprod1
- demote: { on: prod1, to: test }
- rename: { on: subprod1, to: acmedev1 }
- upgrade: { on: [prod1, subprod1], to: Australia }
- clone: { from: prod1, to: subprod1, preserve_trust: true }
- snapshot: { on: subprod2, as: subprod2 before the release }
- restore: subprod2 before the release
- decommission: subprod1
```

The others of the account learn of it by a message. A relation that the new type forbids ends on both sides: a
production instance is not managed by a non-production one.

A clone brings the source's applications, their data, its CMDB and its release; the id, the keys, the certificate,
plugins and properties stay the target's, but for the properties of the CMDB. An instance that was cloned over
without preservers, or restored, asks the others how they see what is between them: mirrors follow the one whose
word it is, a management relation that only one side knows ends with `relation_lost`, and no revision of a profile
is given twice.

@keys InstallPluginStep

@keys DemoteStep

@keys CloneStep

@keys SnapshotStep

@keys RenameStep

@keys UpgradeStep

### Time, instances and the broker

Time in a scenario is fleet time: it runs like the clock on the wall, and `advance` moves it forward for everybody.

@events advance settle stop kill start stop_broker start_broker

```yaml
- advance: 24h
- settle: 10s
- settle
- stop: subprod1
- start: subprod1
- kill: [subprod1, subprod2]
- start: [subprod1, subprod2]
- stop_broker
- start_broker
```

### Certificates

@verbs certificate impersonate

```yaml
- certificate: { on: subprod1, state: revoked }
  expect: [{ connection: subprod1, refused: certificate_revoked }]
- certificate: { on: subprod1, state: valid }
  expect: [{ connection: subprod1 }]
- impersonate: { from: subprod1, as: subprod2, to: prod1, operation: request scan }
```

With `trustsim run --broker mosquitto --tls` all of this is real: the run has a certificate authority, every
instance has a certificate, the broker asks for it and lets an instance publish only as itself and read only its
own inbox. On other brokers and in virtual time the refusal of a certificate is simulated, with the code that TLS
would give, and the lines come to the same. An instance that is refused is up and does its work; what it sends and
what is meant for it waits, as for an instance that is stopped, and `settle` does not wait for it.

With `--tls` that is also what becomes of an instance that is not ready: without `supports_tls` and its plugins it
has no certificate (`certificate_required`) until `enable_tls` and `install_plugin` have given it one.

One thing differs. What an instance publishes in another's name is refused everywhere, but with `--tls` by the
broker (`topic_denied`), and without by its recipient, for the signature is not the other's (`signature_invalid`):
a broker that does not know its clients has nothing to object. `expect: refused` means both.

`certificate`:

@keys CertificateStep

`impersonate`:

@keys ImpersonateStep

### Faults

@events fault calm

A fault is of one kind. It begins at its step, or `after` some time, and lasts `for` some time or until `calm`. The
same faults befall a fleet on a broker and one in virtual time. Where one is to follow another without a gap, let
them overlap: on a broker a moment passes between two steps, and a message gets through in it.

```yaml
- fault: { partition: [[prod1, subprod1], subprod2], for: 20m }
- fault: { isolate: subprod2, for: 10s }
- fault: { cut: { from: prod1, to: subprod1 } }
- fault: { hold: { from: prod1 }, for: 3s }
- fault: { weather: { loss: 10%, duplicate: 5%, delay: { most: 2s } }, for: 1h }
- fault: { defect: { kind: unsigned, on: subprod1 }, for: 10m }
- fault: { broker_outage: true, for: 30s }
- fault: { crash: { instance: prod1, point: after_commit }, after: 5ms, for: 1m }
- fault: { pause: [subprod1, subprod2], for: 30s }
- fault: { clock: { instance: subprod1, behind: 5m, drift: 0.01 }, for: 1h }
- fault: { disk: { instance: subprod1, state: full }, for: 10s }
- calm
```

@keys FaultStep

`cut` and `hold` are a way:

@keys Way

`weather` is about a way too, and says what becomes of payloads on it:

@keys WeatherDefinition

Its `delay`:

@keys DelayDefinition

`defect`:

@keys DefectDefinition

`crash`:

@keys CrashDefinition

`clock`:

@keys ClockDefinition

`disk`:

@keys DiskDefinition

`slow_disk`:

@keys SlowDiskDefinition

## Expectations

`expect` stands at a step, or alone as a step, or at the end of the file. At a step it takes one of two forms: what
becomes of the step itself, or a list of what must hold after it.

```yaml
- send: { from: prod1, to: subprod1, operation: request scan, as: scan }
  expect: { refused: no_trusting_instance, by: prod1, because: does not list }
- sync_trust_profiles: { on: prod1 }
  expect: processed
- expect:
    - { message: scan, outcome: refused }
    - { sync: Impact Health, on: prod1, results: { subprod1: synced, subprod2: { refused: not_my_manager } } }
    - { table: sn_mif_trusting_instance, on: prod1, rows: [{ trusting_instance: subprod1 }] }
    - { table: sn_mif_message, on: [subprod1, subprod2], count: 0, within: 5s }
    - { journal: subprod1, where: { kind: trust_profile_sync, outcome: processed }, count: 1 }
    - { journal: subprod1, where: { outcome: unreadable }, never: true }
    - { connection: subprod2, refused: certificate_revoked }
```

Without `expect`, an administrator's action must be processed; a message may end in any way. `advance`, `settle`
and what happens to instances and the broker have no outcome, so they take only a list.

What becomes of a step, in short an outcome such as `processed`, or a mapping:

@keys OutcomeExpectation

In a list, the first key says what is looked at. `message`, the messages of a send step, has the keys above and:

@keys MessageExpectation

`table`, the rows of a [table](#tables) of an instance:

@keys TableExpectation

`sync`, a manager's results of its last sync:

@keys SyncExpectation

`journal`, what an instance has done with every envelope it finished with:

@keys JournalExpectation

`connection`, whether the broker lets an instance in:

@keys ConnectionExpectation

All of them can say when they must hold. Without `within` they are judged when nothing is due any more; that a
message was processed, refused or has expired is final and judged as soon as it is so:

@keys Timed

## Claims

What must hold of the whole run stands beside `steps` and `expect`:

```yaml
always:
  - { table: sn_mif_managed_by_instance, on: [subprod1, subprod2], where: { approval: rejected }, count: 0 }
never:
  - { journal: prod1, where: { code: signature_invalid } }
eventually:
  - { table: sn_mif_trusting_instance, on: prod1, where: { trusting_instance: subprod1 }, within: 1h }
sometimes:
  - { journal: prod1, where: { outcome: duplicate } }
```

In virtual time `always` and `never` are looked at after every step of every instance that they are about, on a
broker whenever the run looks at the fleet. `eventually` is waited for at the end, when all faults have ended.
`sometimes` says what should happen in at least one seed of a sweep: a sweep in which it never does has not tried
what it was made for, and does not hold. Each takes expectations like those of a list; `within` belongs to
`eventually` alone.

### Tables

References are written as names: of instances, domains, users, groups, companies, relation types and configuration
items, and as the numbers of tasks. Every table also has the columns sys_id, sys_created_on, sys_updated_on and
sys_mod_count.

@tables

The tables of the CMDB have the product's names and columns, such as cmdb_rel_ci, cmdb_serial_number,
sys_object_source, reconcile_duplicate_task, duplicate_audit_result, reclassification_task,
cmdb_ire_partial_payloads, domain and sys_user; a class, such as cmdb_ci_linux_server, is a table of its own CIs
and those of the classes that extend it. `x_trustsim_cmdb_action` has what the CMDB was told, and its response.
Values are text; a number or a truth value in an expectation is compared as the text that the product would show.

## Durations

Days, hours, minutes, seconds and milliseconds, in this order, each with its unit: `500ms`, `30s`, `1.5s`, `10m`,
`24h`, `1d12h`.

## How trust fails

The numbered failure modes of the [README](../README.md#sources), and the scenario that shows each of them.

@failures

## Refusal codes

A refusal is a definite no. It carries one of these codes and an explanation: what was found, and who must change
what to allow it. `trustsim explain CODE` tells more of a code; the pages behind the rules are in the
[README](../README.md#sources).

@refusals

## Findings

`trustsim doctor` names what it finds by the code of the refusal that it leads to, or by one of these:

@findings
"""
"""What a person wrote of the page. A line that begins with @ stands for a table."""


if __name__ == "__main__":
    sys.stdout.write(readme())
