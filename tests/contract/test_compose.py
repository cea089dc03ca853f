"""What docker-compose.yml promises, read from the file: hardening, secrets, networks, time to stop, settings."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.docker import make_secrets
from services.api.__main__ import DRAIN_SECONDS
from services.api.main import UPLOADS_AT_ONCE
from shared import config
from shared.config import Settings
from shared.queue.app import time_limits

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_OFF = {"secrets", "setup"}
LASTING = sorted(SERVICES.keys() - ONE_OFF)
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
CELERY = ["worker", "fetcher", "retrainer"]
REACHING_OUT = {"api", "fetcher", "sender", "prometheus"}

# Where the stack's own servers are; the keys of the object store's dialect that they leave as they are.
NOT_OFFERED = {"s3_secure", "s3_region", "s3_images_bucket", "s3_models_bucket", "onnx_provider"}


def default(text: str) -> str:
    """The text with every `${NAME:-default}` as it is when nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def seconds(text: str) -> int:
    assert text.endswith("s"), text
    return int(text[:-1])


def test_the_file_holds_the_services_of_the_design():
    assert set(LASTING) == {
        *("postgres", "redis", "minio"),
        *("api", "worker", "fetcher", "sender", "sweeper", "scheduler", "retrainer"),
        "prometheus",
    }


@pytest.mark.parametrize("name", LASTING)
def test_a_service_that_lasts_has_a_health_check_and_starts_again(name: str):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(ONE_OFF))
def test_a_one_off_ends_and_is_waited_for_to_succeed(name: str):
    assert SERVICES[name]["restart"] == "no"
    waiting = [service["depends_on"][name] for service in SERVICES.values() if name in service.get("depends_on", [])]
    assert waiting
    assert all(wait == {"condition": "service_completed_successfully"} for wait in waiting)


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_has_more_rights_than_it_needs(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert not service.keys() & {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"}
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", OURS)
def test_a_folder_in_memory_may_be_written_after_a_restart_too(name: str):
    # A restart gives such a mount the mode of the folder below it, which only /tmp has in every image.
    others = [mount for mount in SERVICES[name]["tmpfs"] if not mount.startswith("/tmp")]
    assert others == ["/run/metrics:uid=10001,gid=10001"]


def test_what_is_large_and_slow_arrives_on_the_disk_and_leaves_the_memory_to_pictures():
    api, spool = SERVICES["api"], SERVICES["api"]["environment"]["JINWI_SPOOL_DIR"]
    assert f"spool:{spool}" in api["volumes"]
    assert spool in dockerfile()
    [size] = [int(mount.removeprefix("/tmp:size=").removesuffix("m")) for mount in api["tmpfs"] if "size" in mount]
    assert size << 20 >= UPLOADS_AT_ONCE * Settings().max_body_bytes


def test_every_image_runs_as_somebody_other_than_root():
    # Prometheus's image names `nobody` itself.
    by_name = {name for name, service in SERVICES.items() if "user" in service}
    assert by_name | set(OURS) | {"prometheus"} == SERVICES.keys()
    assert not any(SERVICES[name]["user"].partition(":")[0] in {"0", "root"} for name in by_name)
    users = re.findall(r"^USER (\S+)$", dockerfile(), re.MULTILINE)
    assert users[-1] == "10001:10001"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_the_file(name: str):
    for variable, value in (SERVICES[name].get("environment") or {}).items():
        if re.search("PASSWORD|SECRET|TOKEN", variable):
            assert variable.endswith("_FILE"), variable
            assert value.removeprefix("/run/secrets/") in make_secrets.NAMES


def test_the_secrets_that_are_made_are_the_ones_that_the_settings_read():
    fields = {config.variable(name).lower() for name in Settings.model_fields}
    assert set(make_secrets.NAMES) <= fields


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"prometheus"}))
def test_only_the_maker_of_secrets_may_write_them(name: str):
    mode = ":ro" if name != "secrets" else ""
    assert f"secrets:/run/secrets{mode}" in SERVICES[name]["volumes"]


@pytest.mark.parametrize("name", CELERY)
def test_a_celery_worker_has_time_to_end_its_task(name: str):
    assert seconds(SERVICES[name]["stop_grace_period"]) > time_limits(Settings())[1]


@pytest.mark.parametrize("name", sorted(set(OURS) - ONE_OFF))
def test_the_stores_are_stopped_after_whoever_still_writes_to_them(name: str):
    # Directly: the old program looks past no container that has ended, as the set-up has.
    assert {"postgres", "redis", "minio"} <= SERVICES[name]["depends_on"].keys()


def test_requests_and_webhooks_under_way_have_time_to_end():
    assert seconds(SERVICES["api"]["stop_grace_period"]) > DRAIN_SECONDS
    assert seconds(SERVICES["sender"]["stop_grace_period"]) > Settings().webhook_seconds


def test_only_the_api_and_prometheus_are_published_and_only_to_this_machine():
    published = {
        name: [default(port) for port in service["ports"]] for name, service in SERVICES.items() if "ports" in service
    }
    assert published == {"api": ["127.0.0.1:8000:8000"], "prometheus": ["127.0.0.1:9090:9090"]}


@pytest.mark.parametrize("name", SERVICES)
def test_only_those_that_must_can_reach_out(name: str):
    open_networks = {
        network for network in SERVICES[name]["networks"] if not COMPOSE["networks"][network].get("internal")
    }
    assert "inside" in SERVICES[name]["networks"]
    assert bool(open_networks) == (name in REACHING_OUT)


def test_only_who_makes_the_private_model_key_and_who_signs_with_it_can_see_it():
    private = Path(COMPOSE["x-settings"]["JINWI_MODEL_SIGNING_KEY"]).parent
    sees = {name for name, service in SERVICES.items() if any(f":{private}" in one for one in service["volumes"])}
    assert sees == {"secrets", "setup", "retrainer"}
    assert Path(COMPOSE["x-settings"]["JINWI_MODEL_PUBLIC_KEY"]).parent == config.SECRETS_DIRECTORY


def test_redis_keeps_what_it_was_given():
    said = SERVICES["redis"]["command"][-1]
    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"} <= set(said.splitlines())


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_set_or_taken_from_the_shell(name: str):
    given = SERVICES[name]["environment"].keys()
    secret = {
        config.variable(field)
        for field in Settings.model_fields
        if config.variable(field).lower() in make_secrets.NAMES
    }
    offered = {config.variable(field) for field in Settings.model_fields.keys() - NOT_OFFERED}
    assert {variable for variable in given if variable.startswith("JINWI_")} == offered - secret


def test_the_proxy_before_the_api_can_be_named():
    # Without it all visitors of permanent links have one address, that of the network's gateway, and share one limit.
    assert SERVICES["api"]["environment"].get("FORWARDED_ALLOW_IPS", "absent") is None


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - set(OURS)))
def test_an_image_of_others_is_pinned_to_a_version(name: str):
    _, _, tag = default(SERVICES[name]["image"]).rpartition(":")
    assert re.search(r"\d", tag)
    assert tag != "latest"


def test_the_build_takes_every_package_of_the_distribution_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    kept = {line[1:] for line in ignored if line.startswith("!")}
    assert kept == {*packages, "pyproject.toml", "README.md", "LICENSE"}
    assert set(re.findall(r"^COPY (\w+) \1$", dockerfile(), re.MULTILINE)) == set(packages)


def test_what_pip_has_to_compile_finds_a_compiler_in_the_build_and_leaves_it_there():
    build, image = dockerfile().split("\nFROM ")[-2:]
    # A wheel of an index names the libc that it runs on (manylinux); one that was made on this machine does not.
    compiled = {name for name in installed_for("worker") if re.search(r"-linux_\w+$", wheel_tags(name), re.MULTILINE)}
    assert not compiled or re.search(r"apt-get install .*\bg\+\+", build), compiled
    assert "apt-get" not in image


def test_each_image_installs_an_extra_that_exists():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {SERVICES[name]["image"]: SERVICES[name]["build"]["args"]["EXTRA"] for name in OURS}
    assert extras == {"jinwi-api": "api", "jinwi-worker": "worker", "jinwi-retrainer": "retrainer"}
    assert set(extras.values()) <= project["optional-dependencies"].keys()


def test_no_command_of_the_guide_waits_for_ever():
    # Told not to start anything, `docker-compose` 1.29 waits for the end of `secrets`, which nobody began.
    assert "--no-start" not in (ROOT / "docs/how-to/compose.md").read_text(encoding="utf-8")


def test_compose_itself_accepts_the_file():
    """Whichever compose this machine has, the old program or the plugin."""
    commands = [["docker-compose"], ["docker", "compose"]]
    works = [command for command in commands if shutil.which(command[0]) and succeeds(*command, "version")]
    if not works and os.environ.get("CI"):
        pytest.fail("neither docker-compose nor `docker compose` is installed")
    if not works:
        pytest.skip("needs docker-compose or `docker compose`")
    for command in works:
        checked = subprocess.run([*command, "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def installed_for(extra: str) -> set[str]:
    """Names of the packages that an extra of ours asks for and that are installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[<>=]", one)[0] for one in project["optional-dependencies"][extra]} - {"jinwi"}
    return {name for name in wanted if any(metadata.distributions(name=name))}


def wheel_tags(name: str) -> str:
    return metadata.distribution(name).read_text("WHEEL") or ""


def dockerfile() -> str:
    return (ROOT / "deploy/docker/Dockerfile").read_text(encoding="utf-8")
