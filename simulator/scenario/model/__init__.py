"""The format of a scenario file, as types. The descriptions here are the format's documentation.

references.py      the names a file may use
choices.py         what a column or a field may hold, for what expectations write
values.py          names that must exist, durations, shares, one or more of a kind
topology.py        the instances and the applications on them
administration.py  what administrators and applications do
cmdb.py            what the CMDBs of instances are given and asked
requests.py        what clients ask over HTTP
records.py         what people do with the records of CMDBs
faults.py          what goes wrong
identity.py        certificates, and another's name
expectations.py    what must hold after a step, or at the end
scenario.py        a step, and the whole of a plain scenario
written.py         a file as people write it, of which plain scenarios are made
"""

from simulator.scenario.model.administration import (
    ChangeSettingsStep,
    CloneStep,
    CreateTrustRecordStep,
    DeleteManagedStep,
    DeleteProfileItemStep,
    DeleteTrustRecordStep,
    DemoteStep,
    InstallApplicationStep,
    InstallPluginStep,
    ManagerAnswerStep,
    NameManagerStep,
    ProfileItemKey,
    RemoveApplicationStep,
    RenameStep,
    RequestManagementStep,
    SaveProfileItemStep,
    SendStep,
    SetGrantAccessStep,
    SetIsGrantingAccessStep,
    ShareDataStep,
    SnapshotStep,
    SyncTrustProfilesStep,
    TrustRecordStep,
    UpgradeApplicationStep,
    UpgradeStep,
)
from simulator.scenario.model.cmdb import AssignUserStep, ConfigureCmdbStep, IdentifyStep
from simulator.scenario.model.expectations import (
    EXPECTATION_KINDS,
    ConnectionExpectation,
    Expectation,
    JournalExpectation,
    MessageExpectation,
    OutcomeExpectation,
    SyncExpectation,
    TableExpectation,
    Timed,
)
from simulator.scenario.model.faults import (
    ClockDefinition,
    CrashDefinition,
    Defect,
    DefectDefinition,
    DelayDefinition,
    DiskDefinition,
    FaultStep,
    HttpDefinition,
    SlowDiskDefinition,
    Way,
    WeatherDefinition,
)
from simulator.scenario.model.identity import CertificateStep, ImpersonateStep
from simulator.scenario.model.records import (
    AuditStep,
    CloseTaskStep,
    DeleteRecordStep,
    EditRecordStep,
    RecordStep,
    RemediateStep,
    RetireStep,
    TaskStep,
)
from simulator.scenario.model.requests import RequestStep
from simulator.scenario.model.scenario import ALONE, BESIDE_THE_VERB, WITHOUT_OUTCOME, Scenario, Step
from simulator.scenario.model.topology import (
    ApplicationDefinition,
    CapabilityDefinition,
    Environment,
    InstallationDefinition,
    InstanceDefinition,
    OperationDefinition,
)
from simulator.scenario.model.values import ByUser, Duration, Part
from simulator.scenario.model.written import Matrix, WrittenScenario

__all__ = [
    "ALONE",
    "BESIDE_THE_VERB",
    "EXPECTATION_KINDS",
    "WITHOUT_OUTCOME",
    "ApplicationDefinition",
    "AssignUserStep",
    "AuditStep",
    "ByUser",
    "CapabilityDefinition",
    "CertificateStep",
    "ChangeSettingsStep",
    "ClockDefinition",
    "CloneStep",
    "CloseTaskStep",
    "ConfigureCmdbStep",
    "ConnectionExpectation",
    "CrashDefinition",
    "CreateTrustRecordStep",
    "Defect",
    "DefectDefinition",
    "DelayDefinition",
    "DeleteManagedStep",
    "DeleteProfileItemStep",
    "DeleteRecordStep",
    "DeleteTrustRecordStep",
    "DemoteStep",
    "DiskDefinition",
    "Duration",
    "EditRecordStep",
    "Environment",
    "Expectation",
    "FaultStep",
    "HttpDefinition",
    "IdentifyStep",
    "ImpersonateStep",
    "InstallApplicationStep",
    "InstallPluginStep",
    "InstallationDefinition",
    "InstanceDefinition",
    "JournalExpectation",
    "ManagerAnswerStep",
    "Matrix",
    "MessageExpectation",
    "NameManagerStep",
    "OperationDefinition",
    "OutcomeExpectation",
    "Part",
    "ProfileItemKey",
    "RecordStep",
    "RemediateStep",
    "RemoveApplicationStep",
    "RenameStep",
    "RequestManagementStep",
    "RequestStep",
    "RetireStep",
    "SaveProfileItemStep",
    "Scenario",
    "SendStep",
    "SetGrantAccessStep",
    "SetIsGrantingAccessStep",
    "ShareDataStep",
    "SlowDiskDefinition",
    "SnapshotStep",
    "Step",
    "SyncExpectation",
    "SyncTrustProfilesStep",
    "TableExpectation",
    "TaskStep",
    "Timed",
    "TrustRecordStep",
    "UpgradeApplicationStep",
    "UpgradeStep",
    "Way",
    "WeatherDefinition",
    "WrittenScenario",
]
