"""How nnlite is compared with PyTorch and Keras: the same arrays through both, and a ledger of how far they differ.

    compare_layer(row.code, inputs)        a Keras-spelled layer with Keras': outputs in training and inference,
                                           gradients of inputs and parameters, statistics afterwards
    compare_module(row.code, inputs)       a module of nnlite.nn with that of torch.nn
    compare_function(ours, theirs, arrays) two functions of arrays: values and gradients
    check(subject, peer, ours, theirs)     any two arrays

All computation is in float64. `@drawn(...)` runs a test on cases that hypothesis draws. Every comparison goes into the
ledger: subject ("layers.Dense"), peer ("keras"), and the largest relative error; the report at the end of the run and
`docs/inventory.md` are made of it. The family is the name of the test module.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

import nnlite as nl
from nnlite import nn
from tests.conformance import keras_names, layer_names

__all__ = ["LEDGER", "check", "compare_function", "compare_layer", "compare_module", "drawn", "summary"]

TOLERANCE = 1e-7  # of the relative error, in float64

# (family, subject, peer) -> [comparisons, largest relative error]
LEDGER: dict[tuple[str, str, str], list[float]] = {}


def drawn(*strategies: Any, cases: int = 25, **named: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test on cases drawn by hypothesis; NNLITE_PARITY_CASES multiplies their number."""
    times = float(os.environ.get("NNLITE_PARITY_CASES", "1"))

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        run = settings(
            max_examples=max(int(cases * times), 1),
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        )
        return run(given(*strategies, **named)(test))

    return decorate


def check(subject: str, peer: str, ours: Any, theirs: Any, tolerance: float = TOLERANCE, what: str = "") -> None:
    """Compare two arrays, and enter how far they differ into the ledger.

    The error is the largest difference over the largest element of the peer's (or over 0.01 if all are smaller, so
    that zeros with rounding errors count as zeros).
    """
    a, b = _array(ours), _array(theirs)
    assert a.shape == b.shape, f"{subject} {what}: shape {a.shape}, {peer} has {b.shape}"
    same = (a == b) | (np.isnan(a) & np.isnan(b))  # also infinities
    difference = np.abs(np.where(same, 0, a) - np.where(same, 0, b))
    finite = np.abs(b[np.isfinite(b)])
    error = float(difference.max(initial=0.0) / max(finite.max(initial=0.0), 1e-2))
    entry = LEDGER.setdefault((_family(), subject, peer), [0, 0.0])
    entry[0] += 1
    entry[1] = max(entry[1], error)
    assert error <= tolerance, f"{subject} {what}: differs from {peer} by {error:.2e}\nours {a}\n{peer} {b}"


def compare_layer(
    code: str,
    inputs: Sequence[Any],
    keras_code: str = "",
    settings: Mapping[str, Any] | None = None,
    is_random: bool = False,
    seed: int = 0,
    tolerance: float = TOLERANCE,
) -> None:
    """Build a layer from its code in both libraries, give both the same weights, and compare all that they compute.

    Parameters
    ----------
    code, keras_code : str
        The layer as code, in nnlite and (where that differs) in Keras.
    inputs : sequence of array or of lists of arrays
        The positional arguments of the call.
    settings : mapping, optional
        Keyword arguments of the call.
    is_random : bool, default False
        Whether training draws random numbers: then only inference is compared.
    seed : int, default 0
        Of the weights and of the gradients of the outputs.
    """
    import jax
    import keras

    call_settings = dict(settings or {})
    generator = np.random.default_rng(seed)
    ours = eval(code, layer_names())
    theirs = eval(keras_code or code, keras_names())
    subject = f"layers.{type(ours).__name__}"
    inputs = [_map(lambda a: a.astype("float64") if a.dtype.kind == "f" else a, x) for x in inputs]
    ours(*inputs, **call_settings)
    ours.astype("float64")
    theirs(*_map(keras.ops.convert_to_tensor, list(inputs)), **call_settings)
    kept = [w for w in theirs.weights if "seed" not in w.path]
    weights = ours.get_weights()
    assert [w.shape for w in weights] == [tuple(w.shape) for w in kept], (
        f"{code} has weights {[w.shape for w in weights]}, Keras {[(w.path, tuple(w.shape)) for w in kept]}"
    )
    weights = [
        (generator.uniform(0.5, 1.5, w.shape) if "variance" in k.path else generator.normal(size=w.shape) / 2)
        for w, k in zip(weights, kept, strict=True)
    ]
    for training in (False,) if is_random else (False, True):
        ours.set_weights(weights)
        for variable, value in zip(kept, weights, strict=True):
            variable.assign(value)
        ours.train(training)
        flat_inputs = _flat(inputs)
        floating = [x.dtype.kind == "f" for x in flat_inputs]
        leaves = [nl.tensor(x, requires_grad=f) for x, f in zip(flat_inputs, floating, strict=True)]
        for parameter in ours.parameters():
            parameter.grad = None
        y = ours(*_unflat(leaves, inputs), **call_settings)
        outputs = _flat([y])

        trained = [v.value for v in theirs.trainable_variables]
        others = [v.value for v in theirs.non_trainable_variables]

        run = _keras_call(theirs, others, inputs, call_settings, training)
        own = [jax.numpy.asarray(x) for x, f in zip(flat_inputs, floating, strict=True) if f]
        their_outputs, pull, after = jax.vjp(run, trained, *own, has_aux=True)
        what = "in training" if training else "in inference"
        assert len(outputs) == len(their_outputs), f"{code} gives {len(outputs)} outputs, Keras {len(their_outputs)}"
        for o, t in zip(outputs, their_outputs, strict=True):
            check(subject, "keras", o, t, tolerance, f"output {what} of {code}")
        cotangents = [generator.normal(size=o.shape) for o in outputs]
        for o, g in zip(outputs, cotangents, strict=True):
            if o.requires_grad:
                o.backward(g, retain_graph=True)
        their_grads, *input_grads = pull(
            [jax.numpy.asarray(g, t.dtype) for g, t in zip(cotangents, their_outputs, strict=True)]
        )
        for leaf, g in zip([leaf for leaf, f in zip(leaves, floating, strict=True) if f], input_grads, strict=True):
            check(subject, "keras", _grad(leaf), g, tolerance, f"input gradient {what} of {code}")
        our_trained = [w for w in ours.weights if isinstance(w, nl.Parameter)]
        for p, g in zip(our_trained, their_grads, strict=True):
            check(subject, "keras", _grad(p), g, tolerance, f"parameter gradient {what} of {code}")
        our_buffers = [w for w in ours.weights if not isinstance(w, nl.Parameter)]
        their_buffers = [a for a, v in zip(after, theirs.non_trainable_variables, strict=True) if "seed" not in v.path]
        for b, a in zip(our_buffers, their_buffers, strict=True):
            check(subject, "keras", b, a, tolerance, f"statistics {what} of {code}")


def _keras_call(theirs: Any, others: Any, inputs: Any, call_settings: dict[str, Any], training: bool) -> Any:
    """Make a pure function (trained weights, *floating inputs) -> (outputs, other weights afterwards) of a layer."""
    accepts = {"training": training} if theirs._call_has_training_arg else {}
    flat_inputs = _flat(inputs)

    def run(trained: Any, *own: Any) -> Any:
        rest = iter(own)
        arguments = _unflat([next(rest) if x.dtype.kind == "f" else x for x in flat_inputs], inputs)
        y, after = theirs.stateless_call(trained, others, *arguments, **call_settings, **accepts)
        return _flat([y]), after

    return run


def compare_module(
    code: str,
    inputs: Sequence[Any],
    settings: Mapping[str, Any] | None = None,
    is_random: bool = False,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    steps: int = 2,
) -> None:
    """Build a module from the same code in both libraries, load PyTorch's state, and compare all that they compute.

    Parameters
    ----------
    code : str
        The module as code, for the names of `nnlite.nn` and of `torch.nn`.
    inputs : sequence of array
        The positional arguments of the call.
    settings : mapping, optional
        Keyword arguments of the call; arrays among them become PyTorch's tensors for PyTorch.
    is_random : bool, default False
        Whether training draws random numbers: then only inference is compared.
    steps : int, default 2
        Calls in training mode, for running statistics.
    """
    import torch

    call_settings = dict(settings or {})
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    ours, theirs = eval(code, vars(nn)), eval(code, vars(torch.nn)).double()
    subject = f"nn.{type(ours).__name__}"
    state = {name: value.numpy().copy() for name, value in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(state), f"{code} has state {list(ours.state_dict())}, torch {list(state)}"
    ours.astype("float64")
    ours.load_state_dict(state)
    inputs = [x.astype("float64") if x.dtype.kind == "f" else x for x in inputs]

    def as_torch(value: Any) -> Any:
        return torch.tensor(value) if isinstance(value, np.ndarray) else value

    for training in [False] if is_random else [*[True] * steps, False]:
        ours.train(training), theirs.train(training)
        leaves = [nl.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
        others = [torch.tensor(x.copy(order="C"), requires_grad=x.dtype.kind == "f") for x in inputs]
        ours.zero_grad(), theirs.zero_grad()
        outputs = _flat([ours(*leaves, **call_settings)])
        their_outputs = _flat([theirs(*others, **{k: as_torch(v) for k, v in call_settings.items()})])
        what = "in training" if training else "in inference"
        assert len(outputs) == len(their_outputs), f"{code} gives {len(outputs)} outputs, torch {len(their_outputs)}"
        total, their_total = 0.0, 0.0
        for o, t in zip(outputs, their_outputs, strict=True):
            check(subject, "torch", o, t.detach().numpy(), tolerance, f"output {what} of {code}")
            if t.requires_grad:
                g = generator.normal(size=o.shape)
                total, their_total = total + (o * g).sum(), their_total + (t * torch.tensor(g)).sum()
        if isinstance(their_total, torch.Tensor):
            total.backward()  # type: ignore[attr-defined]
            their_total.backward()
        for leaf, other in zip(leaves, others, strict=True):
            if other.requires_grad and other.grad is not None:
                check(subject, "torch", _grad(leaf), other.grad.numpy(), tolerance, f"input gradient {what} of {code}")
        named = dict(theirs.named_parameters())
        for name, p in ours.named_parameters():
            g = named[name].grad
            expected = np.zeros(p.shape) if g is None else g.numpy()
            check(subject, "torch", _grad(p), expected, tolerance, f"gradient of {name} {what} of {code}")
        after = theirs.state_dict()
        for name, buffer in ours.named_buffers():
            check(subject, "torch", buffer, after[name].numpy(), tolerance, f"{name} {what} of {code}")


def compare_function(
    subject: str,
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    arrays: Sequence[Any],
    peer: str = "torch",
    seed: int = 0,
    tolerance: float = TOLERANCE,
) -> None:
    """Compare the values and the gradients of two functions of arrays (close over their settings).

    Parameters
    ----------
    subject : str
        The name in the inventory, such as "functional.conv1d".
    ours, theirs : callable
        `theirs` takes and gives tensors of the peer ("torch") or of JAX ("keras").
    arrays : sequence of array
        The arguments; floating ones are differentiated. None stays None.
    """
    generator = np.random.default_rng(seed)
    arrays = [a.astype("float64") if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in arrays]
    wanted = [isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in arrays]
    leaves = [nl.tensor(a, requires_grad=True) if w else a for a, w in zip(arrays, wanted, strict=True)]
    outputs = _flat([ours(*leaves)])
    cotangents = [generator.normal(size=np.shape(o)) for o in outputs]
    if peer == "torch":
        import torch

        others = [
            torch.tensor(a.copy(order="C"), requires_grad=w) if isinstance(a, np.ndarray) else a
            for a, w in zip(arrays, wanted, strict=True)
        ]
        their_outputs = _flat([theirs(*others)])
        total = sum((t * torch.tensor(g)).sum() for t, g in zip(their_outputs, cotangents, strict=True))
        if isinstance(total, torch.Tensor) and total.requires_grad:
            total.backward()
        grads = [o.grad for o, w in zip(others, wanted, strict=True) if w]
    else:
        import jax

        def run(*own: Any) -> Any:
            given_arrays = iter(own)
            return _flat([theirs(*(next(given_arrays) if w else a for a, w in zip(arrays, wanted, strict=True)))])

        own = [jax.numpy.asarray(a) for a, w in zip(arrays, wanted, strict=True) if w]
        their_outputs, pull = jax.vjp(run, *own)
        grads = list(pull([jax.numpy.asarray(g) for g in cotangents]))
    for o, t in zip(outputs, their_outputs, strict=True):
        check(subject, peer, o, t, tolerance, "value")
    for o, g in zip(outputs, cotangents, strict=True):
        if isinstance(o, nl.Tensor) and o.requires_grad:
            o.backward(g, retain_graph=True)
    for leaf, grad in zip([leaf for leaf, w in zip(leaves, wanted, strict=True) if w], grads, strict=True):
        if grad is not None:
            check(subject, peer, _grad(leaf), grad, tolerance, "gradient")


def summary() -> list[str]:
    """Return the ledger as lines: comparisons and the largest relative error of each family and peer."""
    families: dict[tuple[str, str], list[float]] = {}
    for (family, _, peer), (count, error) in LEDGER.items():
        entry = families.setdefault((family, peer), [0, 0.0])
        entry[0] += count
        entry[1] = max(entry[1], error)
    width = max(map(len, (family for family, _ in families)), default=0)
    return [
        f"{family:{width}}  {peer:6} {int(count):7,} comparisons, largest relative error {error:.1e}"
        for (family, peer), (count, error) in sorted(families.items())
    ]


def write_ledger(path: Path) -> None:
    """Write the ledger as JSON, for `docs/inventory.md`."""
    rows = [
        {"family": family, "subject": subject, "peer": peer, "comparisons": int(count), "error": error}
        for (family, subject, peer), (count, error) in sorted(LEDGER.items())
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n")


def _family() -> str:
    """The family that the running test belongs to: the name of its module, or its row's."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    name = Path(test.split("::")[0]).stem.removeprefix("test_")
    return name or "by hand"


def _array(value: Any) -> NDArray[Any]:
    """Make an array of a Tensor of any library."""
    value = value.numpy() if isinstance(value, nl.Tensor) else value
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    return np.asarray(value, np.float64)


def _grad(leaf: nl.Tensor) -> NDArray[Any]:
    """The gradient of a leaf: zeros if nothing reached it."""
    return np.zeros(leaf.shape) if leaf.grad is None else leaf.grad


def _flat(value: Any) -> list[Any]:
    """The arrays in nested lists and tuples, in order; None left out."""
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _flat(item)]
    return [] if value is None else [value]


def _unflat(leaves: Sequence[Any], like: Any) -> Any:
    """Put leaves back into the nesting of `like`."""
    rest = iter(leaves)
    return _map(lambda _: next(rest), list(like))


def _map(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to the arrays in nested lists."""
    if isinstance(value, (list, tuple)):
        return [_map(function, item) for item in value]
    return function(value)
