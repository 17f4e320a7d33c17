"""Find the polynomial p of `nnlite/kernels/elementwise.py`: erf(x) = tanh(x * p(x**2)) for float32.

The largest relative error of erf is made least by Lawson's iteration: least squares over and over, with weights that
grow where the error is large. Coefficients are rounded to float32 one by one, the constant first, and the remaining
ones found anew. (C. L. Lawson, "Contributions to the theory of linear least maximum approximation", 1961.)

    python docs/erf.py
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, erfc

DEGREE, END = 6, 4.0  # beyond 4, erf is 1 in float32


def least_maximum(basis: NDArray[np.float64], target: NDArray[np.float64], slope: NDArray[np.float64]) -> float:
    """Return the first coefficient of the combination of the basis that makes max |slope * error| least."""
    weight, best = np.full(len(target), 1 / len(target)), (np.inf, 0.0)
    for _ in range(1500):
        root = np.sqrt(weight) * slope
        coefficients = np.linalg.lstsq(basis * root[:, None], target * root)[0]
        error = np.abs((basis @ coefficients - target) * slope)
        best = min(best, (float(error.max()), float(coefficients[0])))
        weight *= error
        weight /= weight.sum()
    return best[1]


def main() -> None:
    """Print the coefficients."""
    square = (0.5 - 0.5 * np.cos(np.pi * (np.arange(600) + 0.5) / 600)) * END**2
    x = np.sqrt(square)
    rest = 0.5 * np.log((1 + erf(x)) / erfc(x)) / x  # atanh(erf(x)) / x
    slope = (1 + erf(x)) * erfc(x) * x / erf(x)  # what an error in it does to erf, relatively
    coefficients = []
    for power in range(DEGREE + 1):
        basis = (square[:, None] / END**2) ** np.arange(power, DEGREE + 1)
        coefficients.append(float(np.float32(least_maximum(basis, rest, slope) / END ** (2 * power))))
        rest = rest - coefficients[-1] * square**power
    print(coefficients, f"largest relative error {np.abs(rest * slope).max():.2e}")


if __name__ == "__main__":
    main()
