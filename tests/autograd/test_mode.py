"""Grad mode, its threads, and the search for NaN."""

import threading
from contextvars import copy_context
from typing import Any

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.autograd._mode import current_module


def leaf(*values: float) -> nl.Tensor:
    """Make a float32 leaf."""
    return nl.tensor(values, requires_grad=True)


class TestGradMode:
    def test_as_a_context(self) -> None:
        x = leaf(1.0)
        with nl.no_grad():
            assert not nl.is_grad_enabled()
            assert not (x * 2).requires_grad
            with nl.enable_grad():
                assert (x * 2).requires_grad
                with nl.no_grad():
                    assert not nl.is_grad_enabled()
                assert nl.is_grad_enabled()
            assert not nl.is_grad_enabled()
        assert nl.is_grad_enabled()

    def test_as_a_decorator_that_can_be_called_again(self) -> None:
        @nl.no_grad()
        def infer(x: nl.Tensor) -> nl.Tensor:
            """Double."""
            return x * 2

        @nl.enable_grad()
        def train(x: nl.Tensor) -> nl.Tensor:
            return x * 2

        x = leaf(1.0)
        for _ in range(2):
            assert not infer(x).requires_grad
            with nl.no_grad():
                assert train(x).requires_grad
        assert infer.__doc__ == "Double."
        assert nl.is_grad_enabled()

    def test_it_is_put_back_after_an_exception(self) -> None:
        with pytest.raises(ZeroDivisionError), nl.no_grad():
            raise ZeroDivisionError
        assert nl.is_grad_enabled()

    def test_leaves_keep_asking(self) -> None:
        with nl.no_grad():
            assert leaf(1.0).requires_grad
            assert nl.Parameter([1.0]).requires_grad

    def test_threads_do_not_share_it(self) -> None:
        inside, leave = threading.Event(), threading.Event()
        seen: list[bool] = []

        def other() -> None:
            seen.append(nl.is_grad_enabled())
            with nl.no_grad():
                inside.set()
                leave.wait(10)

        with nl.no_grad():
            thread = threading.Thread(target=other)
            thread.start()
            assert inside.wait(10)
        assert nl.is_grad_enabled()  # while the other thread is in its own no_grad
        leave.set()
        thread.join()
        assert seen == [True]

    def test_a_copied_context_takes_it_along(self) -> None:
        with nl.no_grad():
            context = copy_context()
        assert nl.is_grad_enabled()
        assert not context.run(nl.is_grad_enabled)

    def test_backward_in_two_threads_at_once(self) -> None:
        x = leaf(1.0)
        results: list[Any] = []

        def work(factor: float) -> None:
            y = x
            for _ in range(200):
                y = y * 1.0
            results.append((factor, nl.grad(y * factor, x)[0]))

        threads = [threading.Thread(target=work, args=(float(k),)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted((factor, g.item()) for factor, g in results) == [(float(k), float(k)) for k in range(4)]


@nl.differentiable
def spoiled(x: Any, *, value: float = np.nan) -> Any:
    """Return x; its gradient is not finite."""
    return x * 1, (lambda g: g * value,)


class TestDetectAnomaly:
    @pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:divide by zero:RuntimeWarning")
    @pytest.mark.parametrize(("function", "kind"), [(np.sqrt, "NaN"), (np.log, "NaN"), (np.reciprocal, "Inf")])
    def test_forward_names_the_function_that_came_first(self, function: Any, kind: str) -> None:
        x = leaf(*((1.0, 0.0) if function is np.reciprocal else (1.0, -1.0)))
        with (
            nl.detect_anomaly(),
            pytest.raises(
                FloatingPointError, match=rf"^{function.__name__} produced {kind} in its value of shape \(2,\)$"
            ),
        ):
            F.sum(function(x * 1.0) * 2)

    @pytest.mark.parametrize(("value", "kind"), [(np.nan, "NaN"), (np.inf, "Inf"), (-np.inf, "Inf")])
    @pytest.mark.parametrize("create_graph", [False, True])
    def test_backward_names_the_function_whose_gradient_it_was(
        self, value: float, kind: str, create_graph: bool
    ) -> None:
        x = leaf(1.0, 2.0)
        with nl.detect_anomaly():
            y = (spoiled(x * 2, value=value) * 3).sum()
            function = "multiply" if create_graph else "spoiled"  # a VJP that runs on Tensors is caught inside
            with pytest.raises(FloatingPointError, match=rf"^{function} produced {kind} in its (gradient|value)"):
                nl.grad(y, x, create_graph=create_graph)

    def test_the_module_is_named_forward_and_backward(self) -> None:
        x = leaf(1.0)
        token = current_module.set("Dense(2 -> 3)")
        with nl.detect_anomaly():
            y = spoiled(x)
            with (
                np.errstate(invalid="ignore"),
                pytest.raises(
                    FloatingPointError, match=r"log produced NaN in its value .*, called from Dense\(2 -> 3\)"
                ),
            ):
                np.log(x * -1.0)
            current_module.reset(token)
            with pytest.raises(FloatingPointError, match=r"spoiled produced NaN in its gradient.*from Dense\(2 -> 3\)"):
                y.backward()

    def test_constants_are_looked_at_too_and_integers_are_not(self) -> None:
        with nl.detect_anomaly():
            assert (nl.tensor(np.array([1, 2])) * 2).tolist() == [2, 4]
            with pytest.raises(FloatingPointError, match="multiply produced Inf"):
                nl.tensor([1.0]) * np.inf

    def test_outside_nothing_is_looked_at(self) -> None:
        x = leaf(1.0)
        with nl.detect_anomaly():
            assert (x * 2).item() == 2
        spoiled(x).backward()
        assert x.grad is not None
        assert np.isnan(x.grad).all()
