"""Time two ways of doing the same work in alternating rounds, so that a noisy machine treats them alike."""

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["alternating_rounds"]

Step = Callable[[], object]


def alternating_rounds(steps: Mapping[str, Step], rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return the seconds that a step took, for each way a list with one median for each round.

    Every way is run for about `seconds` in each round, after a warm-up, and the order of the ways turns from round to
    round.
    """
    repeats = {}
    for name, step in steps.items():
        for _ in range(3):
            step()
        start = time.perf_counter()
        step()
        repeats[name] = max(3, int(seconds / (time.perf_counter() - start + 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            step, taken = steps[name], []
            for _ in range(repeats[name]):
                start = time.perf_counter()
                step()
                taken.append(time.perf_counter() - start)
            times[name].append(statistics.median(taken))
    return times
