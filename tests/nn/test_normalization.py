"""Normalisation in PyTorch's spelling: running statistics, and what raises."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.nn.functional as F
from nnlite import nn

X = np.random.default_rng(0).normal(3.0, 2.0, (8, 3)).astype(np.float32)


def test_running_statistics_move_by_a_tenth_and_the_variance_is_unbiased() -> None:
    norm = nn.BatchNorm1d(3)
    norm(X)
    np.testing.assert_allclose(norm.running_mean, 0.1 * X.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(norm.running_var, 0.9 + 0.1 * X.var(axis=0, ddof=1), rtol=1e-5)
    assert norm.num_batches_tracked == 1
    kept = norm.state_dict()
    norm.eval()(X)
    assert all((kept[name] == value).all() for name, value in norm.state_dict().items())


def test_without_momentum_they_are_the_averages_of_all_batches() -> None:
    norm = nn.BatchNorm1d(3, momentum=None)
    for part in (X[:2], X[2:4], X[4:]):
        norm(part)
    means = [part.mean(axis=0) for part in (X[:2], X[2:4], X[4:])]
    np.testing.assert_allclose(norm.running_mean, np.mean(means, axis=0), rtol=1e-5)
    assert norm.num_batches_tracked == 3
    assert norm.num_batches_tracked.dtype == np.int64


def test_a_checkpointed_module_moves_them_once() -> None:
    norm, instance = nn.BatchNorm1d(3), nn.InstanceNorm1d(3, track_running_stats=True)
    x = nl.tensor(X, requires_grad=True)
    nl.checkpoint(norm, x).sum().backward()
    assert norm.num_batches_tracked == 1
    np.testing.assert_allclose(norm.running_mean, 0.1 * X.mean(axis=0), rtol=1e-5)
    nl.checkpoint(instance, x.T).sum().backward()
    np.testing.assert_allclose(instance.running_mean, 0.1 * X.mean(axis=0), rtol=1e-5)


def test_without_running_statistics_inference_takes_those_of_the_batch() -> None:
    norm = nn.BatchNorm1d(3, track_running_stats=False)
    assert list(norm.state_dict()) == ["weight", "bias"]
    trained = norm(X).data
    np.testing.assert_array_equal(norm.eval()(X).data, trained)


def test_astype_leaves_the_count_an_integer() -> None:
    norm = nn.BatchNorm2d(3).astype("float64")
    assert norm.num_batches_tracked.dtype == np.int64
    assert norm.running_var.dtype == np.float64


def test_functional_batch_norm_updates_the_arrays_that_it_is_given() -> None:
    mean, var = np.zeros(3, np.float32), np.ones(3, np.float32)
    F.batch_norm(X, mean, var)
    assert not mean.any()
    F.batch_norm(X, mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(var, X.var(axis=0, ddof=1), rtol=1e-5)
    F.batch_norm(X[:0], mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-5)


def test_softmax_chooses_an_axis_as_torch_does_if_none_is_given() -> None:
    for shape, axis in (((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 5), 1)):
        x = np.random.default_rng(0).normal(size=shape)
        np.testing.assert_allclose(nn.Softmax()(x).data.sum(axis=axis), 1)
        np.testing.assert_allclose(np.exp(nn.LogSoftmax()(x).data).sum(axis=axis), 1)
        np.testing.assert_allclose(nn.Softmin()(x).data, nn.Softmax()(-x).data)


def test_prelu_has_a_slope_for_each_channel() -> None:
    layer = nn.PReLU(2)
    layer.load_state_dict({"weight": [0.5, 2.0]})
    x = -np.ones((1, 2, 3, 3), np.float32)
    np.testing.assert_array_equal(layer(x).data[0, :, 0, 0], [-0.5, -2.0])
    assert repr(layer) == "PReLU(num_parameters=2)  # 2 parameters"
    assert layer.num_parameters() == 2


IMAGES = np.ones((2, 3, 4, 4), np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm1d(3)(X[:1]), r"more than 1 value per channel in training, got shape \(1, 3\)"),
        (lambda: nn.BatchNorm1d(3)(IMAGES), r"BatchNorm1d\(3\) expected an input of 2 or 3 axes, got an input of"),
        (lambda: nn.BatchNorm2d(3)(X), r"BatchNorm2d\(3\) expected an input of 4 axes"),
        (lambda: nn.BatchNorm2d(4)(IMAGES), r"BatchNorm2d\(4\) expected 4 channels, got an input of shape"),
        (lambda: nn.BatchNorm3d(3)(IMAGES), r"expected an input of 5 axes"),
        (lambda: nn.BatchNorm1d(0), "num_features to be a positive integer, got num_features=0"),
        (lambda: nn.InstanceNorm1d(3)(X[:, :, None]), r"more than 1 value per channel of a sample, got shape"),
        (lambda: nn.InstanceNorm2d(4)(IMAGES[0]), r"InstanceNorm2d\(4\) expected 4 channels, got an input of shape"),
        (lambda: nn.GroupNorm(2, 3), r"num_channels \(=3\) to be divisible by num_groups \(=2\)"),
        (lambda: nn.GroupNorm(2, 4)(IMAGES), r"GroupNorm\(2, 4\) expected 4 channels, got"),
        (lambda: nn.GroupNorm(3, 3)(X[:1]), r"more than 1 value per group, got shape \(1, 3\)"),
        (lambda: nn.LayerNorm((3, 4))(IMAGES), r"LayerNorm\(\(3, 4\)\) expected an input that ends with \(3, 4\), got"),
        (lambda: nn.LayerNorm((3, 0)), "normalized_shape to be a positive integer, got normalized_shape=0"),
        (lambda: nn.RMSNorm(3)(IMAGES), r"RMSNorm\(\(3,\)\) expected an input that ends with \(3,\), got"),
        (lambda: nn.LocalResponseNorm(2)(X), r"at least 3 axes, got shape \(8, 3\)"),
        (lambda: nn.PReLU(2)(X), r"prelu\(\) expected 1 weight or 3, for an input of shape \(8, 3\), got shape \(2,\)"),
        (lambda: nn.Softmax2d()(X), r"Softmax2d expected an input of shape \(N, C, H, W\) or \(C, H, W\), got"),
        (lambda: nn.Hardtanh(1, -1), r"Hardtanh expected min_val \(=1\) to be less than max_val \(=-1\)"),
        (lambda: F.batch_norm(X, None, None), "expected running_mean and running_var when training=False"),
        (lambda: F.instance_norm(IMAGES, use_input_stats=False), "running_var when use_input_stats=False"),
        (lambda: F.layer_norm(X, (2,)), r"layer_norm\(\) expected an input that ends with \(2,\), got shape \(8, 3\)"),
        (lambda: F.rms_norm(X, ()), r"rms_norm\(\) expected an input that ends with \(\), got shape"),
    ],
)
def test_what_does_not_fit_is_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
