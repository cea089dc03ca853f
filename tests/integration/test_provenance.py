"""Provenance through the real scorer, database and library: the score stays what it was, and nothing is fetched."""

import io
import time
from datetime import timedelta

import c2pa
import pytest

from services.worker.trust import read_trust_anchors
from shared import scoring
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane, State
from shared.domain.model_card import InputSpec
from shared.errors import ConfigurationError
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from shared.provenance.c2pa import ManifestReader
from shared.scoring.picture import Picture
from shared.scoring.session import Model
from tests.integration.factories import change_policy, get, submit_image
from tests.provenance.authority import CAPTURE, COMPOSITE, TRAINED, action, make_signer, sign, trusted_signer
from tests.provenance.containers import camera, jpeg_exif, plain, png, text
from tests.provenance.generator_cases import A1111
from tests.provenance.table import cases
from tests.unit.shared.imaging.pictures import LIMITS
from tests.webserver import serve


@pytest.fixture
def trusting(verifier):
    """The verifier, with the root of the trusted signer on its list."""
    verifier._decoder.close()
    verifier._decoder = Decoder(
        Limits(max_pixels=1_000_000, max_side=4000), 10, 2 << 30, trust_anchors=trusted_signer().root
    )
    return verifier


def result_of(database, store, tenant, verifier, data):
    job_id = submit_image(database, store, tenant, data)
    verifier.drain([job_id])
    job = get(database, tenant, job_id)
    assert job.state is State.DONE, job.error
    return job.result


# The score


def test_nothing_that_a_file_says_moves_its_score(database, store, tenant, trusting):
    """Each crafted file scores as the same pixels do in a file that says nothing, and says what it says."""
    change_policy(database, tenant, provenance="decide")
    scores = {}
    crafted = list(cases())
    ids = [submit_image(database, store, tenant, case.data) for case in crafted]
    while trusting.drain(()):  # in batches, as a worker does
        pass
    for case, job_id in zip(crafted, ids, strict=True):
        job = get(database, tenant, job_id)
        assert job.state is State.DONE, (case.name, job.error)
        result = job.result
        found = [(each["kind"], each["claim"], each["strength"]) for each in result["evidence"]["provenance"]]
        assert sorted(found) == sorted(case.found), case.name
        pixels = decode(case.data, LIMITS).image.tobytes()
        scores.setdefault(pixels, {})[case.name] = result["ai_probability"]

    assert max(len(same) for same in scores.values()) > 40
    for same in scores.values():
        assert len(set(same.values())) == 1, same


def test_the_model_is_shown_the_same_bits_and_says_the_same_whatever_a_file_says():
    """Through the real decoder's process; what the model says is compared to the last bit."""
    model = Model.load(scoring.shipped()[-1], provider="cpu", threads=1)
    shown, said = {}, {}
    with Decoder(LIMITS, 30, 2 << 30, trust_anchors=trusted_signer().root) as decoder:
        for case in cases():
            prepared = decoder.decode(case.data, model.card.input, Lane.BULK)
            picture = Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=Lane.BULK)
            [score] = model.score_pictures([picture])
            pixels = decode(case.data, LIMITS).image.tobytes()
            shown.setdefault(pixels, set()).add(prepared.pixels.tobytes())
            said.setdefault(pixels, []).append((score.logit.hex(), score.probability.hex(), score.evidence.tobytes()))
    assert all(len(inputs) == 1 for inputs in shown.values())
    assert all(len(set(scores)) == 1 for scores in said.values())
    assert max(map(len, said.values())) > 40


def test_text_of_a_file_comes_through_the_database_clean(database, store, tenant, verifier):
    nasty = "a\0b \x1b[31m \udcff </script> '; DROP TABLE jobs; -- 등대 🙂".encode("utf-8", "surrogateescape")
    data = png((b"tEXt", b"parameters\0" + nasty + b"\n" + A1111.encode()))
    result = result_of(database, store, tenant, verifier, data)
    [finding] = result["evidence"]["provenance"]
    prompt = finding["details"]["prompt"]
    assert "\0" not in prompt
    assert "\x1b" not in prompt
    assert "</script> '; DROP TABLE jobs; --" in prompt


# The policy


@pytest.mark.parametrize(
    ("policy", "source", "verdict", "basis"),
    [
        ("decide", TRAINED, "likely_ai", "provenance"),
        ("decide", CAPTURE, "likely_human", "provenance"),
        ("decide", COMPOSITE, "uncertain", "provenance"),
        ("report", TRAINED, None, "model"),
    ],
)
def test_a_trusted_signature_sets_the_verdict_where_the_tenant_says_so(
    database, store, tenant, trusting, policy, source, verdict, basis
):
    bare = result_of(database, store, tenant, trusting, plain(Format.JPEG))
    change_policy(database, tenant, provenance=policy)
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", source))
    result = result_of(database, store, tenant, trusting, data)
    assert (result["verdict"], result["basis"]) == (verdict or bare["verdict"], basis)
    assert result["ai_probability"] == bare["ai_probability"]
    if basis == "provenance":
        assert [each["code"] for each in result["reasons"]] == (["edited_with_ai"] if source == COMPOSITE else [])


@pytest.mark.parametrize(
    "data",
    [
        lambda: sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED), signer=make_signer()),
        lambda: sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED)) + b"x",
        lambda: jpeg_exif(camera()),
        lambda: png(text("parameters", A1111)),
    ],
    ids=["an unknown signer", "a broken manifest", "a camera's tags", "a generator's text"],
)
def test_nothing_weaker_sets_a_verdict(database, store, tenant, trusting, data):
    change_policy(database, tenant, provenance="decide")
    said, bare = (result_of(database, store, tenant, trusting, each) for each in (data(), plain(Format.JPEG)))
    assert said["evidence"]["provenance"]
    assert said["basis"] == "model"
    assert (said["verdict"], said["reasons"]) == (bare["verdict"], bare["reasons"])


# Signatures


def test_a_signature_whose_certificate_has_expired_is_signed_and_not_trusted():
    signer = make_signer(lasts=timedelta(seconds=2))
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED), signer=signer)
    reader = ManifestReader(signer.root)
    [finding] = reader.findings(data, Format.JPEG, "here")
    assert finding.strength == "signed_trusted"

    deadline = time.monotonic() + 20
    while finding.strength == "signed_trusted":
        assert time.monotonic() < deadline, "the certificate never expires"
        [finding] = reader.findings(data, Format.JPEG, "here")
    assert (finding.strength, finding.details["integrity"], finding.details["signer"]) == (
        "signed",
        "intact",
        "expired",
    )


# The network


@pytest.fixture
def web():
    with serve(lambda _: (404, {}, b"")) as server:
        yield server


def library(**verify):
    settings = {"verify": {"verify_trust": True, **verify}, "trust": {"user_anchors": trusted_signer().root}}
    return c2pa.Context(settings=c2pa.Settings.from_dict(settings))


def read_with(context, data):
    with context:
        try:
            with c2pa.Reader("image/jpeg", io.BytesIO(data), context=context) as reader:
                reader.json()
        except c2pa.C2paError:
            pass


def test_no_responder_is_asked_about_a_certificate(web):
    signer = make_signer(ocsp=f"{web.url}/ocsp")
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED), signer=signer)
    for anchors in (signer.root, ""):
        [finding] = ManifestReader(anchors).findings(data, Format.JPEG, "here")
        assert finding.details["revocation"] == "not_checked"
    assert web.asked == []
    read_with(library(ocsp_fetch=True), data)
    assert [asked.path for asked in web.asked] != [], "this test would not notice a fetch"


def test_no_manifest_is_fetched_from_where_a_file_says_it_is(web):
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED), remote=f"{web.url}/manifest.c2pa")
    spec = InputSpec(width=32, height=24)
    with Decoder(LIMITS, 30, 2 << 30, trust_anchors=trusted_signer().root) as decoder:
        assert [each for each in decoder.decode(data, spec).provenance if each.kind == "c2pa"] == []
    [finding] = ManifestReader(trusted_signer().root).findings(data, Format.JPEG, "here")
    assert finding.strength == "unsigned"
    assert web.asked == []
    read_with(library(remote_manifest_fetch=True), data)
    assert [asked.path for asked in web.asked] == ["/manifest.c2pa"], "this test would not notice a fetch"


# The trust list


def test_a_trust_list_is_a_file_or_a_folder_of_certificates(tmp_path):
    for name in ("a.pem", "b.crt"):
        (tmp_path / name).write_text(make_signer().root)
    (tmp_path / "readme.txt").write_text("no certificate")
    assert read_trust_anchors(tmp_path / "a.pem").count("BEGIN CERTIFICATE") == 1
    assert read_trust_anchors(tmp_path).count("BEGIN CERTIFICATE") == 2
    assert read_trust_anchors(None) == ""


@pytest.mark.parametrize(
    "content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_trust_list_that_cannot_be_read_is_said_by_its_setting(tmp_path, content):
    path = tmp_path / "list.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match="JINWI_C2PA_TRUST"):
        read_trust_anchors(path)
