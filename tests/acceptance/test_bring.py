"""A detector that a user brings, from its ONNX file to the verdicts of real processes."""

import io
import json
import math

import httpx
import numpy as np
import pytest
from PIL import Image

from jinwi import Client
from tests import foreign
from tests.processes import wait_until

PATIENCE = 60
COLOUR = (200, 120, 40)


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), COLOUR).save(file, "PNG")
    return file.getvalue()


def expected() -> float:
    """What the brought detector says of the picture, by hand: its calibrated softmax."""
    prepared = (np.array(COLOUR)[::-1] - np.array([100.0, 110, 120])) / np.array([50.0, 60, 70])
    human, ai = foreign.logits(prepared.reshape(1, 1, 1, 3), 2)[0]
    return 1 / (1 + math.exp(-((ai - human) / 2 + 0.5)))


@pytest.fixture
def run(service, jinwi):
    """The command line against the running system; its one line of JSON."""

    def call(*arguments):
        result = jinwi("models", *arguments, "--json", JINWI_URL=service.url, JINWI_API_KEY=service.key)
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    return call


@pytest.fixture
def client(service):
    """Afterwards the system is as it was."""
    with Client(service.url, service.key) as client:
        before = client.model().version
        yield client
        pin(service, None)
        if client.model().version != before:
            client.promote_model(before)


def pin(service, version):
    headers = {"Authorization": f"Bearer {service.key}"}
    httpx.patch(f"{service.url}/v1/policy", headers=headers, json={"model": version}).raise_for_status()


def test_a_brought_detector_serves_one_tenant_then_all_and_can_be_rolled_back(service, client, run, tmp_path):
    file = foreign.graph(tmp_path / "detector.onnx", classes=2)
    card = foreign.card(
        tmp_path / "card.yaml",
        preprocess={"scale": "0..255", "mean": [100, 110, 120], "std": [50, 60, 70], "channels": "BGR"},
        output={"kind": "class_logits", "ai_class": 1},
        calibration={"temperature": 2, "bias": 0.5},
    )
    shipped = client.model().version
    assert run("import", str(file), "--card", str(card))["origin"] == "imported"
    assert client.verify(picture()).result.model_version == shipped

    pin(service, "100.0.0")
    result = client.verify(picture()).result
    assert result.model_version == "100.0.0"
    assert result.ai_probability == pytest.approx(expected(), abs=1e-4)
    assert [reason.code for reason in result.reasons] == ["blank"]
    assert result.domain is None
    pin(service, None)
    assert client.verify(picture()).result.model_version == shipped

    assert run("promote", "100.0.0")["aliases"] == ["champion"]
    wait_until(lambda: client.verify(picture()).result.model_version == "100.0.0", PATIENCE)
    assert run("rollback")["version"] == shipped
    wait_until(lambda: client.verify(picture()).result.model_version == shipped, PATIENCE)
