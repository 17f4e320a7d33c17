"""Test accuracy of MLPClassifier on scikit-learn's small data: nnlite's beside scikit-learn's, on the same splits.

Each seed has its own split, 80/20 and stratified, and its own first weights. Inputs are standardised by the training
part; all arguments are scikit-learn's defaults but `random_state`, and `--solver` if it is given.

    python -m benchmarks.sklearn_accuracy --data digits breast_cancer --seeds 10
"""

import argparse
import statistics
import time
import warnings
from typing import Any

from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnlite.sklearn import MLPClassifier

LIBRARIES: dict[str, Any] = {"nnlite": MLPClassifier, "scikit-learn": neural_network.MLPClassifier}


def accuracy(network: Any, data: tuple[Any, Any], seed: int) -> float:
    """Train on four fifths of the data and return the share right of the rest."""
    x_train, x_test, y_train, y_test = train_test_split(*data, test_size=0.2, stratify=data[1], random_state=seed)
    pipeline = make_pipeline(StandardScaler(), network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the defaults end before the loss does, in both
        pipeline.fit(x_train, y_train)
    return float(pipeline.score(x_test, y_test))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=["digits", "breast_cancer"], default=["digits", "breast_cancer"])
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--solver", choices=["adam", "sgd", "lbfgs"], default="adam")
    options = parser.parse_args()
    for name in options.data:
        data = getattr(datasets, f"load_{name}")(return_X_y=True)
        for library, kind in LIBRARIES.items():
            start = time.perf_counter()
            found = [accuracy(kind(solver=options.solver, random_state=s), data, s) for s in range(options.seeds)]
            seconds = (time.perf_counter() - start) / options.seeds
            print(
                f"{name:14} {options.solver:6} {library:13} mean {statistics.mean(found):.2%} +- "
                f"{statistics.pstdev(found):.2%} over {len(found)} seeds, {seconds:.2f} s each",
                flush=True,
            )


if __name__ == "__main__":
    main()
