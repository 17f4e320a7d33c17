"""Losses in PyTorch's spelling: how they print, what they save and refuse. Their values: tests/parity."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import nn

X = np.array([[0.5, -1.0, 2.0], [0.0, 1.0, 0.3]], np.float32)
LABELS = np.array([2, 0])

LOSSES: dict[str, tuple[Any, ...]] = {
    "BCELoss()": (X / 4 + 0.25, X > 0),
    "BCELoss(weight=[0.5, 2.0, 1.0])": (X / 4 + 0.25, X > 0),
    "BCEWithLogitsLoss(weight=[0.5, 2.0, 1.0], pos_weight=[1.0, 2.0, 3.0])": (X, X > 0),
    "CTCLoss(blank=2, zero_infinity=True)": (X[:, None], np.array([[1]]), (2,), (1,)),
    "CosineEmbeddingLoss(margin=0.2)": (X, X[::-1], np.array([1, -1])),
    "CrossEntropyLoss(weight=[0.5, 2.0, 1.0], ignore_index=0, label_smoothing=0.1)": (X, LABELS),
    "GaussianNLLLoss(full=True)": (X, X[::-1], X**2),
    "HingeEmbeddingLoss(margin=0.5)": (X, np.where(X > 0, 1, -1)),
    "HuberLoss(delta=0.5)": (X, X[::-1]),
    "KLDivLoss(reduction='batchmean')": (X, np.abs(X)),
    "L1Loss(reduction='sum')": (X, X[::-1]),
    "MSELoss()": (X, X[::-1]),
    "MarginRankingLoss(margin=0.1)": (X, X[::-1], np.where(X > 0, 1, -1)),
    "MultiMarginLoss(p=2, weight=[0.5, 2.0, 1.0])": (X, LABELS),
    "NLLLoss(weight=[0.5, 2.0, 1.0])": (X, LABELS),
    "PoissonNLLLoss(log_input=False, full=True)": (np.abs(X), np.abs(X[::-1])),
    "SmoothL1Loss(beta=0.5)": (X, X[::-1]),
    "SoftMarginLoss()": (X, np.where(X > 0, 1, -1)),
    "TripletMarginLoss(p=1.0, swap=True)": (X, X[::-1], X + 1),
}
every_loss = pytest.mark.parametrize("code", LOSSES)


def make(code: str) -> nn.Module:
    """Build a loss."""
    loss: nn.Module = eval(code, vars(nn))
    return loss


def test_every_loss_is_here() -> None:
    names = {name for name in nn.__all__ if name.endswith("Loss")}
    assert names == {code.split("(")[0] for code in LOSSES}


@every_loss
def test_prints_as_its_code(code: str) -> None:
    loss = make(code)
    again = eval(repr(loss), {**vars(nn), "array": np.array, "float32": np.float32})
    assert repr(again) == repr(loss)
    assert repr(loss).split("(")[0] == code.split("(")[0]


@every_loss
def test_float32_stays_and_the_gradient_reaches_the_input(code: str) -> None:
    x, *rest = LOSSES[code]
    leaf = nl.tensor(x, requires_grad=True)
    loss = make(code)(leaf, *rest)
    loss.backward()
    assert loss.shape == ()
    assert loss.dtype == np.float32
    assert leaf.grad is not None
    assert np.abs(leaf.grad).sum() > 0


@every_loss
def test_reductions_fit_each_other(code: str) -> None:
    one_by_one, total = make(code), make(code)
    one_by_one.reduction, total.reduction = "none", "sum"
    losses = one_by_one(*LOSSES[code])
    assert losses.ndim >= 1
    np.testing.assert_allclose(total(*LOSSES[code]).item(), losses.data.sum(), rtol=1e-5)


@every_loss
def test_an_unknown_reduction_is_quoted(code: str) -> None:
    kind = getattr(nn, code.split("(")[0])
    with pytest.raises(ValueError, match=f"{kind.__name__} expected reduction to be one of 'mean', .*got 'avg'"):
        kind(reduction="avg")


def test_weights_are_buffers_that_are_saved_and_follow_astype() -> None:
    loss = nn.BCEWithLogitsLoss(np.array([1.0, 2.0], np.float32), pos_weight=nl.tensor([3.0, 4.0]))
    assert set(loss.state_dict()) == {"weight", "pos_weight"}
    assert nn.CrossEntropyLoss().state_dict() == {}
    assert loss.astype("float64").weight.dtype == np.float64
    assert not list(loss.parameters())


def test_shapes_that_only_broadcasting_would_match_raise() -> None:
    for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "poisson_nll_loss", "kl_div",
                 "soft_margin_loss", "hinge_embedding_loss", "binary_cross_entropy",
                 "binary_cross_entropy_with_logits"):  # fmt: skip
        with pytest.raises(ValueError, match=r"a target of the input's shape \(3, 1\), got shape \(3,\)"):
            getattr(nn.functional, name)(np.full((3, 1), 0.5), np.full(3, 0.5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BCELoss()(X, X), "expected probabilities in .*are these logits"),
        (lambda: nn.MultiMarginLoss()(X, np.array([0, 3])), r"labels from 0 to 2, got \[0, 3\]"),
        (lambda: nn.MultiMarginLoss()(X, X), r"scores \(N, C\) and integer labels \(N,\)"),
        (lambda: nn.MultiMarginLoss(p=3)(X, LABELS), "p to be 1 or 2, got 3"),
        (
            lambda: nn.CTCLoss()(X[:, None], np.array([1, 1]), (2,), (1,)),
            "expected 1 targets, the sum of target_lengths",
        ),
        (lambda: nn.CrossEntropyLoss()(X, np.array([0, 3])), "labels from 0 to 2"),
    ],
)
def test_what_does_not_fit_is_quoted(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", ["HingeEmbeddingLoss", "SoftMarginLoss", "BCELoss"])
def test_extremes_keep_value_and_gradient_finite(name: str) -> None:
    values = [0.0, 1.0] if name == "BCELoss" else [-1e4, 0.0, 1e4]
    signs = (0, 1) if name == "BCELoss" else (-1, 1)
    for sign in signs:
        x = nl.tensor(np.array(values, np.float32), requires_grad=True)
        with np.errstate(all="raise", under="ignore"):
            loss = getattr(nn, name)()(x, np.full(len(values), sign))
            loss.backward()
        assert np.isfinite(loss.item())
        assert np.isfinite(x.grad).all()
    if name == "SoftMarginLoss":
        for p in (1, 2):
            x = nl.tensor(np.array([values] * 3, np.float32), requires_grad=True)
            nn.MultiMarginLoss(p=p)(x, np.arange(3)).backward()
            assert np.isfinite(x.grad).all()
