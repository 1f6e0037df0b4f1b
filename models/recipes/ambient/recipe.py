"""The recipe of the shipped sound model: `python -m models.recipes.ambient.recipe --help`.

YAMNet is rebuilt from its file. Its first half is copied, its second half pruned and trained to imitate the whole on
every sound at hand (pre-training); then it is trained on the twelve labels while the imitation continues
(fine-tuning): once for each fold left out, for the cross-validation, and once on all, for the shipped file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.ambient import evaluate
from models.recipes.ambient.card import EVENTS, ambient_spec
from models.recipes.ambient.corpus import CLASSES, LABELS, SAMPLE_RATE, CorpusFile, load_found, load_labelled
from models.recipes.ambient.stages import FOLDS, RecipeStages, say
from models.recipes.ambient.teacher import load_teacher
from streamer.arrays import Float32
from streamer.evaluation.tables import markdown_table
from streamer.model.file import write_model_file
from streamer.model.file_label import file_label
from streamer.offline.check import with_check
from streamer.sources.sound.file import read_header
from streamer.training.conversion import Predict, predictor
from streamer.training.sound.files import read_sound
from streamer.training.tensorflow import load_tensorflow


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m models.recipes.ambient.recipe", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with esc10/LABEL/*.ogg and speech/*.wav")
    parser.add_argument("--sounds", type=Path, nargs="*", default=[], help="folders of other sounds, searched through")
    parser.add_argument("--teacher", type=Path, required=True, help="yamnet.tflite")
    parser.add_argument("--work", type=Path, required=True, help="folder for the results of the stages (about 13 GB)")
    parser.add_argument("--start", type=Path, help="also write the weights that `streamer train sound` begins with")
    parser.add_argument("--no-cross-validation", action="store_true", help="train only the shipped model")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of windows and batches; 1: all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file to write")
    options = parser.parse_args()
    load_tensorflow()
    options.work.mkdir(parents=True, exist_ok=True)

    labelled = load_labelled(options.data)
    found, held_out = load_found(options.sounds)
    say(f"{len(labelled)} labelled recordings, {len(found)} found ones and {len(held_out)} held out")
    stages = RecipeStages(options.work, options.scale)
    stages.sample(labelled, found, options.processes)

    teacher = load_teacher(options.teacher)
    stages.embed(teacher)
    model = stages.pruned_student(teacher)
    sets = stages.distillation_sets(teacher, model)
    if options.start:
        stages.pretrain(teacher, model, sets)
        stages.write_start(teacher, model, sets, options.start)
    scores: list[Float32] = [np.zeros(0, np.float32)] * len(labelled)
    for fold in () if options.no_cross_validation else FOLDS:
        stages.pretrain(teacher, model, sets)
        stages.fine_tune(teacher, model, sets, fold)
        tested = [i for i, recording in enumerate(labelled) if recording.fold == fold]
        predict = predictor(stages.convert(model), len(LABELS))
        for i, values in zip(tested, evaluate.score_recordings(predict, [labelled[i] for i in tested]), strict=True):
            scores[i] = values
        say(f"fold {fold}: {evaluate.accuracy(_confusion(labelled, scores, (fold,))):.4f}")
    stages.pretrain(teacher, model, sets)
    stages.fine_tune(teacher, model, sets, 0)
    flatbuffer = stages.convert(model)
    full = teacher.network()
    others = [r for r in held_out if not r.label and not teacher.detects_class(full, read_sound(r.path, SAMPLE_RATE))]
    spoken = [r for r in held_out if r.label]
    measured = _measure(labelled, scores, others, spoken, predictor(flatbuffer, len(LABELS)))
    (options.work / "measured.json").write_text(json.dumps(measured, indent=1))
    spec = with_check(ambient_spec(measured), LABELS, flatbuffer)
    write_model_file(options.output, flatbuffer, spec, LABELS)
    say(f"{options.output}: {options.output.stat().st_size} bytes")


def _confusion(labelled: list[CorpusFile], scores: list[Float32], folds: tuple[int, ...]) -> NDArray[np.int64]:
    """Count the recordings of some folds, each scored by the run that left its fold out."""
    tested = [i for i, recording in enumerate(labelled) if recording.fold in folds and scores[i].size]
    return evaluate.confusion([scores[i] for i in tested], [labelled[i] for i in tested])


def _measure(
    labelled: list[CorpusFile],
    scores: list[Float32],
    others: list[CorpusFile],
    spoken: list[CorpusFile],
    predict: Predict,
) -> dict[str, Any]:
    """Return the figures of the card, and print the tables.

    Parameters
    ----------
    others, spoken : list of CorpusFile
        Held-out sounds in which the teacher detects none of the ten classes, and held-out speech.
    """
    measured: dict[str, Any] = {}
    if all(values.size for recording, values in zip(labelled, scores, strict=True) if recording.fold):
        counts = _confusion(labelled, scores, FOLDS)
        say(markdown_table(counts, LABELS, "found"))
        for fold in FOLDS:
            measured[f"fold_{fold}"] = evaluate.accuracy(_confusion(labelled, scores, (fold,)))
        measured["cross_validation"] = evaluate.accuracy(counts)
        measured["unheard_speakers"] = float(counts[LABELS.index("speech")][LABELS.index("speech")] / counts[-2].sum())
        tested = [i for i, recording in enumerate(labelled) if recording.fold]
        events = evaluate.count_events([scores[i] for i in tested], EVENTS)
        right = [events[n][labelled[i].label] > 0 for n, i in enumerate(tested) if labelled[i].label != "speech"]
        wrong = [set(events[n]) - {labelled[i].label} for n, i in enumerate(tested) if labelled[i].label != "speech"]
        measured["clips_with_their_event"] = float(np.mean(right))
        measured["clips_with_a_wrong_event"] = float(np.mean([bool(labels) for labels in wrong]))
    for name, recordings in (("other_sounds", others), ("held_out_speech", spoken)):
        if recordings:
            found = evaluate.score_recordings(predict, recordings)
            events = evaluate.count_events(found, EVENTS)
            minutes = sum(read_header(recording.path)[1] for recording in recordings) / 60
            wrong_events = sum(n for event in events for label, n in event.items() if label in CLASSES)
            labels = [file_label(values, LABELS)[0] for values in found]
            measured[f"{name}_minutes"] = minutes
            measured[f"{name}_false_events_per_10_min"] = wrong_events / minutes * 10
            measured[f"{name}_right_label"] = float(np.mean([x in ("background", "speech") for x in labels]))
    say(json.dumps(measured, indent=1))
    return measured


if __name__ == "__main__":
    main()
