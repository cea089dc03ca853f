import pytest

from services.retrainer.bring.card import UNCALIBRATED, read_card
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec, ModelCard, View
from shared.errors import ConfigurationError
from tests import foreign


@pytest.fixture
def read(tmp_path):
    return lambda **changed: read_card(foreign.card(tmp_path / "card.yaml", **changed))


def test_the_document_is_one_that_serving_reads(read):
    document = read(calibration={"temperature": 2, "bias": 0.5}).document()
    card = ModelCard.from_document(document)
    assert (card.name, card.version, card.range.max_side) == ("mean-colour", "100.0.0", 4000)
    assert card.calibration.of(Lane.BULK, 100).temperature == 2
    assert (card.thresholds.likely_human, card.thresholds.likely_ai) == (0.2, 0.8)
    assert document["limits"] == ["It knows nothing."]
    assert document["calibrated"] is True
    assert "preprocess" not in document


def test_a_card_without_calibration_warns_before_all_else(read):
    document = read().document()
    assert document["calibration"] == {"temperature": 1.0, "bias": 0.0}
    assert document["limits"] == [UNCALIBRATED, "It knows nothing."]
    assert document["calibrated"] is False


def test_what_was_measured_elsewhere_is_kept(read):
    rate = {"value": 0.05, "low": 0.03, "high": 0.08, "n": 1200, "owners": 40}
    assert read(false_accusation_rate=rate).document()["false_accusation_rate"] == rate


@pytest.mark.parametrize(
    ("preprocess", "spec"),
    [
        ({"size": 224}, InputSpec(width=224, height=224, resample="bilinear")),
        ({"size": {"width": 32, "height": 16}}, InputSpec(width=32, height=16, resample="bilinear")),
        (
            {"size": 224, "resize": {"short_side": 256}, "interpolation": "bicubic"},
            InputSpec(
                width=224,
                height=224,
                small="enlarge",
                views=dict.fromkeys(Lane, (View(short_side=256, crops=1),)),
            ),
        ),
        (
            {"size": 96, "resize": "none"},
            InputSpec(
                width=96,
                height=96,
                resample="bilinear",
                small="enlarge",
                views=dict.fromkeys(Lane, (View(short_side=None, crops=1),)),
            ),
        ),
    ],
    ids=["stretch", "not square", "short side and centre crop", "native centre crop"],
)
def test_the_preprocessing_becomes_an_input_spec(read, preprocess, spec):
    assert read(preprocess=preprocess).preprocess.spec() == spec


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": None}, "name: must be text"),
        ({"name": ""}, "name: must not be empty"),
        ({"version": 2.0}, "version: must be text: put it in quotes"),
        ({"version": "2.0"}, "version: must be MAJOR.MINOR.PATCH"),
        ({"author": "me"}, "author: is not known here: remove it"),
        ({"data": []}, "data: needs 1 or more entries"),
        ({"data": [{"name": "X"}]}, "data.0.licence: is missing"),
        ({"limits": []}, "limits: needs 1 or more entries"),
        ({"range": {"min_side": "a", "max_side": 9, "statement": "s"}}, "range.min_side: must be a valid integer"),
        ({"range": {"min_side": 1, "max_side": 9}}, "range.statement: is missing"),
        ({"range": {"min_side": 9, "max_side": 8, "statement": "s"}}, "range: min_side must be 1 or more"),
        ({"thresholds": {"likely_human": 0.9, "likely_ai": 0.1}}, "thresholds: thresholds must satisfy"),
        ({"calibration": {"temperature": 0}}, "calibration: temperature must be a number above 0"),
        ({"calibration": {"slope": 1}}, "calibration.slope: is not known here: remove it"),
        ({"calibration": {"bias": float("nan")}}, "calibration.bias: must be a finite number"),
        ({"false_accusation_rate": {"value": 2, "low": 0, "high": 1, "n": 1}}, "false_accusation_rate.value: must be"),
        ({"output": {"kind": "score"}}, "output.kind: must be 'logit', 'probability'"),
        ({"output": {"kind": "class_logits"}}, "output: ai_class is missing"),
        ({"output": {"kind": "logit", "ai_class": 2}}, "output: ai_class must be 1"),
        ({"preprocess": {"resize": "crop"}}, "preprocess.resize: must be stretch, none or {short_side: PX}"),
        ({"preprocess": {"resize": {}}}, "preprocess.resize.short_side: is missing"),
        (
            {"preprocess": {"resize": {"short_side": 4}}},
            "preprocess: resize.short_side must be at least the longer side of size",
        ),
        ({"preprocess": {"size": "large"}}, "preprocess.size: must be a number of px"),
        (
            {"preprocess": {"size": {"width": 0, "height": 8}}},
            "preprocess.size.width: must be greater than or equal to 1",
        ),
        ({"preprocess": {"interpolation": "cubic"}}, "preprocess.interpolation: must be one of nearest"),
        ({"preprocess": {"scale": "0-1"}}, "preprocess.scale: must be '0..1' or '0..255'"),
        ({"preprocess": {"mean": [0.5]}}, "preprocess.mean: needs 3 or more entries"),
        ({"preprocess": {"std": [1, 0, 1]}}, "preprocess.std: must be three numbers above 0"),
        ({"preprocess": {"layout": "CHW"}}, "preprocess.layout: must be 'NCHW' or 'NHWC'"),
    ],
)
def test_what_is_wrong_is_named_with_its_field_and_in_one_line(read, changed, said):
    with pytest.raises(ConfigurationError) as caught:
        read(**changed)
    _, _, message = str(caught.value).partition("card.yaml: ")
    assert message.startswith(said)
    assert "; " not in message
    assert len(message.splitlines()) == 1


def test_each_wrong_field_is_named(read):
    with pytest.raises(ConfigurationError, match=r"name: .*; version: .*; preprocess\.layout: "):
        read(name="", version="1", preprocess={"layout": "C"})


@pytest.mark.parametrize(("text", "said"), [("[a", "is not YAML"), ("- a", "must hold the fields"), ("", "must hold")])
def test_a_file_that_is_no_card_is_refused(tmp_path, text, said):
    path = tmp_path / "card.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_card(path)


def test_a_card_can_run_no_code(tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text("name: !!python/object/apply:os.system [exit]\n")
    with pytest.raises(ConfigurationError, match="is not YAML"):
        read_card(path)
