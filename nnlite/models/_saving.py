"""Models in files: the architecture as JSON, the weights, and what the model was compiled with."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlite import random
from nnlite._config import UnknownNameError, as_config, made_from
from nnlite.autograd import Tensor, default_dtype
from nnlite.io import FormatError, load_npz, save_npz, save_safetensors
from nnlite.io._files import Location, check_name
from nnlite.io._state import read_state, read_weights, write_state
from nnlite.layers import Module
from nnlite.layers._mode import rehearsal, weights_at_most
from nnlite.optimizers import FirstOrderOptimizer
from nnlite.training._loop import inference

if TYPE_CHECKING:
    from nnlite.models._model import Model

__all__ = ["load_model", "load_weights", "save_model", "save_weights"]


def save_model(model: Model, path: Location, overwrite: bool = True) -> None:
    """Write a model to a file; see `Model.save`."""
    _check_target(path, overwrite, "save")
    model._refuse_sharing({})
    state = {
        "model": as_config(model),
        "input_shapes": model._input_shapes,
        "weights": model.state_dict(),
        "frozen": _frozen(model),
        "compiled": _compiled(model),
    }
    write_state(path, "model", state)


def load_model(path: Location, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> Model:
    """Read a model that `Model.save` wrote, with its weights, compiled as it was.

    No code is read and none is run but that of nnlite and of `custom_objects`.

    Parameters
    ----------
    path : str or Path
    custom_objects : mapping of str to class or function, optional
        The classes and functions of your own, by the names that they have in the code: layers, models, losses, metrics,
        functions in Lambda layers.
    compile : bool, default True
        Whether the model is compiled with the optimizer (and its state), losses and metrics that it had.

    Returns
    -------
    Model

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    FormatError
        If the file is damaged, or no model that nnlite saved.
    ValueError
        If a class or a function is not among `custom_objects`: it says which.

    Notes
    -----
    A digest tells a damaged file. In a file of a stranger who means ill, no weight is made that is larger than what the
    file holds; but its layers may still ask for outputs of any size.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> def doubled(x):
    ...     return 2 * x
    >>> path = getfixture("tmp_path") / "model.safetensors"
    >>> model = nl.models.Sequential([nl.layers.Dense(1, input_shape=(2,)), nl.layers.Lambda(doubled)])
    >>> model.save(path)
    >>> again = nl.models.load_model(path, custom_objects={"doubled": doubled})
    >>> np.array_equal(again.predict([[1.0, 2.0]]), model.predict([[1.0, 2.0]]))
    True
    """
    state = read_state(path, "model")
    try:
        held = sum(array.size for array in state["weights"].values())
        with random.kept(), weights_at_most(held):
            model: Model = made_from(state["model"], custom_objects)
            _build(model, state["input_shapes"])
        _load(model, state)
        compiled = state["compiled"]
        if compile and compiled is not None:
            _freeze(model, compiled["frozen"])
            arguments = {name: made_from(compiled[name], custom_objects) for name in _ARGUMENTS}
            model.compile(made_from(compiled["optimizer"], custom_objects), **arguments)
            if compiled["state"] is not None and model.optimizer is not None:
                model.optimizer.load_state_dict(compiled["state"])
            if isinstance(model.optimizer, FirstOrderOptimizer):
                model.optimizer.exclude_from_weight_decay(var_names=compiled.get("undecayed"))
        _freeze(model, state["frozen"])
    except UnknownNameError as error:
        raise ValueError(f"{path}: {error}" + ("; compile=False does without losses and metrics" * compile)) from error
    except NotBuiltError:
        raise
    except Exception as error:
        raise FormatError(
            f"{path}: expected a model that nnlite saved, found one that cannot be made ({error})"
        ) from error
    return model


def save_weights(model: Model, path: Location, overwrite: bool = True) -> None:
    """Write a model's weights to a file; see `Model.save_weights`."""
    _check_target(path, overwrite, "save_weights")
    (save_npz if Path(path).suffix == ".npz" else save_safetensors)(model.state_dict(), path)


def load_weights(model: Model, path: Location, strict: bool = True) -> None:
    """Read a model's weights from a file; see `Model.load_weights`."""
    weights = load_npz(path) if Path(path).suffix == ".npz" else read_weights(path)
    try:
        model.load_state_dict(weights, strict)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} does not fit: {error.args[0]}") from error


_ARGUMENTS = ("loss", "metrics", "loss_weights")


class NotBuiltError(ValueError):
    """A model was made and has not all its parameters yet, since the shape of its inputs is not known."""


def _check_target(path: Location, overwrite: bool, method: str) -> None:
    """Refuse names that promise another format, and files that are there if they may not be overwritten."""
    check_name(path, method)
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{os.fspath(path)!r} is there already, and overwrite=False")


def _compiled(model: Model) -> dict[str, Any] | None:
    """Return what the model was compiled with as plain types, None if it was not or that cannot be written down."""
    given, optimizer, flags = model._compiled_with, model.optimizer, model._flags
    if given is None or optimizer is None or flags is None:
        return None
    try:
        config = {name: as_config(value) for name, value in zip(_ARGUMENTS, given, strict=True)}
        config["optimizer"] = as_config(optimizer)
    except TypeError as error:
        warnings.warn(
            f"{model.label} is saved without what it was compiled with, and will not be compiled when it is loaded: "
            f"{error}",
            UserWarning,
            stacklevel=4,
        )
        return None
    named = dict(model.named_parameters())
    if named:
        optimizer.bind(named)
    config["state"] = optimizer.state_dict() if named else None
    config["frozen"] = flags.frozen(model)
    config["undecayed"] = optimizer.undecayed_names() if isinstance(optimizer, FirstOrderOptimizer) else []
    return config


def _frozen(model: Module) -> list[str]:
    """Return the names of the modules and parameters that are not trained."""
    modules = [name for name, module in model.named_modules() if not module.trainable]
    return [*modules, *(name for name, parameter in model.named_parameters() if not parameter.requires_grad)]


def _freeze(model: Module, names: list[str]) -> None:
    """Set what is trained as `_frozen` noted it."""
    frozen = set(names)
    for name, module in model.named_modules():
        module._set_trainable(name not in frozen)
    for name, parameter in model.named_parameters():
        if name in frozen:
            parameter.requires_grad = False


def _build(model: Model, shapes: tuple[tuple[int | None, ...], ...]) -> None:
    """Make the parameters of a model that knows its inputs' shapes only from a call."""
    if shapes and not model.built and all(None not in shape for shape in shapes):
        zeros = [Tensor(np.zeros((1, *shape), default_dtype())) for shape in shapes]
        with rehearsal(), inference():
            model(*zeros)


def _load(model: Model, state: Mapping[str, Any]) -> None:
    """Put the weights into a model, in the dtypes that they have."""
    weights = state["weights"]
    unbuilt = any(not module.built for module in model.modules() if type(module).build is not Module.build)
    if unbuilt and not weights.keys() <= model.state_dict().keys():
        raise NotBuiltError(
            f"{model.label} takes inputs of shapes that its file cannot tell: make it by its class, call it on a "
            "batch, and then use load_weights() on the file"
        )
    for name, module in model.named_modules():
        prefix = f"{name}." if name else ""
        own = [key for key, _ in module.own_parameters()] + list(module._buffers)
        dtypes = {weights[prefix + key].dtype for key in own if prefix + key in weights}
        floating = [dtype for dtype in dtypes if dtype.kind == "f"]
        if len(floating) == 1:
            module.astype(floating[0])
    model.load_state_dict(weights)
