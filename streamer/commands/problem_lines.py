"""Tell the problems of a run on standard error, each when it begins and when it ends."""

from __future__ import annotations

from streamer.commands import say
from streamer.messages import RunProblem
from streamer.monitor.problems import Problems


class ProblemLines:
    """Lines on standard error about the problems of a run.

    Parameters
    ----------
    problems : Problems
        Of the run.
    """

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._known: dict[str, RunProblem] = {}

    def tell(self) -> None:
        """Print what has begun and what has ended since the last call."""
        now = {problem.part: problem for problem in self._problems.now()}
        for part in self._known.keys() - now.keys():
            old = self._known[part]
            times = f" after {old.n} times" if old.n > 1 else ""
            say(f"{part}: works again{times}; it was: {old.text}")
        for part, problem in now.items():
            if part not in self._known:
                say(problem.text)
        self._known = now

    def tell_at_end(self) -> None:
        """Print what has not been told yet, and how many messages were not written."""
        self.tell()
        if self._problems.n_unwritten:
            say(f"{self._problems.n_unwritten} messages were not written")
