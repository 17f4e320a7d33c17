"""Confusion matrices and decision boundaries."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite.plotting import confusion_matrix, decision_boundary

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)


class TestConfusionMatrix:
    def test_counts_stand_in_their_cells(self) -> None:
        (axes,) = confusion_matrix(["cat", "cat", "dog"], ["cat", "dog", "dog"]).axes
        assert [(text.get_position(), text.get_text()) for text in axes.texts] == [
            ((0, 0), "1"), ((1, 0), "1"), ((0, 1), "0"), ((1, 1), "1"),
        ]  # fmt: skip
        assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog"]
        assert (axes.get_ylabel(), axes.get_xlabel()) == ("true", "predicted")
        np.testing.assert_allclose(axes.images[0].get_array(), [[1, 1], [0, 1]])

    def test_names_bring_the_classes_that_do_not_occur(self) -> None:
        (axes,) = confusion_matrix([0, 2], [0, 0], class_names=["ant", "bee", "cat", "dog"]).axes
        assert len(axes.texts) == 16
        assert axes.get_title() == "1 of 2 right (the diagonal)"

    def test_shares(self) -> None:
        (axes,) = confusion_matrix([0, 0, 1], [0, 1, 1], normalize="true").axes
        assert [text.get_text() for text in axes.texts] == ["0.50", "0.50", "0.00", "1.00"]
        assert axes.get_title() == ""

    def test_many_classes_are_shown_by_colour_alone(self) -> None:
        (axes,) = confusion_matrix(range(40), range(40)).axes
        assert not axes.texts
        assert axes.images[0].get_array().shape == (40, 40)

    def test_what_does_not_fit_is_refused(self) -> None:
        with pytest.raises(ValueError, match="expected a name for each of 2 classes, got 1"):
            confusion_matrix(["a", "b"], ["a", "b"], class_names=["a"])
        with pytest.raises(ValueError, match=r"labels of shape \(N,\) twice, got .*argmax\(axis=1\)"):
            confusion_matrix([0, 1], [[0.1, 0.9], [0.2, 0.8]])


class TestDecisionBoundary:
    @pytest.mark.parametrize("as_column", [True, False])
    def test_one_output_colours_by_its_value(self, as_column: bool) -> None:
        figure = decision_boundary(lambda p: p[:, :1] if as_column else p[:, 0], X, [0, 0, 1, 1], margin=0, steps=5)
        axes, bar = figure.axes
        np.testing.assert_allclose(axes.collections[0].get_array()[0], np.linspace(0, 1, 5))
        assert bar.get_ylabel() == "output (black line: 0.5)"
        assert [len(points.get_offsets()) for points in axes.collections[-2:]] == [2, 2]

    def test_outputs_below_zero_are_logits(self) -> None:
        assert "line: 0)" in decision_boundary(lambda p: 4 * p[:, 0] - 2, X).axes[1].get_ylabel()
        assert "line: 1)" in decision_boundary(lambda p: p[:, 0], X, threshold=1).axes[1].get_ylabel()

    def test_several_outputs_and_integers_colour_by_class(self) -> None:
        def scores(points: Any) -> Any:
            return np.stack([0.5 - points[:, 0], points[:, 0] - 0.5, -9 + 0 * points[:, 0]], axis=1)

        for function in (scores, lambda points: scores(points).argmax(axis=1)):
            (axes,) = decision_boundary(function, X, np.eye(3)[[0, 0, 1, 2]], margin=0, steps=4).axes
            np.testing.assert_array_equal(axes.collections[0].get_array()[0], [0, 0, 1, 1])
            assert [text.get_text() for text in axes.get_legend().get_texts()] == ["class 0", "class 1", "class 2"]

    @pytest.mark.parametrize("dtype", [str, object])
    def test_classes_with_names(self, dtype: type) -> None:
        def named(points: Any) -> Any:
            return np.where(points[:, 0] > 0.5, "yes", "no").astype(dtype)

        (axes,) = decision_boundary(named, X, named(np.asarray(X)), margin=0, steps=4).axes
        np.testing.assert_array_equal(axes.collections[0].get_array()[0], [0, 0, 1, 1])
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["no", "yes"]

    @pytest.mark.parametrize("kind", ["Sequential", "nn", "estimator"])
    def test_models_are_asked_in_inference_mode_and_left_as_they_were(self, kind: str) -> None:
        dropped: list[bool] = []

        class Watch(nl.layers.Module):
            def forward(self, x: Any) -> Any:
                dropped.append(self.training or nl.is_grad_enabled())
                return x.sum(axis=1)

        class Estimator:
            def predict(self, x: Any) -> Any:
                return x.sum(axis=1)

        watch = Watch()
        model = {"Sequential": nl.models.Sequential([watch]), "nn": nl.nn.Sequential(watch), "estimator": Estimator()}[
            kind
        ]
        figure = decision_boundary(model, X, steps=3, margin=0)
        np.testing.assert_allclose(figure.axes[0].collections[0].get_array()[0], [0, 0.5, 1])
        assert not any(dropped)
        assert watch.training

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ((abs, np.ones((3, 4))), ValueError, r"x of shape \(N, 2\), got \(3, 4\)"),
            ((lambda p: p[:3, 0], X), ValueError, r"outputs \(N,\).*got shape \(3,\)"),
            ((lambda p: p[:, 0], X, [0, 1]), ValueError, "a class for each of 4 points, got 2"),
            ((lambda p: p[:, 0], X, [0.5, 1, 1, 1]), ValueError, r"classes 0, 1, 2, ... in y, got \[0.5, 1.0\]"),
            ((3, X), TypeError, "expected a model or a function of points, got 3"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, arguments: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            decision_boundary(*arguments)
