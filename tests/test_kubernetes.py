"""The manifests of .kubernetes: Kubernetes and Dask take them, they fit together, and the page shows them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from distributed.cli import dask_scheduler, dask_ssh, dask_worker
from lightkube.models import apps_v1, core_v1, meta_v1
from pydantic import ConfigDict, TypeAdapter, ValidationError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".kubernetes"
GUIDE = (ROOT / "simulator" / "docs" / "guides" / "machines.md").read_text()


@dataclass
class Workers:
    """Of a DaskCluster."""

    replicas: int
    spec: core_v1.PodSpec


@dataclass
class Scheduler:
    """Of a DaskCluster."""

    spec: core_v1.PodSpec
    service: core_v1.ServiceSpec


@dataclass
class DaskClusterSpec:
    """Of a DaskCluster."""

    worker: Workers
    scheduler: Scheduler


@dataclass
class DaskCluster:
    """What we use of Dask's own resource; its whole schema is in dask-kubernetes, and four clients with it."""

    apiVersion: str  # noqa: N815
    kind: str
    metadata: meta_v1.ObjectMeta
    spec: DaskClusterSpec


KINDS: dict[tuple[str, str], Any] = {
    ("v1", "ConfigMap"): core_v1.ConfigMap,
    ("v1", "Service"): core_v1.Service,
    ("apps/v1", "StatefulSet"): apps_v1.StatefulSet,
    ("kubernetes.dask.org/v1", "DaskCluster"): DaskCluster,
}


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def taken(document: dict[str, Any]) -> None:
    """Raises ValidationError for a key that is none, a value of another type, and a key that is missing."""
    models = [each for module in (apps_v1, core_v1, meta_v1) for each in vars(module).values()]
    for each in (*models, DaskCluster, DaskClusterSpec, Scheduler, Workers):
        if is_dataclass(each):
            setattr(each, "__pydantic_config__", ConfigDict(extra="forbid", strict=True))  # noqa: B010
    TypeAdapter(KINDS[document["apiVersion"], document["kind"]]).validate_json(json.dumps(document))


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_a_manifest_is_taken(name: str) -> None:
    for document in documents(name):
        taken(document)


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        (("spec", "replicas"), "3"),
        (("spec", "serviceNames"), "x"),
        (("spec", "template", "spec", "containers"), {}),
    ],
)
def test_one_that_is_wrong_is_not(at: tuple[str, ...], wrong: object) -> None:
    *_, stateful = documents("broker.yaml")
    inner = stateful
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = wrong
    with pytest.raises(ValidationError):
        taken(stateful)


def test_the_brokers_find_each_other() -> None:
    """By the names that Kubernetes gives them, at the ports at which they listen."""
    configured, service, stateful = documents("broker.yaml")
    text, name = configured["data"]["nats.conf"], stateful["metadata"]["name"]
    number = stateful["spec"]["replicas"]
    [container] = stateful["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert stateful["spec"]["serviceName"] == service["metadata"]["name"]
    assert service["spec"]["selector"] == stateful["spec"]["template"]["metadata"]["labels"]
    assert {port["name"]: port["port"] for port in service["spec"]["ports"]}.items() <= ports.items()
    hosts = [f"{name}-{index}.{service['metadata']['name']}" for index in range(number)]
    assert re.findall(r"nats://([^,\]]+)", text) == [f"{host}:{ports['cluster']}" for host in hosts]
    assert re.findall(r"mqtt \{ port: (\d+)", text) == [str(ports["mqtt"])]
    head = (FOLDER / "broker.yaml").read_text().splitlines()[1]
    assert all(f"{host}:{ports['mqtt']}" in head for host in hosts)


def test_the_workers_have_one_image_and_do_one_thing_at_a_time() -> None:
    """And the scheduler is the one that Dask's operator names after the cluster."""
    [cluster] = documents("workers.yaml")
    spec = cluster["spec"]
    [worker], [scheduler] = (spec[which]["spec"]["containers"] for which in ("worker", "scheduler"))
    assert worker["image"] == scheduler["image"]
    assert worker["args"][worker["args"].index("--nthreads") + 1] == "1"
    assert spec["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == cluster["metadata"]["name"]
    assert f"service/{cluster['metadata']['name']}-scheduler 8786" in GUIDE
    [given] = [each["value"] for each in worker["env"] if each["name"] == "EXTRA_PIP_PACKAGES"]
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert given == f"trustsim[cluster]=={version[1]}"


def test_the_page_shows_what_the_files_say() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    manifests = [text for text in shown if "apiVersion" in text]
    assert manifests == [(FOLDER / name).read_text() for name in ("workers.yaml", "broker.yaml")]


def test_options_of_dask_that_are_named_exist() -> None:
    """On the page and in the manifest, of each of the commands."""
    named = 0
    args = [" ".join(each["args"]) for each in _containers(documents("workers.yaml")[0])]
    for kind, words in re.findall(r"dask (ssh|worker|scheduler)\b(.*)", "\n".join([GUIDE, *args])):
        main = {"ssh": dask_ssh, "worker": dask_worker, "scheduler": dask_scheduler}[kind].main
        options = re.findall(r"--[\w-]+", words)
        assert set(options) <= {option for each in main.params for option in each.opts}, words
        named += len(options)
    assert named > 10


def _containers(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for which in cluster["spec"].values() for each in which["spec"]["containers"]]
