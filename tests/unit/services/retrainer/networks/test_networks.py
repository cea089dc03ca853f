import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from torch.nn.functional import binary_cross_entropy_with_logits  # noqa: E402

from services.retrainer import networks  # noqa: E402
from services.retrainer.training.trained import parameters  # noqa: E402
from services.retrainer.versions.export import export  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from shared.scoring.session import Model  # noqa: E402
from tests.unit.services.retrainer.networks.toys import card, pictures  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

# The shapes of the real ones at a size for a test.
SMALL = [
    ("cifake-cnn", {"filters": 4, "dense": 8}),
    ("cifake-cnn", {"filters": 4, "layers": 3, "dense": 0, "norm": False}),
    ("cifake-cnn-128", {"filters": 4, "dense": 8}),
    ("artbench-cnn", {"filters": 8, "dense": 8}),
    ("artbench-cnn-128", {"filters": 4, "dense": 8}),
    ("aiornot-cnn", {"side": 32, "filters": 4}),
    ("resnet", {"side": 32, "filters": 4}),
    ("resnet", {"side": 80, "filters": 4}),
    ("cbam-resnet", {"side": 32, "filters": 4}),
    ("cbam-resnet", {"side": 80, "filters": 4}),
]


@pytest.fixture(params=SMALL, ids=lambda small: " ".join([small[0], *map(str, small[1].values())]))
def case(request):
    """(network, side): untrained, with batch statistics that are not the ones it was born with."""
    name, options = request.param
    torch.manual_seed(0)
    network = networks.build(name, dropout=0.5, **options)
    side = options.get("side", networks.architecture(name).side)
    network.train()
    network(torch.from_numpy(pictures(side)[0]))
    return network.eval(), side


def without_dropout(network):
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def test_every_picture_gets_one_logit(case):
    network, side = case
    logits = network(torch.from_numpy(pictures(side, 3)[0])).logit
    assert logits.shape == (3,)
    assert logits.dtype == torch.float32
    assert len(set(logits.tolist())) == 3


def test_a_logit_depends_neither_on_chance_nor_on_the_other_pictures(case):
    network, side = case
    pixels = torch.from_numpy(pictures(side, 4)[0])
    with torch.inference_mode():
        alone = torch.cat([network(picture[None]).logit for picture in pixels])
        assert torch.allclose(network(pixels).logit, alone, atol=1e-5)


def test_the_head_makes_the_logit_of_the_embedding(case):
    network, side = case
    with torch.inference_mode():
        outputs = network(torch.from_numpy(pictures(side, 3)[0]))
        if isinstance(network, networks.ArtbenchCnn):  # two outputs are no head of one logit
            assert outputs.embedding is None
            return
        assert outputs.embedding.shape == (3, network.head.in_features)
        assert torch.equal(network.head(outputs.embedding).squeeze(1), outputs.logit)


def test_a_training_step_lowers_the_loss(case):
    network, side = case
    pixels, labels = map(torch.from_numpy, pictures(side))
    without_dropout(network.train())
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(2):
        loss = binary_cross_entropy_with_logits(network(pixels).logit, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[1] < losses[0]


def test_the_exported_file_is_served_and_gives_what_the_network_gives(case, tmp_path):
    network, side = case
    pixels, _ = pictures(side, 8)
    export(network, card(side), {}, tmp_path, probe=pixels)
    served = Model.load(tmp_path, provider="cpu", threads=1).score(pixels).logits
    with torch.inference_mode():
        assert np.abs(served - network(torch.from_numpy(pixels)).logit.numpy()).max() < 1e-4


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("cifake-cnn", {}, 141_473),  # the shipped 0.1.0
        ("cifake-cnn-128", {}, 2_107_553),
        ("cifake-cnn", {"layers": 1, "filters": 16, "dense": 0, "norm": False}, 448 + 16 * 16 * 16 + 1),
        ("cifake-cnn", {"dense_layers": 3, "norm": False}, 141_473 - 128 + 2 * (64 * 64 + 64)),
        ("artbench-cnn", {}, 186_370),  # as its authors state
        ("artbench-cnn-128", {}, 3_725_314),  # "3.7 million"
        # ResNet-18 of 1,000 classes has 11,689,512 and with CBAM 11.78 million, 513,000 of them in the last layer.
        ("resnet", {}, 11_689_512 - 513_000 + 513),
        ("resnet", {"side": 32}, 11_689_512 - 513_000 + 513 - (49 - 9) * 3 * 64),
        ("cbam-resnet", {}, 11_777_336 - 513_000 + 513),
    ],
)
def test_a_network_has_the_published_number_of_weights(name, options, expected):
    assert parameters(networks.build(name, **options)) == expected


def test_aiornots_layers_have_the_published_numbers_of_weights():
    network = networks.build("aiornot-cnn")
    flatten, dense = network.dense[0], network.dense[1]
    assert flatten(torch.zeros(1, 128, 32, 32)).shape[1] == dense.in_features == 131_072
    sequence = [parameters(layer) for layer in network.sequence if isinstance(layer, torch.nn.Conv1d)]
    assert sequence == [655_872, 1_311_232, 1_573_888]
    assert [parameters(network.features[block][0]) for block in range(3)] == [896, 18_496, 73_856]
    assert parameters(network) == 37_384_449


def test_the_side_chooses_the_stem_of_a_residual_network():
    small, large = (networks.build("resnet", side=side, filters=4).features for side in (64, 65))
    assert small(torch.zeros(1, 3, 32, 32)).shape[2:] == (4, 4)
    assert large(torch.zeros(1, 3, 128, 128)).shape[2:] == (4, 4)


def test_attention_weighs_channels_and_positions():
    attention = networks.cbam_resnet.Cbam(32)
    features = torch.rand(2, 32, 6, 5)
    channel = attention.channel(features)
    assert channel.shape == (2, 32, 1, 1)
    weights = attention.spatial(channel * features)
    assert weights.shape == (2, 1, 6, 5)
    assert torch.allclose(attention(features), features * channel * weights)


def test_an_unknown_architecture_is_refused_with_those_that_exist():
    with pytest.raises(ConfigurationError, match=r"no architecture 'vgg'; there are: .*cifake-cnn, .*hf:NAME_OR_DIR"):
        networks.build("vgg")


@pytest.mark.parametrize("name", sorted(networks.ARCHITECTURES))
def test_every_architecture_describes_itself(name):
    architecture = networks.architecture(name)
    assert architecture.description.endswith(".")
    assert 32 <= architecture.side <= 256
