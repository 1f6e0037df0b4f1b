"""Classify many files so that no file, whatever it does to the process that decodes it, touches another."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from streamer.build import kernels_for
from streamer.config import Config
from streamer.errors import StreamerError
from streamer.kernels.load import warm_up
from streamer.messages import TaskName
from streamer.model.file import ModelFile
from streamer.offline.files import file_kind, medium_of_kind
from streamer.offline.pool import Pool
from streamer.offline.result import FileResult
from streamer.tasks.base import FileKind
from streamer.worker import map_in_child


@dataclass(frozen=True, slots=True)
class Batch:
    """Models and settings to classify files with; parameters as of :class:`streamer.offline.pool.Pool`.

    Parameters
    ----------
    report : callable
        Called with a line to show when kernels must be compiled. Like all others it travels by pickle.
    keep_scores : bool
        Whether results hold the scores of every window.
    keep_seen : bool
        Whether results hold what was measured of images: some ten megabytes a video.
    """

    models: Mapping[FileKind, Sequence[ModelFile]]
    config: Config
    tasks: tuple[TaskName, ...]
    as_sound: bool
    report: Callable[[str], None]
    keep_scores: bool = True
    keep_seen: bool = False

    def classify(self, chains: Sequence[Sequence[Path]], n_jobs: int) -> Iterator[list[FileResult]]:
        """Yield the results of each recording of one or several files, in order.

        Several are decoded in a child process: a decoder that crashes it costs the one file, and a second. A recording
        alone can harm no other, and is decoded here.

        Raises
        ------
        UserError
            As :class:`streamer.offline.pool.Pool`.
        """
        n_threads = min(n_jobs, len(chains))
        if len(chains) == 1:
            yield self._function(n_threads)(chains[0])
        else:
            yield from map_in_child(functools.partial(self._function, n_threads), chains, self._died, n_threads)

    def _function(self, n_threads: int) -> Callable[[Sequence[Path]], list[FileResult]]:
        media = tuple({medium_of_kind(kind) for kind in self.models})
        warm_up(self.report, media, kernels_for(itertools.chain(*self.models.values())))
        pool = Pool(self.models, self.config, self.tasks, n_threads, as_sound=self.as_sound)

        def classify(chain: Sequence[Path]) -> list[FileResult]:
            results = pool.classify_one(*chain)
            dropped: dict[str, Any] = {} if self.keep_scores else {"scores": []}
            dropped |= {} if self.keep_seen else {"seen": None}
            return [replace(result, **dropped) for result in results]

        return classify

    def _died(self, chain: Sequence[Path], reason: str) -> list[FileResult]:
        medium = "sound" if self.as_sound else medium_of_kind(file_kind(chain[0], self.tasks))
        text = (
            f"file={chain[0]} must be one that can be decoded; it crashes its decoder ({reason}): "
            "convert it with another program"
        )
        return [FileResult(chain[0], error=str(StreamerError(text)), medium=medium)]
