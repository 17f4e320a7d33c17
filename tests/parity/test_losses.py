"""Losses beside PyTorch's (functional, nn, nn.functional) and Keras' (losses), on drawn shapes and settings."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import nnlite.functional as F
from nnlite import losses, nn
from tests.parity.harness import compare_function, drawn

seeds = st.integers(0, 2**32 - 1)
reductions = st.sampled_from(["mean", "sum", "none"])
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
rows = st.tuples(st.integers(1, 5), st.integers(2, 5))
margins = st.sampled_from([0.0, 0.3, 1.0, 2.5])


def compare_with_torch(
    ours: Callable[..., Any] | None, name: str, module: str, arrays: list[Any], settings: dict[str, Any]
) -> None:
    """Compare a loss in three spellings: functional (if it has one), nn.functional and nn."""
    import torch

    in_torch = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}

    def theirs(*a: Any) -> Any:
        return getattr(torch.nn.functional, name)(*a, **in_torch)

    if ours is not None:
        compare_function(f"functional.{ours.__name__}", lambda *a: ours(*a, **settings), theirs, arrays)
    compare_function(f"nn.functional.{name}", lambda *a: getattr(nn.functional, name)(*a, **settings), theirs, arrays)
    compare_function(
        f"nn.{module}",
        lambda *a: getattr(nn, module)(**settings)(*a),
        lambda *a: getattr(torch.nn, module)(**in_torch)(*a),
        arrays,
    )


def signs(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Labels -1 and 1."""
    return 2 * generator.integers(2, size=shape) - 1


@drawn(shapes, reductions, seeds, st.sampled_from([0.0, 0.5, 1.0, 3.0]))
def test_regression(shape: tuple[int, ...], reduction: str, seed: int, width: float) -> None:
    generator = np.random.default_rng(seed)
    pair = [2 * generator.normal(size=shape), generator.normal(size=shape)]
    compare_with_torch(F.mse, "mse_loss", "MSELoss", pair, {"reduction": reduction})
    compare_with_torch(F.mae, "l1_loss", "L1Loss", pair, {"reduction": reduction})
    compare_with_torch(F.smooth_l1, "smooth_l1_loss", "SmoothL1Loss", pair, {"reduction": reduction, "beta": width})
    compare_with_torch(F.huber, "huber_loss", "HuberLoss", pair, {"reduction": reduction, "delta": width + 0.1})


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # PyTorch, of its kl_div
@drawn(shapes, reductions, seeds, st.booleans(), st.booleans())
def test_likelihoods(shape: tuple[int, ...], reduction: str, seed: int, log: bool, full: bool) -> None:
    generator = np.random.default_rng(seed)
    x, p, q = generator.normal(size=shape), generator.uniform(0.1, 3, shape), generator.uniform(0.05, 0.95, shape)
    settings: dict[str, Any] = {"reduction": reduction}
    compare_with_torch(
        F.poisson_nll, "poisson_nll_loss", "PoissonNLLLoss", [x if log else p, 2 * q],
        {"log_input": log, "full": full, "eps": 1e-3, **settings},
    )  # fmt: skip
    compare_with_torch(F.kl_div, "kl_div", "KLDivLoss", [np.log(p), x if log else q], {"log_target": log, **settings})
    if seed % 3 == 0 and len(shape) > 1:
        p = p[..., 0] if seed % 2 else p[..., :1]
    compare_with_torch(
        F.gaussian_nll, "gaussian_nll_loss", "GaussianNLLLoss", [x, q, p], {"full": full, "eps": 0.2, **settings}
    )


@drawn(rows, seeds)
def test_divergence_of_a_batch(shape: tuple[int, int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    pair = [generator.normal(size=shape), generator.dirichlet(np.ones(shape[1]), shape[0])]
    compare_with_torch(None, "kl_div", "KLDivLoss", pair, {"reduction": "batchmean"})


@drawn(shapes, reductions, seeds, st.booleans())
def test_binary_cross_entropies(shape: tuple[int, ...], reduction: str, seed: int, weighted: bool) -> None:
    generator = np.random.default_rng(seed)
    x, p, t = (generator.normal(size=shape), *generator.uniform(0.05, 0.95, (2, *shape)))
    settings: dict[str, Any] = {"reduction": reduction}
    if weighted:
        settings["weight"] = generator.uniform(0.5, 2, shape[-1])
    compare_with_torch(F.binary_cross_entropy, "binary_cross_entropy", "BCELoss", [p, t], settings)
    if weighted:
        settings["pos_weight"] = generator.uniform(0.5, 2, shape[-1])
    name = "binary_cross_entropy_with_logits"
    compare_with_torch(F.binary_cross_entropy_with_logits, name, "BCEWithLogitsLoss", [x, t], settings)


@drawn(reductions, seeds)
def test_saturated_probabilities_of_nn(reduction: str, seed: int) -> None:
    import torch

    generator = np.random.default_rng(seed)
    p, t = generator.choice([0.0, 1.0, 1e-30, 0.4], 8), generator.choice([0.0, 1.0], 8)
    ours, theirs = nn.BCELoss(reduction=reduction), torch.nn.BCELoss(reduction=reduction)
    compare_function("nn.BCELoss", lambda a: ours(a, t), lambda a: theirs(a, torch.tensor(t)), [p])


@drawn(rows, st.lists(st.integers(1, 3), max_size=2), reductions, seeds, st.booleans(), st.sampled_from([0.0, 0.2]))
def test_cross_entropies(
    shape: tuple[int, int], more: list[int], reduction: str, seed: int, weighted: bool, smoothing: float
) -> None:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(*shape, *more))
    labels = generator.integers(0, shape[1], (shape[0], *more))
    soft = np.moveaxis(generator.dirichlet(np.ones(shape[1]), (shape[0], *more)), -1, 1)
    settings: dict[str, Any] = {"reduction": reduction}
    if weighted:
        settings["weight"] = generator.uniform(0.5, 2, shape[1])
    flat = not more  # then channels first and channels last are the same
    smooth = {**settings, "label_smoothing": smoothing}
    compare_with_torch(F.cross_entropy if flat else None, "cross_entropy", "CrossEntropyLoss", [x, soft], smooth)
    if seed % 2:
        settings["ignore_index"] = int(labels.flat[0])
        labels.flat[-1] = (labels.flat[0] + 1) % shape[1]  # one at least counts
        smooth |= settings
    compare_with_torch(F.cross_entropy if flat else None, "cross_entropy", "CrossEntropyLoss", [x, labels], smooth)
    compare_with_torch(F.nll if flat else None, "nll_loss", "NLLLoss", [x, labels], settings)


@drawn(st.integers(2, 5), seeds, reductions)
def test_a_single_row_of_classes(classes: int, seed: int, reduction: str) -> None:
    generator = np.random.default_rng(seed)
    arrays = [generator.normal(size=classes), np.array(generator.integers(classes))]
    compare_with_torch(F.cross_entropy, "cross_entropy", "CrossEntropyLoss", arrays, {"reduction": reduction})
    compare_with_torch(F.nll, "nll_loss", "NLLLoss", arrays, {"reduction": reduction})
    compare_with_torch(None, "multi_margin_loss", "MultiMarginLoss", arrays, {"reduction": reduction})


@drawn(rows, reductions, seeds, margins)
def test_margins(shape: tuple[int, int], reduction: str, seed: int, margin: float) -> None:
    generator = np.random.default_rng(seed)
    x, y, z = generator.normal(size=(3, *shape))
    where = signs(generator, *shape)
    settings = {"margin": margin, "reduction": reduction}
    compare_with_torch(None, "hinge_embedding_loss", "HingeEmbeddingLoss", [x, where], settings)
    compare_with_torch(None, "soft_margin_loss", "SoftMarginLoss", [x, where], {"reduction": reduction})
    compare_with_torch(F.margin_ranking, "margin_ranking_loss", "MarginRankingLoss", [x, y, where], settings)
    compare_with_torch(
        F.cosine_embedding, "cosine_embedding_loss", "CosineEmbeddingLoss", [x, y, where[:, 0]],
        {**settings, "margin": margin / 3},
    )  # fmt: skip
    compare_with_torch(
        F.triplet_margin, "triplet_margin_loss", "TripletMarginLoss", [x, y, z],
        {**settings, "margin": margin + 0.1, "p": float(1 + seed % 3), "swap": bool(seed % 2), "eps": 1e-3},
    )  # fmt: skip
    weight = {"weight": generator.uniform(0.5, 2, shape[1])} if seed % 2 else {}
    compare_with_torch(
        None, "multi_margin_loss", "MultiMarginLoss", [x, generator.integers(0, shape[1], shape[0])],
        {**settings, **weight, "p": 1 + seed % 2},
    )  # fmt: skip


@drawn(st.integers(1, 4), st.integers(2, 12), st.integers(2, 5), st.integers(1, 4), reductions, seeds, st.booleans())
def test_ctc(count: int, steps: int, classes: int, longest: int, reduction: str, seed: int, concatenated: bool) -> None:
    import torch

    generator = np.random.default_rng(seed)
    blank = int(generator.integers(classes))
    labels = generator.integers(0, classes - 1, (count, longest))
    labels += labels >= blank
    input_lengths = generator.integers(1, steps + 1, count)
    target_lengths = generator.integers(0, longest + 1, count)
    target_lengths[-1] = longest  # PyTorch wants the table no wider than that
    x = generator.normal(size=(steps, count, classes))
    settings: dict[str, Any] = {"blank": blank, "reduction": reduction, "zero_infinity": True}

    def theirs(logits: Any) -> Any:
        return torch.nn.functional.ctc_loss(
            logits.log_softmax(-1), torch.tensor(labels), torch.tensor(input_lengths), torch.tensor(target_lengths),
            **settings,
        )  # fmt: skip

    def ours(logits: Any) -> Any:
        log_probs = F.swapaxes(F.log_softmax(logits), 0, 1)
        return F.ctc(log_probs, labels, input_lengths, target_lengths, **settings)

    given = np.concatenate([y[:n] for y, n in zip(labels, target_lengths, strict=True)]) if concatenated else labels
    rest = (given, tuple(input_lengths.tolist()), tuple(target_lengths.tolist()))
    compare_function("functional.ctc", ours, theirs, [x])
    in_nn = nn.CTCLoss(**settings)
    compare_function("nn.CTCLoss", lambda a: in_nn(F.log_softmax(a), *rest), theirs, [x])
    compare_function(
        "nn.functional.ctc_loss", lambda a: nn.functional.ctc_loss(F.log_softmax(a), *rest, **settings), theirs, [x]
    )
    if reduction == "none":
        first = lambda a: in_nn(F.log_softmax(a)[:, -1], labels[-1], input_lengths[-1], target_lengths[-1])  # noqa: E731
        compare_function("nn.CTCLoss", first, lambda a: theirs(a)[-1], [x])


def test_a_loss_without_alignment_is_infinite_as_in_torch() -> None:
    import torch

    log_probs, args = np.log(np.full((2, 1, 3), 1 / 3)), ([[1, 1]], [2], [2])
    theirs = torch.nn.functional.ctc_loss(torch.tensor(log_probs), *map(torch.tensor, args))
    assert nn.functional.ctc_loss(log_probs, *map(np.array, args)) == theirs.item() == np.inf


keras_reductions = st.sampled_from(["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None])


def compare_with_keras(
    name: str, y_true: np.ndarray, y_pred: np.ndarray, sample_weight: np.ndarray | None, settings: dict[str, Any]
) -> None:
    """Compare a loss by class with Keras'."""
    import keras

    ours, theirs = getattr(losses, name)(**settings), getattr(keras.losses, name)(**settings)
    compare_function(
        f"losses.{name}",
        lambda p: ours(y_true, p, sample_weight),
        lambda p: theirs(y_true, p, sample_weight),
        [y_pred],
        peer="keras",
    )


# what y_true and y_pred are: numbers, positive numbers, bits, probabilities, ...
ROWS_OF_KERAS: list[tuple[str, str, dict[str, st.SearchStrategy[Any]]]] = [
    ("MeanSquaredError", "numbers", {}),
    ("MeanAbsoluteError", "numbers", {}),
    ("MeanAbsolutePercentageError", "numbers", {}),
    ("MeanSquaredLogarithmicError", "positive", {}),
    ("LogCosh", "numbers", {}),
    ("Huber", "numbers", {"delta": st.sampled_from([0.5, 1.0, 3.0])}),
    ("Poisson", "positive", {}),
    ("KLDivergence", "distributions", {}),
    ("Hinge", "bits and scores", {}),
    ("SquaredHinge", "bits and scores", {}),
    ("CategoricalHinge", "classes and scores", {}),
    ("CosineSimilarity", "numbers", {"axis": st.sampled_from([-1, 1])}),
    ("BinaryCrossentropy", "bits", {"label_smoothing": st.sampled_from([0.0, 0.2]), "axis": st.sampled_from([-1, 1])}),
    ("BinaryCrossentropy", "bits and scores", {"from_logits": st.just(True)}),
    ("BinaryFocalCrossentropy", "bits", {
        "apply_class_balancing": st.booleans(), "alpha": st.sampled_from([0.25, 0.6]),
        "gamma": st.sampled_from([0.5, 2.0]), "label_smoothing": st.sampled_from([0.0, 0.2]),
        "axis": st.sampled_from([-1, 1]),
    }),
    ("BinaryFocalCrossentropy", "bits and scores", {"from_logits": st.just(True)}),
    ("CategoricalCrossentropy", "classes", {"label_smoothing": st.sampled_from([0.0, 0.2])}),
    ("CategoricalCrossentropy", "classes and scores", {"from_logits": st.just(True)}),
    ("CategoricalFocalCrossentropy", "classes", {
        "alpha": st.sampled_from([0.25, 0.6]), "gamma": st.sampled_from([0.5, 2.0]),
        "label_smoothing": st.sampled_from([0.0, 0.2]),
    }),
    ("CategoricalFocalCrossentropy", "classes and scores", {"from_logits": st.just(True)}),
    ("SparseCategoricalCrossentropy", "labels", {"ignore_class": st.sampled_from([None, 0, -1])}),
    ("SparseCategoricalCrossentropy", "labels and scores", {
        "from_logits": st.just(True), "ignore_class": st.sampled_from([None, 0, -1]),
    }),
    ("CategoricalGeneralizedCrossEntropy", "labels", {"q": st.sampled_from([0.2, 0.7])}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "settings"), ROWS_OF_KERAS, ids=[f"{r[0]}-{r[1]}" for r in ROWS_OF_KERAS])
@drawn(st.data(), st.booleans(), keras_reductions, seeds, st.booleans(), cases=8)
def test_losses_of_keras(
    name: str, kind: str, settings: dict[str, Any], data: st.DataObject, sequence: bool,
    reduction: str | None, seed: int, weighted: bool,
) -> None:  # fmt: skip
    generator = np.random.default_rng(seed)
    full = (2, 3, 4) if sequence else (3, 4)  # few shapes, as JAX compiles for each
    y_true, y_pred = made(kind, generator, full)
    chosen = {key: data.draw(strategy) for key, strategy in settings.items()}
    if chosen.get("ignore_class") == -1:
        y_true.flat[0] = -1
    axes = full[:-1] if chosen.get("axis", -1) == -1 else (full[0], *full[2:])
    compare_with_keras(
        name, y_true, y_pred, generator.uniform(0, 2, axes) if weighted else None, {**chosen, "reduction": reduction}
    )


def made(kind: str, generator: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of a kind."""
    scores, classes = generator.normal(size=shape), shape[-1]
    labels = generator.integers(0, classes, shape[:-1])
    probabilities = 0.9 * generator.dirichlet(np.ones(classes), shape[:-1]) + 0.1 / classes
    return {
        "numbers": (generator.normal(size=shape), scores),
        "positive": (generator.uniform(0.1, 3, shape), np.abs(scores) + 0.1),
        "distributions": (generator.dirichlet(np.ones(classes), shape[:-1]), probabilities),
        "bits": (generator.integers(0, 2, shape), generator.uniform(0.05, 0.95, shape)),
        "bits and scores": (generator.integers(0, 2, shape), scores),
        "classes": (np.eye(classes)[labels], probabilities),
        "classes and scores": (np.eye(classes)[labels], scores),
        "labels": (labels, probabilities),
        "labels and scores": (labels, scores),
    }[kind]


@drawn(st.sampled_from([None, -1, (1, 2)]), st.sampled_from(["mean", "sum", "none"]), seeds, cases=8)
def test_regions_of_keras(axis: Any, reduction: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    y, p = generator.integers(0, 2, (3, 4, 2)), generator.uniform(0, 1, (3, 4, 2))
    compare_with_keras("Dice", y, p, None, {"axis": axis, "reduction": reduction})
    alpha, beta = generator.uniform(0.1, 1, 2).tolist()
    compare_with_keras("Tversky", y, p, None, {"alpha": alpha, "beta": beta, "axis": axis, "reduction": reduction})


@drawn(st.booleans(), keras_reductions, seeds, st.booleans(), cases=8)
def test_circle_of_keras(diagonal: bool, reduction: str, seed: int, weighted: bool) -> None:
    generator, count = np.random.default_rng(seed), 5
    vectors = generator.normal(size=(count, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    settings = {"gamma": 4.0, "margin": 0.3, "remove_diagonal": diagonal, "reduction": reduction}
    weight = generator.uniform(0.1, 2, count) if weighted else None
    labels = generator.permutation([0, 1, 0, 1, 1])  # all have a partner
    compare_with_keras("Circle", labels, vectors, weight, settings)


@drawn(keras_reductions, seeds, st.booleans(), cases=8)
def test_ctc_of_keras(reduction: str, seed: int, weighted: bool) -> None:
    generator, count, steps, classes = np.random.default_rng(seed), 3, 6, 4
    labels = generator.integers(1, classes, (count, 2))
    labels[:, 1] *= generator.integers(0, 2, count)
    weight = generator.uniform(0, 2, count) if weighted else None
    compare_with_keras("CTC", labels, generator.normal(size=(count, steps, classes)), weight, {"reduction": reduction})


@drawn(
    st.sampled_from(["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "BinaryCrossentropy"]),
    seeds,
    cases=10,
)
def test_a_trailing_axis_of_one_is_lined_up_as_in_keras(name: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    y, p = generator.integers(0, 2, 5), generator.uniform(0.1, 0.9, (5, 1))
    if name != "BinaryCrossentropy":  # Keras' would broadcast
        compare_with_keras(name, y, p, None, {})
    compare_with_keras(name, y[:, None], p, generator.uniform(0, 1, 5), {})
