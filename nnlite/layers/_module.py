"""Module: what owns parameters. A layer is a Module, and so is a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnlite import constraints, initializers, regularizers
from nnlite._config import arguments_of, as_config, made_from
from nnlite._structure import mapped
from nnlite.autograd import Parameter, Tensor, default_dtype
from nnlite.autograd._mode import current_module
from nnlite.autograd._tensor import RemovableHook, as_array
from nnlite.layers._checks import check_input_shape
from nnlite.layers._mask import mask_of, remember_mask
from nnlite.layers._mode import check_weight_size, forced_mode, running
from nnlite.layers._symbolic import call_later, has_symbols

__all__ = ["Module", "Shape", "weight_penalties"]

Shape = tuple[int, ...]
ForwardHook = Callable[["Module", tuple[Any, ...], Any], Any]


class LoadedKeys(NamedTuple):
    """What did not fit when a state was loaded."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """The base of layers and models: parameters, buffers and child modules, by the names of its attributes.

    A subclass writes `forward`, and `build(input_shape)` if its parameters depend on the input's shape; `build` runs
    at the first call. Parameters, buffers (`register_buffer`) and modules are found among the attributes, also inside
    lists, tuples and dicts, in the order in which they were assigned; that gives them their names in `state_dict`.

    Attributes
    ----------
    training : bool
        Whether the module runs as in training (dropout drops) or as in inference. True until `eval()`; False inside
        `predict` and `evaluate`, which change nothing for other threads.
    trainable : bool
        Whether its parameters get gradients. Setting it sets it for all modules inside.
    activity_regularizer : callable, optional
        Gives a penalty for what the module returns, of which the mean over the batch joins `losses`.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> class Scale(nl.layers.Module):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones")
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(np.ones((2, 3), np.float32)).shape
    (2, 3)
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    """

    # Class attributes, so that a subclass need not call super().__init__().
    built = False
    _takes_training = False
    supports_masking = False  # whether the mask of an input is the mask of the output too
    name: str | None = None
    input_shape: Shape | None = None  # without the batch axis; lets a layer be built before its first call
    activity_regularizer: Callable[[Any], Any] | None = None
    _training = True
    _trainable = True
    _dtype: np.dtype[Any] | None = None  # of the parameters still to be made, after astype()
    _activity_losses: tuple[Tensor, ...] = ()  # of the last call, also of the modules inside
    _buffers: tuple[str, ...] = ()
    _forward_hooks: Mapping[int, ForwardHook] = MappingProxyType({})

    def __init__(self, input_shape: Shape | None = None, name: str | None = None) -> None:
        self.input_shape, self.name = check_input_shape(type(self).__name__, input_shape), name

    def __init_subclass__(cls, **settings: Any) -> None:
        """Take Keras' `call` for `forward`, and note whether `forward` wants to know if it trains."""
        super().__init_subclass__(**settings)
        if "call" in vars(cls) and "forward" not in vars(cls):
            cls.forward = vars(cls)["call"]  # type: ignore[method-assign]
        if "forward" in vars(cls):
            cls._takes_training = "training" in inspect.signature(cls.forward).parameters

    # What a subclass writes

    def forward(self, *inputs: Any) -> Any:
        """Compute the output."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def build(self, input_shape: Shape) -> None:
        """Make the parameters for inputs of this shape, batch axis included; nothing to make by default."""

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the mask of the output, for a first argument with a mask; by default the same if it supports that.

        For a list of inputs, `mask` is a list with None for an input without one; for a tuple of outputs, so may be
        what this returns.
        """
        return mask if self.supports_masking else None

    # Calling

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """Run `forward`; arrays become Tensors, and the first call builds the parameters.

        Called on symbolic tensors (see `layers.Input`), also inside lists, it returns what stands for the output.
        `training=True` or `False` runs this call, with all modules inside, as in training or as in inference, whatever
        they are set to. A `forward` (or `call`) with an argument of that name is told, also if the call does not say.
        """
        if settings:
            if has_symbols(settings):
                return call_later(self, inputs, settings, self)
            if "training" in settings:
                training = settings.pop("training")
                with running(forced_mode.get() if training is None else bool(training)):
                    return self(*inputs, **settings)
        for value in inputs:
            if not isinstance(value, Tensor):
                if has_symbols(inputs):
                    return call_later(self, inputs, settings, self)
                inputs = (_numbers_as_tensor(inputs[0]), *(mapped(_array_as_tensor, value) for value in inputs[1:]))
                break
        if not self.built:
            self._build_for(inputs)
        if self._activity_losses:
            self._activity_losses = ()
        if self._takes_training:
            settings["training"] = self.training
        token = current_module.set(self)
        try:
            output = self.forward(*inputs, **settings)
        except Exception as error:
            if next(self.children(), None) is None and self.label not in str(error):  # name the innermost module
                error.add_note(f"in {self._code()}")
            raise
        finally:
            current_module.reset(token)
        first = inputs[0] if inputs else None
        if type(first) is not Tensor or first._remembered is not None:  # asked first: most Tensors remember nothing
            mask = mask_of(first)
            if mask is not None:
                remember_mask(output, self.compute_mask(first, mask))
        if self._forward_hooks:
            for hook in tuple(self._forward_hooks.values()):
                replacement = hook(self, inputs, output)
                output = output if replacement is None else replacement
        if self.activity_regularizer is not None:
            self._add_activity_loss(output)
        if self._activity_losses and isinstance(outer := current_module.get(), Module):
            outer._activity_losses += self._activity_losses
        return output

    def _add_activity_loss(self, output: Any) -> None:
        """Keep the penalty for what the module returns, its mean over the batch."""
        assert self.activity_regularizer is not None
        for value in output if isinstance(output, (tuple, list)) else (output,):
            if isinstance(value, Tensor):
                self._activity_losses += (self.activity_regularizer(value) / max(len(value), 1),)

    def _build_for(self, inputs: Sequence[Any]) -> None:
        """Build for the first input's shape; modules that are made then join in the mode and dtype of this one."""
        if type(self).build is not Module.build:
            if not inputs or not isinstance(inputs[0], Tensor):
                got = type(inputs[0]).__name__ if inputs else "none"
                raise TypeError(f"{self.label} expected an array or a Tensor as its first argument, got {got}")
            present = set(map(id, self.children()))
            self.build(inputs[0].shape)
            for child in self.children():
                if id(child) not in present:
                    child.train(self._training)
                    if self._dtype is not None:
                        child.astype(self._dtype)
                    if not self._trainable:
                        child.trainable = False
        self.built = True

    def add_weight(
        self,
        shape: Shape,
        initializer: Any = "glorot_uniform",
        dtype: DTypeLike | None = None,
        *,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Parameter:
        """Make a Parameter of this shape, trained if the module is.

        Parameters
        ----------
        shape : tuple of int
        initializer : str, Initializer or callable, default "glorot_uniform"
            Gives the first values; see `nnlite.initializers`.
        dtype : dtype, optional
            That given to `astype`, or else the default dtype.
        regularizer : str or callable, optional
            Gives the penalty that training adds to the loss; see `nnlite.regularizers`.
        constraint : str or callable, optional
            Maps the values, after each update, to values that are allowed; see `nnlite.constraints`.
        name : str, optional
            Accepted as Keras has it; parameters are named after the attributes that hold them.
        """
        check_weight_size(shape)
        values = initializers.get(initializer)(shape, dtype or self._dtype or default_dtype())
        parameter = Parameter(values, requires_grad=self._trainable)
        parameter.regularizer, parameter.constraint = regularizers.get(regularizer), constraints.get(constraint)
        return parameter

    def register_buffer(self, name: str, values: Any) -> None:
        """Keep an array that is saved with the module and not trained, as attribute `name`."""
        array = np.array(as_array(values))
        setattr(self, name, array.astype(self._dtype) if self._dtype and array.dtype.kind == "f" else array)
        self._buffers = (*(b for b in self._buffers if b != name), name)

    def register_forward_hook(self, hook: ForwardHook) -> RemovableHook:
        """Call `hook(module, inputs, output)` after each call; what it returns, unless None, replaces the output.

        Returns
        -------
        RemovableHook
            Its `.remove()` takes the hook away.
        """
        hooks = self._forward_hooks if isinstance(self._forward_hooks, dict) else {}
        self._forward_hooks = hooks
        return RemovableHook(hooks, hook)

    # What is inside

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly inside, each once, with their names."""
        seen: set[int] = set()
        for name, value in _flat(vars(self)):
            if isinstance(value, Module) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside."""
        for _, module in self.named_children():
            yield module

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield this module (its name is empty) and all modules inside, each once, with dotted names."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                inside = [(f"{path}.{name}" if path else name, child) for name, child in module.named_children()]
                stack.extend(reversed(inside))

    def modules(self) -> Iterator[Module]:
        """Yield this module and all modules inside, each once."""
        for _, module in self.named_modules():
            yield module

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, each once, with dotted names."""
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, value in module.own_parameters():
                if id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of this module itself, without those of the modules inside."""
        for name, value in _flat(vars(self)):
            if isinstance(value, Parameter):
                yield name, value

    def parameters(self) -> Iterator[Parameter]:
        """Yield all parameters, each once."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_buffers(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield all buffers with dotted names."""
        for path, module in self.named_modules():
            for name in module._buffers:
                yield (f"{path}.{name}" if path else name), getattr(module, name)

    def buffers(self) -> Iterator[NDArray[Any]]:
        """Yield all buffers."""
        for _, buffer in self.named_buffers():
            yield buffer

    @property
    def losses(self) -> list[Tensor]:
        """The penalties of regularizers: for the activities of the last call, and for the weights that are trained.

        `Model.fit` adds them to the loss; a loop of one's own does so itself.

        Examples
        --------
        >>> import nnlite as nl, numpy as np
        >>> layer = nl.layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2", activity_regularizer="l1")
        >>> y = layer(np.ones((4, 3)))
        >>> loss = (y**2).mean() + sum(layer.losses)
        >>> layer.losses
        [tensor(0.03, from=divide), tensor(0.03, from=multiply)]
        """
        return [*self._activity_losses, *weight_penalties(self.parameters())]

    def num_parameters(self) -> int:
        """Count the numbers in all parameters."""
        return sum(parameter.size for parameter in self.parameters())

    # Switching

    @property
    def training(self) -> bool:
        """Whether the module runs as in training, or as in inference."""
        forced = forced_mode.get()
        return self._training if forced is None else forced

    @training.setter
    def training(self, mode: bool) -> None:
        self._training = bool(mode)

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside to training mode (or, with False, to inference)."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and all inside to inference mode."""
        return self.train(False)

    @property
    def trainable(self) -> bool:
        """Whether the parameters get gradients; setting it sets it for all modules inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, wanted: bool) -> None:
        for module in self.modules():
            module._set_trainable(bool(wanted))

    def _set_trainable(self, wanted: bool) -> None:
        """Set the flag of this module alone, and of its own parameters."""
        self._trainable = wanted
        for _, parameter in self.own_parameters():
            parameter.requires_grad = wanted

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set `trainable`, and return the module."""
        self.trainable = requires_grad
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` on every module inside, children first, and then on this one."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Convert all floating parameters and buffers in place; those still to be made will have the dtype too.

        Raises
        ------
        TypeError
            If `dtype` is not a floating dtype.
        """
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"parameters are floating, got dtype {np.dtype(dtype)}")
        for parameter in self.parameters():
            parameter.cast(dtype)
        for module in self.modules():
            module._dtype = np.dtype(dtype)
            for name in module._buffers:
                if getattr(module, name).dtype.kind == "f":
                    setattr(module, name, getattr(module, name).astype(dtype))
        return self

    # Saving

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return copies of all parameters and buffers by name, module by module."""
        places = self._places()
        return {name: values.copy() for name, values in places.items()}

    def _places(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of all parameters and buffers by name: of each module its parameters, then its buffers."""
        parameters, buffers = dict(self.named_parameters()), dict(self.named_buffers())
        places: dict[str, NDArray[Any]] = {}
        for path, module in self.named_modules():
            own = [name for name, _ in module.own_parameters()]
            for name in [f"{path}.{name}" if path else name for name in (*own, *module._buffers)]:
                if name in parameters:
                    places[name] = parameters[name].data
                elif name in buffers:
                    places[name] = buffers[name]
        return places

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy values into parameters and buffers, by name. Nothing is changed unless all of them fit.

        Parameters
        ----------
        state : mapping of str to array_like
            What `state_dict` gave.
        strict : bool, default True
            Whether every name must be on both sides.

        Returns
        -------
        LoadedKeys
            `missing_keys` and `unexpected_keys`, both empty if `strict`.

        Raises
        ------
        KeyError
            If `strict` and names are missing or unexpected.
        ValueError
            If a shape differs.
        """
        places = self._places()
        missing, unexpected = [n for n in places if n not in state], [n for n in state if n not in places]
        if strict and (missing or unexpected):
            wrong_names = [
                f"{what} {names}" for what, names in (("is missing", missing), ("does not know", unexpected)) if names
            ]
            unbuilt = any(not m.built for m in self.modules() if type(m).build is not Module.build)
            advice = " (not built yet: call it on a batch, or give input_shape=)" if unbuilt else ""
            raise KeyError(f"{self.label}{advice} {' and '.join(wrong_names)}")
        values = {name: as_array(state[name], place.dtype) for name, place in places.items() if name in state}
        wrong = [f"{n} {places[n].shape}, got {v.shape}" for n, v in values.items() if v.shape != places[n].shape]
        if wrong:
            raise ValueError(f"{self.label} expected the shapes: {'; '.join(wrong)}")
        for name, value in values.items():
            places[name][...] = value
        for parameter in self.parameters():
            parameter.bump_version()
        return LoadedKeys(missing, unexpected)

    @property
    def weights(self) -> list[Parameter | NDArray[Any]]:
        """All parameters and buffers, module by module, as Keras orders them."""
        found: list[Parameter | NDArray[Any]] = []
        for module in self.modules():
            found.extend(parameter for _, parameter in module.own_parameters())
            found.extend(getattr(module, name) for name in module._buffers)
        return list({id(value): value for value in found}.values())

    def get_weights(self) -> list[NDArray[Any]]:
        """Return copies of the arrays of `weights`."""
        return [np.array(w.data if isinstance(w, Parameter) else w) for w in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Copy arrays into `weights`, in their order; nothing is changed unless all of them fit.

        Raises
        ------
        ValueError
            If their number or a shape differs.
        """
        places = [w.data if isinstance(w, Parameter) else w for w in self.weights]
        wanted, got = [p.shape for p in places], [np.shape(w) for w in weights]
        if got != wanted:
            raise ValueError(f"{self.label} expected weights of shapes {wanted}, got {got}")
        values = [as_array(w, p.dtype) for w, p in zip(weights, places, strict=True)]
        for place, value in zip(places, values, strict=True):
            place[...] = value
        for parameter in self.parameters():
            parameter.bump_version()

    # Writing it down

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain types, fit for JSON: the module without its parameters.

        Each argument is read from the attribute of its name. What is an object (a layer, an initializer, a function)
        is described by its name and its own config.

        Raises
        ------
        TypeError
            If an argument was not kept, or cannot be described.

        Examples
        --------
        >>> import nnlite as nl
        >>> config = nl.layers.Dense(3, activation="relu", name="last").get_config()
        >>> config["units"], config["activation"]
        (3, 'relu')
        >>> nl.layers.Dense.from_config(config)
        Dense(3, activation='relu', name='last')
        """
        return {name: as_config(value) for name, value in arguments_of(self).items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make the module that `get_config` described, with parameters of its own.

        Parameters
        ----------
        config : mapping
            What `get_config` gave.
        custom_objects : mapping of str to class or function, optional
            What is not part of nnlite, by name.
        """
        return cls(**{name: made_from(value, custom_objects) for name, value in config.items()})

    # Printing

    @property
    def label(self) -> str:
        """The module as errors name it."""
        return self._code()

    def _code(self) -> str:
        """Return the call that builds this module, without arguments left at their defaults."""
        shown = []
        for parameter in inspect.signature(type(self)).parameters.values():
            value = vars(self).get(parameter.name, parameter.default)
            if isinstance(parameter.default, bool) and (value is None or isinstance(value, Parameter)):
                value = value is not None  # `bias=True` asked for it
            if value is parameter.empty:
                shown.append("...")  # an argument that the module did not keep
            elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty:
                shown.append(_code_of(value))
            elif not _same(value, parameter.default):
                shown.append(f"{parameter.name}={_code_of(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _comment(self) -> str:
        """Return the comment on the number of parameters that follows the code."""
        count = self.num_parameters()
        return f"  # {count:,} parameters" if count else ""

    def __repr__(self) -> str:
        return self._code() + self._comment()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_activity_losses"}


def weight_penalties(parameters: Iterable[Parameter]) -> list[Tensor]:
    """Return the penalty of each parameter that has a regularizer and is trained."""
    return [p.regularizer(p) for p in parameters if p.regularizer is not None and p.requires_grad]


def _array_as_tensor(value: Any) -> Any:
    """Make a Tensor of an array; leave all else as it is."""
    return Tensor(value) if isinstance(value, np.ndarray) else value


def _numbers_as_tensor(value: Any) -> Any:
    """Make a Tensor of an array or of a nested list of numbers, and of each array in a structure of several."""
    first = value
    while isinstance(first, list) and first:
        first = first[0]
    if isinstance(value, list) and isinstance(first, (int, float)):
        return Tensor(value)
    return mapped(_array_as_tensor, value)


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield named values, going into lists, tuples and dicts."""
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            yield from _flat({f"{name}.{i}": item for i, item in enumerate(value)})
        elif isinstance(value, dict):
            yield from _flat({f"{name}.{key}": item for key, item in value.items()})
        else:
            yield name, value


def _code_of(value: Any) -> str:
    """Write an argument as code: modules without their comments, functions by their names."""
    if isinstance(value, Module):
        return value._code()
    if isinstance(value, list):
        return f"[{', '.join(map(_code_of, value))}]"
    if inspect.isroutine(value) or isinstance(value, np.ufunc):
        return value.__name__
    return repr(value)


def _same(value: Any, default: Any) -> bool:
    """Compare an argument with its default, also if it is an array, or an int written out for each axis."""
    if type(default) is int and type(value) is tuple:
        return set(value) == {default}
    return value is default or (type(value) is type(default) and bool(np.all(value == default)))
