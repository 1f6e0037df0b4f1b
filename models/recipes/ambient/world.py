"""Choose the recordings of the world that goes with the start, and compute what the stem gives for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient.corpus import CLASSES, LABELS, MADE, CorpusFile
from models.recipes.ambient.stages import TEACHER_FRAMES
from models.recipes.ambient.teacher import Teacher
from models.recipes.ambient.yamnet_features import yamnet_features
from streamer.arrays import Float32, Rng
from streamer.features.logmel import log_mel
from streamer.training.sound.files import read_sound
from streamer.training.sound.network import FRONT_END, LAST_OF_STEM, adaptor_of, build_trunk, convolutions
from streamer.training.sound.world import pack, store

LENGTH_S = 5.0
SHORTEST_S = 1.0  # of a found sound; what is missing of 5 s is near-silence
PER_CLASS, N_SPEECH, N_MUSIC, N_OTHERS = 5, 15, 25, 130
TAGGED = 0.15  # YAMNet's score from which on a found sound may have a label


def world_arrays(
    labelled: Sequence[CorpusFile], found: Sequence[CorpusFile], root: Path, teacher: Teacher, model: Any
) -> dict[str, NDArray[Any]]:
    """Return the arrays of the world: some recordings of every label, and found sounds of many packages.

    Parameters
    ----------
    root : Path
        Folder whose subfolders are the packages of the found sounds.
    model : keras.Model
        Whose stem gives the activations.
    """
    network, stem = teacher.network(), _stem_of(model)
    rng = np.random.default_rng(0)
    levels, tags, origins = [], [], []
    for recording in _chosen(labelled, found, root, rng):
        sound = _excerpt(read_sound(recording.path, FRONT_END.sample_rate, longest_s=20.0), rng)
        levels.append(store(stem(log_mel(sound, FRONT_END)[None]).numpy()[0]))
        own = [recording.label] if recording.label else _possible(teacher, network, sound)
        tags.append(" ".join(own))
        origins.append("ESC-50" if recording.fold else recording.path.relative_to(root).parts[0])
    return {"world": pack(np.stack(levels)), "world.tags": np.array(tags), "world.origins": np.array(origins)}


def _stem_of(model: Any) -> Any:
    """Return a model's stem for recordings of 5 s: features → activations, shape (n, 28, 4, 512)."""
    import keras

    n_frames = int((LENGTH_S * FRONT_END.sample_rate - FRONT_END.frame_length) / FRONT_END.hop_length) + 1
    trunk = build_trunk(n_frames, adaptor_of(model))
    stem = keras.Model(trunk.input, trunk.get_layer(LAST_OF_STEM).output)
    for layer in stem.layers:
        if layer.name in convolutions():
            layer.set_weights(model.get_layer(layer.name).get_weights())
    return stem


def _chosen(labelled: Sequence[CorpusFile], found: Sequence[CorpusFile], root: Path, rng: Rng) -> Iterator[CorpusFile]:
    for label in CLASSES:
        yield from _some([one for one in labelled if one.label == label], PER_CLASS, rng)
    for label, n in zip(("speech", "music", ""), (N_SPEECH, N_MUSIC, N_OTHERS), strict=True):
        packages: dict[str, list[CorpusFile]] = {}
        for one in found:
            if one.label == label and read_sound(one.path, FRONT_END.sample_rate).size >= SHORTEST_S * 16_000:
                packages.setdefault(one.path.relative_to(root).parts[0], []).append(one)
        shuffled = [_some(ones, len(ones), rng) for ones in packages.values()]
        in_turn = [ones[i] for i in range(max(map(len, shuffled), default=0)) for ones in shuffled if i < len(ones)]
        yield from in_turn[:n]


def _some(ones: Sequence[CorpusFile], n: int, rng: Rng) -> list[CorpusFile]:
    return [ones[i] for i in rng.permutation(len(ones))[:n]]


def _excerpt(sound: Float32, rng: Rng) -> Float32:
    n_samples = int(LENGTH_S * FRONT_END.sample_rate)
    excerpt = np.zeros(n_samples, np.float32)
    start = int(rng.integers(max(0, sound.size - n_samples) + 1))
    part = sound[start : start + n_samples]
    excerpt[: part.size] = part
    return excerpt + rng.normal(0.0, 1e-4, n_samples).astype(np.float32)


def _possible(teacher: Teacher, network: Any, sound: Float32) -> list[str]:
    """Return the labels that a found sound may have, by the teacher."""
    features = yamnet_features(sound)
    starts = range(0, len(features) - TEACHER_FRAMES + 1, TEACHER_FRAMES // 2)
    embedding, _ = network(np.stack([features[start : start + TEACHER_FRAMES] for start in starts]))
    scores = teacher.scores(embedding.numpy()).max(axis=0, keepdims=True)
    labels = [label for label in LABELS[:-1] if label in (*CLASSES, *MADE)]
    return [label for label in labels if teacher.highest(scores, label)[0] > TAGGED]
