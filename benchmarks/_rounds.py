"""Time several ways of doing the same work in alternating rounds, so that a noisy machine treats them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["alternating_rounds", "seconds_of"]

Step = Callable[[], object]
WARM_UP = 3


def alternating_rounds(
    steps: Mapping[str, Step], rounds: int, seconds: float, time_step: Callable[[Step], float] | None = None
) -> dict[str, list[float]]:
    """Return the seconds that a step took, for each way a list with one median for each round.

    Every way is run for about `seconds` in each round, after a warm-up, and the order of the ways turns from round to
    round. `time_step` runs a step and returns its seconds; the clock does by default.
    """
    time_step = time_step or seconds_of
    repeats = {}
    for name, step in steps.items():
        for _ in range(WARM_UP):
            time_step(step)
        repeats[name] = max(3, int(seconds / (time_step(step) + 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    for number in range(rounds):
        turn = number % max(len(names), 1)
        for name in names[turn:] + names[:turn]:
            taken = [time_step(steps[name]) for _ in range(repeats[name])]
            times[name].append(statistics.median(taken))
    return times


def seconds_of(step: Step) -> float:
    """Return how long a step takes."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
