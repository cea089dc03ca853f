import pytest

from services.retrainer.sources import open_dataset
from services.retrainer.sources.artbench import STYLES
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import by_name, tar, write_tree


def names():
    return [
        f"{part}/{maker}{style}/{maker.lower()}{style}-{index}.jpg"
        for part in ("train", "test")
        for maker in ("", "AI_LD_", "AI_SD_")
        for style in STYLES
        for index in range(2)
    ]


@pytest.fixture
def folder(tmp_path):
    return write_tree(tmp_path / "artbench", *names())


def test_folder_names_say_style_maker_and_part(folder):
    samples = by_name(open_dataset(folder))
    painter = samples["train/ukiyo_e/ukiyo_e-0.jpg"]
    diffusion = samples["test/AI_SD_post_impressionism/ai_sd_post_impressionism-1.jpg"]
    assert (painter.label, painter.part, painter.kind, painter.generator) == (0, "train", "painting", "")
    assert (diffusion.label, diffusion.part, diffusion.generator) == (1, "test", "Stable Diffusion")
    assert samples["train/AI_LD_realism/ai_ld_realism-0.jpg"].generator == "Latent Diffusion"


def test_a_style_in_one_makers_hands_is_an_owner(folder):
    data = open_dataset(folder)
    assert len(data) == 120
    assert len(set(data.owners)) == 30
    assert data.labels.sum() == 80


def test_an_archive_within_one_folder_is_recognised(folder, tmp_path):
    archive = tar(folder, tmp_path / "a.tar.gz", top="Real_AI_SD_LD_Dataset")
    assert open_dataset(archive).fingerprint() == open_dataset(folder).fingerprint()


def test_unknown_styles_are_left_alone(folder):
    write_tree(folder, "train/cubism/1.jpg", "train/AI_SD_cubism/1.jpg")
    assert len(open_dataset(folder)) == 120


def test_a_tree_without_its_human_half_is_no_artbench(tmp_path):
    write_tree(tmp_path / "half", "train/AI_SD_realism/1.jpg", "test/AI_SD_realism/1.jpg")
    with pytest.raises(ConfigurationError, match="not in AI-ArtBench's layout"):
        open_dataset(tmp_path / "half")
