"""What the network of the course costs: against its matrix products, on one thread and on two, by size, over time.

python -m benchmarks.cost products     its training step over the bare products of the same sizes, same threads
python -m benchmarks.cost threads      its training step on one thread over that on two
python -m benchmarks.cost sizes        seconds by batch (16 to 1024) and by image (22 to 112), into a picture (--out)
python -m benchmarks.cost memory       the peak memory of cnn, resnet and gpt after 200 and after 2,000 steps
"""

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nnlite as nl
from benchmarks._course_network import keras_network
from benchmarks._memory import in_own_process
from benchmarks._report import readable_bytes, readable_seconds
from benchmarks._rounds import alternating_rounds
from benchmarks._row import Batch, Network, Step, training
from benchmarks.cnn import digits

BATCHES = (16, 32, 64, 128, 256, 512, 1024)
IMAGES = (22, 28, 40, 56, 80, 112)


def cnn_step(batch: int = 64, size: int = 28) -> Step:
    """Return a training step of the network on images of a size of at least 22 pixels."""

    def network(k: Any) -> tuple[Any, Any]:
        return keras_network(k, size), k.losses.SparseCategoricalCrossentropy()

    def data() -> Batch:
        return digits(batch, size)

    return training(data, Network(network, lambda: (None, None))).parts[""]["nnlite"]()


def products_step(batch: int = 64) -> Step:
    """Return a step that only multiplies: the matrices of one training step, each layer's one product as one."""
    sizes = [(batch * 26 * 26, 9, 32), (batch * 11 * 11, 288, 64), (batch * 3 * 3, 576, 66), (batch, 594, 64)]
    sizes.append((batch, 64, 10))
    jobs: list[Callable[[], object]] = []
    for number, (m, k, n) in enumerate(sizes):
        x, w, g = (np.ones(shape, np.float32) for shape in ((m, k), (k, n), (m, n)))
        jobs.append(lambda x=x, w=w: np.matmul(x, w))  # type: ignore[misc]
        jobs.append(lambda x=x, g=g: np.matmul(x.T, g))  # type: ignore[misc]
        if number:  # the images need no gradient
            jobs.append(lambda g=g, w=w: np.matmul(g, w.T))  # type: ignore[misc]

    def step() -> None:
        for job in jobs:
            job()

    return step


def products(rounds: int, seconds: float) -> None:
    times = alternating_rounds({"cnn": cnn_step(), "products": products_step()}, rounds, seconds)
    ratios = sorted(c / p for c, p in zip(times["cnn"], times["products"], strict=True))
    step, bare = (readable_seconds(statistics.median(times[name])).strip() for name in ("cnn", "products"))
    print(f"cnn {step}, its products {bare}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def threads(rounds: int, seconds: float) -> None:
    step = cnn_step()

    def with_threads(n: int) -> Step:
        def run() -> None:
            if nl.get_num_threads() != n:
                nl.set_num_threads(n)
            step()

        return run

    times = alternating_rounds({"1": with_threads(1), "2": with_threads(2)}, rounds, seconds)
    ratios = sorted(a / b for a, b in zip(times["1"], times["2"], strict=True))
    one, two = (readable_seconds(statistics.median(times[name])).strip() for name in ("1", "2"))
    print(f"cnn on one thread {one}, on two {two}: {statistics.median(ratios):.2f} times")


def sizes(seconds: float, out: Path) -> None:
    import matplotlib.pyplot as plt

    by_batch = [_seconds(cnn_step(batch=n), seconds) for n in BATCHES]
    by_image = [_seconds(cnn_step(size=n), seconds) for n in IMAGES]
    for n, taken in zip(BATCHES, by_batch, strict=True):
        print(f"batch {n:5}: {readable_seconds(taken)}, {readable_seconds(taken / n)} an image")
    for n, taken in zip(IMAGES, by_image, strict=True):
        print(f"{n:3} pixels: {readable_seconds(taken)}, {readable_seconds(taken / n**2)} a pixel")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    left.loglog(BATCHES, [t * 1e3 for t in by_batch], "o-")
    left.loglog(BATCHES, [by_batch[2] * 1e3 * n / BATCHES[2] for n in BATCHES], "k:", label="in proportion")
    left.set(xlabel="images in the batch", ylabel="ms a training step", title="28x28 pixels")
    right.loglog([n**2 for n in IMAGES], [t * 1e3 for t in by_image], "o-")
    right.loglog([n**2 for n in IMAGES], [by_image[0] * 1e3 * (n / IMAGES[0]) ** 2 for n in IMAGES], "k:")
    right.set(xlabel="pixels of an image", ylabel="ms a training step", title="64 images")
    left.legend()
    figure.savefig(out, dpi=110)
    plt.close(figure)
    print(f"drawn: {out}")


def memory(steps: int) -> None:
    for row in ("cnn", "resnet", "gpt"):
        short, long = (in_own_process(row, "nnlite", nl.get_num_threads(), n).bytes for n in (steps // 10, steps))
        if short is None or long is None:
            print("this system does not tell the peak memory of a process")
            return
        print(f"{row:7} {readable_bytes(short)} after {steps // 10} steps, {readable_bytes(long)} after {steps}")


def _seconds(step: Step, seconds: float) -> float:
    return statistics.median(alternating_rounds({"": step}, 3, seconds)[""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["products", "threads", "sizes", "memory"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each way in each round")
    parser.add_argument("--steps", type=int, default=2000, help="of memory")
    parser.add_argument("--out", type=Path, default=Path("docs/performance_cost.png"))
    options = parser.parse_args()
    if options.what == "products":
        products(options.rounds, options.seconds)
    elif options.what == "threads":
        threads(options.rounds, options.seconds)
    elif options.what == "sizes":
        sizes(options.seconds, options.out)
    else:
        memory(options.steps)


if __name__ == "__main__":
    main()
