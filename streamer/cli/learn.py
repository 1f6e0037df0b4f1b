"""The commands to collect examples, to train, to evaluate models, and to run the study."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streamer.cli.options import (
    ChannelOption,
    ChannelsOption,
    ConfigOption,
    FastOption,
    FormatOption,
    FpsOption,
    JobsOption,
    ModelsOption,
    RateOption,
    RoiOption,
    SecondsOption,
    SidecarOption,
    SizeOption,
    TaskChoice,
    image_settings,
    source_settings,
)

GroupsOption = Annotated[
    str,
    typer.Option(
        metavar="PATTERN|CSV",
        help="Which files share an origin and stay together: a regular expression with a group, searched in the file "
        "name, such as '^([^-]+)-', or a CSV table with the columns file,group. Default: each file by itself.",
    ),
]


class Trigger(StrEnum):
    """What starts a take."""

    LEVEL = "level"
    KEY = "key"
    TIME = "time"


def record(
    label: Annotated[
        str, typer.Argument(metavar="LABEL", help="Label of the examples: the name of their folder in DATA_DIR.")
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DATA_DIR", help="Write them to DATA_DIR/LABEL."),
    ],
    source: Annotated[
        str,
        typer.Option(
            "-s", "--source", metavar="SOURCE", help="As in run: mic, camera, a file to be cut, - (raw PCM), demo …"
        ),
    ] = "mic",
    config: ConfigOption = None,
    task: Annotated[
        TaskChoice | None,
        typer.Option(help="Cameras: pattern takes pictures (the default), motion takes videos."),
    ] = None,
    by: Annotated[
        Trigger | None,
        typer.Option(
            help="What starts a take: the level (default of microphones; of a camera: movement), a key (default of "
            "cameras), or time."
        ),
    ] = None,
    trigger: Annotated[
        float, typer.Option(metavar="DB", min=1.0, help="By level: start at this many dB above the noise.")
    ] = 12.0,
    length: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0.1,
            help="Longest take, seconds (by level 10, by key 60); by time: of each (5), between pictures (1).",
        ),
    ] = None,
    pause: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="By level: end a take after this many quiet seconds.")
    ] = 0.5,
    pre_roll: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.0, help="By level: seconds kept before and after.")
    ] = 0.25,
    count: Annotated[int | None, typer.Option(metavar="NUMBER", min=1, help="Stop after this many takes.")] = None,
    seconds: SecondsOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON line per take instead of the dashboard.")
    ] = False,
    log: Annotated[bool, typer.Option("--log", help="Print a line per take instead of the dashboard.")] = False,
    fast: FastOption = False,
    channel: ChannelOption = "",
    rate: RateOption = 0,
    channels: ChannelsOption = 0,
    format: FormatOption = "",
    size: SizeOption = "",
    fps: FpsOption = 0.0,
    roi: RoiOption = "",
) -> None:
    """Collect labelled examples from a microphone or camera, cut by level, by key or by time."""
    from streamer.commands.record import record as record_takes

    overrides = source_settings(fast, channel, rate, channels, format) | image_settings(size, fps, roi)
    code = record_takes(
        label,
        source,
        output,
        config_path=config,
        overrides=overrides,
        task=task.value if task else "",
        by=by.value if by else "",
        trigger_db=trigger,
        length_s=length,
        pause_s=pause,
        pre_roll_s=pre_roll,
        count=count,
        seconds=seconds,
        json=json,
        log=log,
    )
    raise typer.Exit(code)


def train(
    task: Annotated[
        TaskChoice, typer.Argument(metavar="TASK", help="What to learn: sound, pattern (pictures) or motion (videos).")
    ],
    data: Annotated[Path, typer.Argument(metavar="DATA_DIR", help="Folder with a folder of files for each label.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help="The model to write, my.tflite; its card is my.md beside it."
        ),
    ],
    groups: GroupsOption = "",
    test: Annotated[
        list[str] | None,
        typer.Option(metavar="GROUP", help="A group to measure on, never to train on; may be given several times."),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=2, help="Parts for cross-validation; chosen by the amount of data where left out."
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", min=1, help="Most passes over the windows in each stage of training."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, max=2**32 - 99, help="Of splits, augmentation and weights.")
    ] = 0,
    int8: Annotated[
        bool, typer.Option("--int8", help="Compute in 8 bits; the accuracy that costs is printed.")
    ] = False,
    window: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.1, help="How much the model takes at once.")
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER", min=0.0, help="Wrong events allowed: per hour (1); of pictures: a share (0.01)."
        ),
    ] = None,
    leave_labels_out: Annotated[
        bool,
        typer.Option(
            "--leave-labels-out",
            help="Also train without each fifth of the labels, and count what their files are taken for; takes longer.",
        ),
    ] = False,
    unknown: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Recordings of none of the labels, to count false events on; measured, never trained on.",
        ),
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Go on from this model of sounds, with its examples and new ones, and say what got better and worse "
            "on new ones kept aside.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Train a model on your own recordings, pictures or videos (extra: train)."""
    from streamer.commands.train import train as train_model
    from streamer.training.options import TrainingOptions

    options = TrainingOptions(
        task=task.value,
        data=data,
        output=output,
        groups=groups,
        test=tuple(test or ()),
        n_folds=folds,
        n_epochs=epochs,
        seed=seed,
        int8=int8,
        window_s=window,
        false_alarms=false_alarms,
        leave_labels_out=leave_labels_out,
        earlier=earlier,
        unknown=unknown,
    )
    raise typer.Exit(train_model(options, json=json))


def evaluate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... DATA_DIR",
            help="Shipped models' names or .tflite files, several are compared; then a folder with a folder for each "
            "label, or recordings with annotations, which --unknown makes needless.",
        ),
    ],
    config: ConfigOption = None,
    sidecar: SidecarOption = "",
    label_map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MAP",
            help="Which of a model's labels stand for which labels of the data: a file, or the name of a shipped map "
            "(yamnet-esc10); may be given several times.",
        ),
    ] = None,
    groups: GroupsOption = "",
    test: Annotated[
        list[str] | None, typer.Option(metavar="GROUP", help="Evaluate this group only; may be given several times.")
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A CSV table with the columns file,onset,offset,label, or a folder of label tracks; default: files "
            "beside the recordings.",
        ),
    ] = None,
    unknown: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Recordings of none of the labels: count false events per hour and files wrongly labelled; with "
            "labelled files, too, the curve of events found over false ones.",
        ),
    ] = None,
    collar: Annotated[float, typer.Option(metavar="SECONDS", min=0.001, help="Tolerance of an onset, seconds.")] = 0.2,
    segment: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="Length of a segment, seconds.")] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write plots (PNG) to this folder, too (extra: train).")
    ] = None,
    jobs: JobsOption = 0,
    fps: FpsOption = 0.0,
    roi: RoiOption = "",
) -> None:
    """Measure models on labelled or annotated files: accuracy with its interval, confusions, false alarms per hour."""
    from streamer.commands.evaluate import evaluate as evaluate_models
    from streamer.commands.evaluate import models_and_data

    code = evaluate_models(
        *models_and_data(paths, unknown),
        config,
        {"model.sidecar": sidecar, **image_settings("", fps, roi)},
        label_maps=label_map or (),
        groups=groups,
        test=test or (),
        annotations=annotations,
        unknown=unknown,
        collar_s=collar,
        segment_s=segment,
        json=json,
        plot=plot,
        n_jobs=jobs,
    )
    raise typer.Exit(code)


def study(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the page and its plots.")],
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, max=2**32 - 99, help="Of synthetic clips, splits and networks.")
    ] = 0,
    quick: Annotated[
        bool, typer.Option("--quick", help="Use small sizes: a check that the study runs, in two minutes.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the results as one JSON object.")] = False,
) -> None:
    """Can spectrograms be used for image classification? Measure it (extra: train; under 20 minutes on two cores)."""
    from streamer.commands.study import study as run_study

    raise typer.Exit(run_study(output, seed=seed, quick=quick, json=json))


def review(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Clips in folders of labels, as streamer run --clips DIR writes."),
    ],
    model: ModelsOption = None,
    config: ConfigOption = None,
    db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The history whose links follow; without, that of the settings."),
    ] = None,
    mark: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="FILE LABEL", help="Mark one clip without the screen: as right, as wrong, or with a label's name."
        ),
    ] = None,
    lists: Annotated[bool, typer.Option("--list", help="Print the clips, the least sure first.")] = False,
    all_clips: Annotated[bool, typer.Option("--all", help="Also clips that have been marked before.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same, or the mark, as JSON lines.")] = False,
) -> None:
    """Say of collected clips whether they are what they were taken for, so that training learns from it."""
    from streamer.commands.review import review as review_clips

    raise typer.Exit(review_clips(folder, model or [], config, db, mark, lists=lists, all_clips=all_clips, json=json))
