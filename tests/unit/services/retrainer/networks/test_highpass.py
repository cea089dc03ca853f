import numpy as np
import pytest

torch = pytest.importorskip("torch")

from services.retrainer.networks.highpass import HighPass  # noqa: E402


def test_residuals_of_a_flat_picture_are_nothing_and_colours_stay():
    seen = HighPass()(torch.full((1, 8, 8, 3), 200, dtype=torch.uint8))
    assert seen.shape == (1, 9, 8, 8)
    assert seen[:, 3:].abs().max() < 1e-5
    assert torch.allclose(seen[:, :3], torch.tensor((200 / 255 - 0.5) / 0.25))


def test_residuals_show_what_neighbours_do_not_share():
    board = (np.indices((8, 8)).sum(0) % 2 * 40 + 100).astype(np.uint8)
    seen = HighPass()(torch.from_numpy(np.broadcast_to(board[None, :, :, None], (1, 8, 8, 3)).copy()))
    expected = torch.from_numpy((board.astype(np.float32) - 120) / 255 * 8)
    assert torch.allclose(seen[0, 3], expected, atol=1e-4)
