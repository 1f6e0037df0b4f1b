"""The recipe of the shipped sound model: `python -m models.recipes.ambient.recipe --help`.

YAMNet is the teacher. The student is trained to imitate it on every sound at hand, faint, overloaded and narrow ones as
well, and then stays as it is. On its embedding stands a linear head, which is trained on the labels: once for each fold
left out (cross-validation), once for each fifth of the labels left out (the open-set measure, which sets the
thresholds), and once on all, for the shipped file. Training the layers below on labels, too, makes it worse: 1,400
clips are few.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from models.recipes.ambient import evaluate, openset
from models.recipes.ambient.card import EVENTS, ambient_spec
from models.recipes.ambient.corpus import LABELS, OLD_CLASSES, load_found, load_labelled
from models.recipes.ambient.evaluate import CutRecordings, cut
from models.recipes.ambient.openset import Trial, operate, trial
from models.recipes.ambient.stages import CROSS_VALIDATION, LEAVE_LABELS_OUT, RecipeStages, Run, say
from models.recipes.ambient.teacher import FoldedLayer, load_teacher
from models.recipes.ambient.world import world_arrays
from streamer.arrays import Float64
from streamer.model.file import write_model_file
from streamer.offline.check import with_check
from streamer.training.tensorflow import load_tensorflow

PER_HOUR = 9.0  # false events to expect on short sounds of labels never learnt, but for those of `openset.BY_HAND`
STRIDE_S = evaluate.SPEC.stride_s
HEARD_EVERYWHERE = ("speech", "music")  # in the held-out packages, whose files say of few whether they hold it
CHANGES = {"faint": evaluate.faint, "telephone": evaluate.by_telephone, "clipped": evaluate.clipped}


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m models.recipes.ambient.recipe", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with esc10, esc50 and speech")
    parser.add_argument("--sounds", type=Path, required=True, help="folder of packages of other sounds")
    parser.add_argument("--teacher", type=Path, required=True, help="yamnet.tflite")
    parser.add_argument("--begin", type=Path, help="sound_start.npz of an earlier recipe; without it: pruned YAMNet")
    parser.add_argument("--work", type=Path, required=True, help="folder for the results of the stages (about 8 GB)")
    parser.add_argument("--start", type=Path, help="also write the weights that `streamer train sound` begins with")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of windows and batches; 1: all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file to write")
    options = parser.parse_args()
    load_tensorflow()

    labelled = load_labelled(options.data)
    found, held_out = load_found([options.sounds])
    say(f"{len(labelled)} labelled recordings, {len(found)} found ones and {len(held_out)} held out")
    stages = RecipeStages(options.work, options.scale)
    stages.sample(labelled, found, options.processes)
    teacher = load_teacher(options.teacher)
    stages.embed(teacher)
    trunk, imitating = stages.first_student(teacher, options.begin)
    stages.imitate(teacher, imitating)
    stages.pretrain(teacher, imitating)
    if options.start:
        stages.write_start(trunk, world_arrays(labelled, found, options.sounds, teacher, trunk), options.start)
    sets = stages.label_sets(teacher, trunk)
    heads = {run: stages.fit_head(sets, run) for run in (*CROSS_VALIDATION, *LEAVE_LABELS_OUT, Run())}

    clips = cut(trunk, [one for one in labelled if one.label != "speech"], options.processes)
    validated = [_trial(clips, run, heads[run]) for run in CROSS_VALIDATION]
    left_out = [_trial(clips, run, heads[run]) for run in LEAVE_LABELS_OUT]
    by_change = {}
    for name, change in CHANGES.items():
        changed = cut(trunk, clips.recordings, options.processes, change)
        by_change[name] = [_trial(changed, run, heads[run]) for run in CROSS_VALIDATION]
    others = cut(trunk, [one for one in held_out if not one.label], options.processes)
    nothing = np.full(len(others.recordings), -1)
    outside = trial(others.scores(heads[Run()]), nothing, EVENTS, STRIDE_S, HEARD_EVERYWHERE)
    on = openset.choose([*left_out, *validated, outside], PER_HOUR)
    measured = _measure(validated, left_out, outside, by_change, on)
    (options.work / "measured.json").write_text(json.dumps(measured, indent=1))
    say(json.dumps(measured, indent=1))
    flatbuffer = stages.convert(trunk, heads[Run()])
    spec = ambient_spec(measured).model_copy(update={"events": openset.with_thresholds(EVENTS, on)})
    write_model_file(options.output, flatbuffer, with_check(spec, LABELS, flatbuffer), LABELS)
    say(f"{options.output}: {options.output.stat().st_size} bytes")


def _trial(clips: CutRecordings, run: Run, head: FoldedLayer) -> Trial:
    """Score what a run never met: its fold's recordings, and all of the labels left out."""
    truths = clips.truths
    out = [LABELS.index(label) for label in run.labels]
    unseen = [i for i, one in enumerate(clips.recordings) if one.fold == run.fold or truths[i] in out]
    scores = clips.scores(head)
    return trial([scores[i] for i in unseen], truths[unseen], EVENTS, STRIDE_S, run.labels)


def _measure(
    validated: list[Trial], left_out: list[Trial], outside: Trial, by_change: dict[str, list[Trial]], on: Float64
) -> dict[str, Any]:
    """Return the figures of the card."""
    crossed, world = operate(validated, on), operate([outside], on)
    unseen = openset.honest(left_out, [*validated, outside], PER_HOUR)
    old = [LABELS.index(label) for label in OLD_CLASSES]
    measured: dict[str, Any] = {
        "unknown_short_false_events_per_hour": unseen.false_per_hour,
        "unknown_files_with_an_event": unseen.named,
        "own_event_there": unseen.own,
        "held_out_packages_false_events_per_hour": world.false_per_hour,
        "own_event": crossed.own,
        "wrong_event": crossed.wrong,
        "closed_set_accuracy": openset.closed_set(validated, tuple(range(50))),
        "closed_set_accuracy_old_ten": openset.closed_set(validated, old),
    }
    for name, trials in by_change.items():
        measured[f"own_event_{name}"] = operate(trials, on).own
    for per_hour in (5.0, 10.0, 20.0, 40.0, 80.0):
        there = openset.honest(left_out, [*validated, outside], per_hour)
        measured[f"own_event_at_{there.false_per_hour:.0f}_per_hour"] = there.own
    return measured


if __name__ == "__main__":
    main()
