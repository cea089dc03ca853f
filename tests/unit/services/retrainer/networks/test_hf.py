import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
transformers = pytest.importorskip("transformers")

from torch.nn.functional import binary_cross_entropy_with_logits  # noqa: E402

from services.retrainer import networks  # noqa: E402
from services.retrainer.networks import hf  # noqa: E402
from services.retrainer.networks.gradcam import gradcam  # noqa: E402
from services.retrainer.versions.export import export  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from shared.scoring.session import Model  # noqa: E402
from tests.unit.services.retrainer.networks.toys import card, pictures  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

SIDE = 64
VIT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "patch_size": 16}
TEXT = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 9}


def dinov2():
    """Born for other pictures than it gets: its positions are interpolated, as a downloaded one's are."""
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "mlp_ratio": 2}
    return transformers.Dinov2Model(transformers.Dinov2Config(**sizes, image_size=112, patch_size=16))


def convnext():
    return transformers.ConvNextModel(transformers.ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1]))


def siglip():
    return transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**VIT, image_size=SIDE))


def siglip_with_text():
    text = {**TEXT, "bos_token_id": 1, "eos_token_id": 2}
    vision = {**VIT, "image_size": SIDE}
    return transformers.SiglipModel(transformers.SiglipConfig(vision_config=vision, text_config=text))


def classifier():
    """Its checkpoint has a head of its own and no pooling layer."""
    return transformers.ViTForImageClassification(transformers.ViTConfig(**VIT, image_size=SIDE))


MAKERS = [dinov2, convnext, siglip]

PROCESSOR = {
    "size": {"shortest_edge": 80},
    "crop_size": {"height": SIDE, "width": SIDE},
    "do_center_crop": True,
    "rescale_factor": 1 / 255,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}


def save(model, folder, processor=PROCESSOR):
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return f"hf:{folder}"


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def name(request, tmp_path):
    torch.manual_seed(0)
    return save(request.param(), tmp_path / "backbone")


def steps(network, n):
    """Losses of `n` training steps."""
    pixels, labels = map(torch.from_numpy, pictures(SIDE))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    network.train()
    losses = []
    for _ in range(n):
        loss = binary_cross_entropy_with_logits(network(pixels).logit, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_training_the_head_leaves_the_backbone_as_it_came(name):
    network = networks.build(name, head_only=True)
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    losses = steps(network, 3)
    changed = {key for key, tensor in network.state_dict().items() if not torch.equal(tensor, before[key])}
    assert losses[-1] < losses[0]
    assert changed == {"head.weight", "head.bias"}
    assert not any(module.training for module in network.backbone.modules())


def test_training_in_full_changes_the_backbone_too(name):
    network = networks.build(name)
    before = {key: tensor.clone() for key, tensor in network.backbone.state_dict().items()}
    losses = steps(network, 3)
    assert losses[-1] < losses[0]
    assert any(not torch.equal(tensor, before[key]) for key, tensor in network.backbone.state_dict().items())


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_the_exported_file_is_served_and_gives_what_the_network_gives(name, tmp_path):
    network = networks.build(name, head_only=True).eval()
    pixels, _ = pictures(SIDE, 8)
    (tmp_path / "1.0.0").mkdir()
    export(network, card(SIDE), {}, tmp_path / "1.0.0", probe=pixels)
    served = Model.load(tmp_path / "1.0.0", provider="cpu", threads=1).score(pixels).logits
    with torch.inference_mode():
        assert np.abs(served - network(torch.from_numpy(pixels)).logit.numpy()).max() < 1e-4


def test_grad_cam_of_a_transformer_has_its_patches_and_of_a_convolutional_one_its_last_map(name):
    network = networks.build(name)
    maps = gradcam(network, pictures(SIDE, 3)[0])
    patches = network.last_block is not None
    assert maps.shape == ((3, 4, 4) if patches else (3, 2, 2))
    assert (np.abs(maps).reshape(3, -1).max(1) > 0).all()


def test_the_backbone_gets_what_its_own_image_processor_gives(tmp_path):
    network = networks.build(save(siglip(), tmp_path))
    pixels, _ = pictures(SIDE, 2)
    processor = transformers.BitImageProcessorPil(**{**PROCESSOR, "size": {"shortest_edge": SIDE}})
    expected = network.backbone(**processor(list(pixels), return_tensors="pt")).pooler_output
    assert torch.allclose(network._embedding(network._run(torch.from_numpy(pixels))), expected, atol=1e-5)


def test_of_a_model_of_pictures_and_text_the_part_for_pictures_is_taken(tmp_path):
    network = networks.build(save(siglip_with_text(), tmp_path))
    assert not any("text" in key for key in network.state_dict())
    assert network(torch.from_numpy(pictures(SIDE, 2)[0])).logit.shape == (2,)


def test_a_pooling_layer_that_the_checkpoint_lacks_is_left_out(tmp_path):
    one, other = (
        networks.build(save(classifier(), tmp_path)) if seed == 0 else networks.build(f"hf:{tmp_path}")
        for seed in (0, 1)
    )
    pixels = torch.from_numpy(pictures(SIDE, 2)[0])
    embeddings = [network.eval()._embedding(network._run(pixels)) for network in (one, other)]
    assert torch.equal(*embeddings)  # a pooling layer made up at each loading would differ


def test_a_backbone_brings_its_side_and_a_description_without_a_path(tmp_path):
    architecture = networks.architecture(save(convnext(), tmp_path / "mine"))
    assert architecture.side == SIDE
    assert architecture.description.startswith("mine, ")
    assert str(tmp_path) not in architecture.description


@pytest.mark.parametrize(
    ("settings", "side"),
    [
        ({"size": 224}, 224),
        ({"size": {"height": 384, "width": 384}}, 384),
        ({"size": {"shortest_edge": 224}}, 224),
        ({"size": {"shortest_edge": 256}, "crop_size": 224}, 224),
        ({"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": False}, 256),
    ],
)
def test_the_side_is_that_of_what_enters_the_network(settings, side):
    assert hf._side(settings, "x") == side


@pytest.mark.parametrize("settings", [{}, {"size": {"height": 384, "width": 128}}])
def test_a_size_that_is_no_square_is_refused(settings):
    with pytest.raises(ConfigurationError, match="must be one square"):
        hf._side(settings, "x")


def test_a_side_that_the_backbone_cannot_take_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot take pictures of 96 px"):
        networks.build(save(siglip(), tmp_path), side=96)


def test_a_folder_without_an_image_processor_is_refused(tmp_path):
    convnext().save_pretrained(tmp_path)
    with pytest.raises(ConfigurationError, match=r"has no preprocessor_config\.json"):
        networks.build(f"hf:{tmp_path}")


def test_a_checkpoint_that_lacks_weights_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    name = save(dinov2(), tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["layernorm.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ConfigurationError, match=r"lacks 1 weights, such as layernorm\.weight"):
        networks.build(name)


def test_a_folder_without_weights_is_refused(tmp_path):
    name = save(dinov2(), tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ConfigurationError, match=r"cannot be loaded: .*model\.safetensors"):
        networks.build(name)


def test_a_model_of_text_is_refused(tmp_path):
    config = transformers.BertConfig(**TEXT)
    with pytest.raises(ConfigurationError, match="no image backbone: it takes input_ids"):
        networks.build(save(transformers.BertModel(config), tmp_path))


@pytest.mark.parametrize("name", ["some/model", "/nowhere/at/all", "a/b/c"])
def test_what_is_neither_a_folder_nor_to_be_had_is_refused_with_the_mend(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigurationError, match=f"hf:{name} is neither a folder nor .*hf:FOLDER"):
        networks.build(f"hf:{name}")


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ConfigurationError, match="install the extra `hf`"):
        networks.build("hf:some/model")
