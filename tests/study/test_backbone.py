"""The ImageNet backbone takes its weights from a file, and recognises a photograph."""

from pathlib import Path

import numpy as np
import pytest

from streamer.study import backbone
from streamer.study.torch_file import read_torch_file
from tests.support.paths import SHARED
from tests.support.torch_files import write_torch_file


def _arrays() -> dict[str, np.ndarray]:
    """Return random weights for all stages."""
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}

    def add(conv: str, bn: str, *shape: int) -> None:
        arrays[f"{conv}.weight"] = rng.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)
        for name, low in (("weight", 0.8), ("bias", -0.1), ("running_mean", -0.1), ("running_var", 0.8)):
            arrays[f"{bn}.{name}"] = rng.uniform(low, low + 0.4, shape[0]).astype(np.float32)

    add("_conv_stem", "_bn0", 32, 3, 3, 3)
    n_in, block = 32, 0
    for channels, n_blocks, kernel, _, expansion in backbone.STAGES:
        for _ in range(n_blocks):
            name, wide = f"_blocks.{block}.", n_in * expansion
            if expansion > 1:
                add(f"{name}_expand_conv", f"{name}_bn0", wide, n_in, 1, 1)
            add(f"{name}_depthwise_conv", f"{name}_bn1", wide, 1, kernel, kernel)
            add(f"{name}_project_conv", f"{name}_bn2", channels, wide, 1, 1)
            n_in, block = channels, block + 1
    add("_conv_head", "_bn1", 1280, 320, 1, 1)
    return arrays


def test_the_backbone_takes_the_weights_and_the_middle_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(backbone, "STAGES", ((16, 1, 3, 1, 1), (24, 2, 5, 2, 6), (320, 1, 3, 1, 6)))
    path = write_torch_file(tmp_path / "w.pth", _arrays())
    front_end = backbone.backbone(path)
    clip = np.random.default_rng(1).integers(0, 255, (3, 40, 40), np.uint8)
    features = front_end(clip)
    assert features.shape == (1280,)
    assert features.std() > 0
    assert np.array_equal(features, front_end(clip[1:2]))
    assert not np.allclose(features, front_end(clip[:1]))


def test_without_the_package_there_are_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbone, "PACKAGE", "no-such-package-of-weights")
    assert backbone.find_weights() is None


def test_the_real_weights_recognise_a_cup_of_coffee() -> None:
    pytest.importorskip("tensorflow")
    weights = backbone.find_weights()
    if weights is None:
        pytest.skip(f"needs the package {backbone.PACKAGE}")
    coffee = _photograph(SHARED / "data/images/coffee.png")
    arrays = read_torch_file(weights)
    features = np.asarray(backbone.build(arrays, 224)(backbone.prepared(coffee, 224)))[0]
    logits = arrays["_fc.weight"] @ features + arrays["_fc.bias"]
    assert logits.argmax() in (967, 968)  # espresso, cup


def _photograph(path: Path) -> np.ndarray:
    import cv2

    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        pytest.skip(f"needs {path.name} in the folder STREAMER_SHARED")
    left = (grey.shape[1] - grey.shape[0]) // 2
    return np.asarray(grey[:, left : left + grey.shape[0]])
