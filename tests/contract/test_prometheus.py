"""The scrape configuration and the alerts: accepted by Prometheus, and about names that exist."""

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics, stored_metrics

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/prometheus"


@pytest.fixture
def promtool(program):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program("promtool"), *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
        )

    return run


def test_prometheus_accepts_configuration_and_alerts(promtool):
    checked = promtool("check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stderr


def test_the_alerts_fire_when_they_should_and_only_then(promtool):
    tested = promtool("test", "rules", "alerts_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_alerts_speak_only_of_metrics_that_exist():
    histograms = {metric._name for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)}
    source = Path(stored_metrics.__file__).read_text(encoding="utf-8")
    families = set(re.findall(r'MetricFamily\(\s*"(\w+)"', source))
    spoken = set(re.findall(r"\bjinwi_\w+", (FOLDER / "alerts.yml").read_text(encoding="utf-8")))
    assert spoken
    assert {re.sub("_(bucket|count|sum|total)$", "", name) for name in spoken} <= histograms | families


def test_each_alert_carries_a_section_that_says_what_to_do():
    rules = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
    alerts = re.findall(r"alert: (\w+)", rules)
    runbooks = re.findall(r"runbook: (\S+)", rules)
    assert [runbook.rpartition("#")[2] for runbook in runbooks] == [alert.lower() for alert in alerts]
    (page,) = {runbook.rpartition("#")[0] for runbook in runbooks}
    sections = re.findall(r"^### (\w+)\n\n(.+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name, _ in sections} == set(alerts)


def test_names_of_metrics_end_with_their_unit():
    """As Prometheus's conventions for names have it: base units, and what is a share is a ratio."""
    processes = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    assert all(metric._name.endswith("_seconds") for metric in processes if metric._type == "histogram")
    source = Path(stored_metrics.__file__).read_text(encoding="utf-8")
    for name in re.findall(r'MetricFamily\(\s*"(\w+)"', source):
        assert not name.endswith(("_total", "_ms", "_minutes", "_hours", "_percent")), name
        assert name.endswith("_seconds") or "age" not in name.split("_"), name


def test_every_service_that_is_scraped_is_in_the_compose_file():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    (scrape,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    ports = {name: source["port"] for source in scrape["dns_sd_configs"] for name in source["names"]}
    assert ports.pop("api") == services["api"]["environment"]["JINWI_PORT"]
    assert ports.keys() <= services.keys()
    assert set(ports.values()) == {services["worker"]["environment"]["JINWI_METRICS_PORT"]}
