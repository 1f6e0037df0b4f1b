"""Find the labelled files of a folder, `FOLDER/LABEL/…`, as a dataset of examples: file, label, group."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from streamer.dataset.groups import name_groups
from streamer.errors import UserError
from streamer.messages import TaskName
from streamer.model.file import check_labels
from streamer.sources.times_file import SUFFIX as TIMES_SUFFIX
from streamer.tasks import TASKS


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled file."""

    path: Path
    label: str
    group: str  # names its origin: examples of one group never lie on both sides of a split


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled files of one folder.

    Attributes
    ----------
    folder : Path
        The folder of the dataset, as the user gave it.
    task : {"sound", "pattern", "motion"}
        What the examples are for, and so which kind of file they are.
    examples : tuple of Example
        Sorted by label, then by path.
    ignored : tuple of Path
        Files in the folder that are not examples: of another kind, hidden, or in no label's folder.
    """

    folder: Path
    task: TaskName
    examples: tuple[Example, ...]
    ignored: tuple[Path, ...] = ()

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, sorted."""
        return tuple(sorted({example.label for example in self.examples}))

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of all groups, sorted."""
        return tuple(sorted({example.group for example in self.examples}))

    def with_examples(self, examples: Iterable[Example]) -> Dataset:
        """Return a dataset of the same folder with other examples, sorted."""
        return replace(self, examples=tuple(sorted(examples, key=lambda example: (example.label, example.path))))

    def of_groups(self, names: Iterable[str]) -> Dataset:
        """Return the examples of these groups.

        Raises
        ------
        UserError
            If one of them is not a group of this dataset.
        """
        chosen = self._known(names)
        return replace(self, examples=tuple(example for example in self.examples if example.group in chosen))

    def without_groups(self, names: Iterable[str]) -> Dataset:
        """Return the examples of all other groups; raises as :meth:`of_groups`."""
        chosen = self._known(names)
        return replace(self, examples=tuple(example for example in self.examples if example.group not in chosen))

    def _known(self, names: Iterable[str]) -> set[str]:
        chosen, known = set(names), self.groups
        unknown = sorted(chosen.difference(known))
        if unknown:
            some = ", ".join(known[:10]) + (f" … ({len(known)} in all)" if len(known) > 10 else "")
            raise UserError(f"group={unknown[0]!r} must be a group of {self.folder}; its groups are {some}")
        return chosen


def find_examples(folder: Path, task: TaskName, groups: str = "", *, n_labels: int = 2) -> Dataset:
    """Find the labelled files of a folder without opening them.

    Parameters
    ----------
    folder : Path
        Holds a folder for each label. The files of the task's kind in it, at any depth, are the label's examples.
        Links are followed, to folders too; hidden files and folders are ignored.
    task : {"sound", "pattern", "motion"}
        Decides the kind of file: sound files, pictures or videos.
    groups : str
        Which files share an origin, see :func:`streamer.dataset.groups.name_groups`; empty: each file is its own.
    n_labels : int
        Least number of labels.

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        If the folder is missing, unreadable, empty or not sorted into labels, if a label is not a usable name or has
        no file, if there are too few labels, or if the groups cannot be determined.
    """
    try:
        inside = sorted(folder.iterdir())
    except FileNotFoundError:
        raise UserError(f"data={folder} must exist; give the folder that holds a folder for each label") from None
    except NotADirectoryError:
        raise UserError(f"data={folder} must be a folder that holds a folder for each label; it is a file") from None
    except OSError as error:
        raise UserError(f"data={folder} must be readable; {error.strerror}") from None
    folders = [path for path in inside if path.is_dir() and not path.name.startswith(".")]
    ignored = [path for path in inside if not path.is_dir()]
    if not folders and not ignored:
        raise UserError(f"data={folder} must hold a folder of {TASKS[task].example}s for each label; it is empty")
    if not folders:
        raise UserError(
            f"data={folder} must hold a folder for each label; it holds {len(ignored)} files and no folder: sort them "
            f"into folders named by what they are, as in {folder.name}/{TASKS[task].example_path}"
        )
    check_labels(tuple(path.name for path in folders), f"data={folder}")
    found: list[tuple[Path, str]] = []
    for label_folder in folders:
        files = sorted(_walk(label_folder))
        usable = [path for path in files if _is_usable(path, task)]
        if not usable:
            raise UserError(_why_none(label_folder, files, task))
        found += [(path, label_folder.name) for path in usable]
        ignored += [path for path in files if not _is_usable(path, task) and not path.name.endswith(TIMES_SUFFIX)]
    if len(folders) < n_labels and folders[0].name in TASKS[task].background:
        raise UserError(
            f"data={folder} must hold a label to tell from the background; it holds only {folders[0].name!r}: "
            "add a folder of what is to be recognised, too"
        )
    names = name_groups([path for path, _ in found], folder, groups)
    examples = [Example(path, label, group) for (path, label), group in zip(found, names, strict=True)]
    return Dataset(folder, task, (), tuple(sorted(ignored))).with_examples(examples)


def _is_usable(path: Path, task: TaskName) -> bool:
    return path.suffix.lower() in TASKS[task].example_suffixes and not path.name.startswith(".")


def _walk(label_folder: Path) -> Iterator[Path]:
    """Yield all files below a folder but those of hidden folders; a folder that links reach again is entered once."""
    entered = set()
    for name, folders, files in os.walk(label_folder, followlinks=True, onerror=partial(_refuse, label_folder)):
        place = os.stat(name)  # noqa: PTH116 (a Path for each of tens of thousands of folders would cost time)
        if (place.st_dev, place.st_ino) in entered:
            folders.clear()
            continue
        entered.add((place.st_dev, place.st_ino))
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        yield from (Path(name, file) for file in files)


def _refuse(label_folder: Path, error: OSError) -> None:
    raise UserError(f"folder={error.filename} must be readable, as part of {label_folder}; {error.strerror}") from None


def _why_none(label_folder: Path, files: list[Path], task: TaskName) -> str:
    suffixes = " ".join(sorted(TASKS[task].example_suffixes))
    rule = f"label folder={label_folder} must hold at least one {TASKS[task].example} ({suffixes})"
    if not files:
        return f"{rule}; it is empty: fill or remove it"
    return f"{rule}; it holds {len(files)} of other kinds, such as {files[0].name}: convert them or remove the folder"
