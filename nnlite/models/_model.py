"""Model: a module that can be trained, made of symbolic inputs and outputs or written as a subclass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from nnlite._config import made_from
from nnlite._drawing import Drawing
from nnlite._structure import leaves
from nnlite.autograd import Tensor, default_dtype
from nnlite.io._files import Location
from nnlite.layers import Module
from nnlite.layers._mode import rehearsal
from nnlite.layers._symbolic import SymbolicTensor
from nnlite.models._draw import draw_model
from nnlite.models._graph import Graph
from nnlite.models._graph_config import graph_code, graph_config, symbols_from_config
from nnlite.models._learner import Learner
from nnlite.models._names import layer_names
from nnlite.models._saving import load_weights, save_model, save_weights
from nnlite.models._summary import summary_lines
from nnlite.training._loop import inference

__all__ = ["Model"]


class _unless_set:  # noqa: N801 (a decorator)
    """A property that gives way to an attribute of its name, which a subclass may set: `self.output = Dense(1)`."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        return self if model is None else self._function(model)


class Model(Learner):
    """A module that can be trained: made of symbolic inputs and outputs, or a subclass that writes `forward`.

    Parameters
    ----------
    inputs : SymbolicTensor, or list, tuple or dict of them
        What `layers.Input` gave. The model is called on arrays in the same structure, or on a dict by the Inputs'
        names.
    outputs : SymbolicTensor, or list, tuple or dict of them
        What layers, other models, operators and functions gave when they were called on the inputs. The model returns
        Tensors in the same structure.
    name : str, optional

    Attributes
    ----------
    layers : list of Module
        Of a functional model: its layers, inputs first, by their distance from the outputs.

    Raises
    ------
    TypeError
        If something else is among the inputs or outputs.
    ValueError
        If an output depends on an Input that is not given, or two layers have one name.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> inputs = nl.layers.Input(shape=(8,))
    >>> x = nl.layers.Dense(8, activation="relu")(inputs)
    >>> outputs = nl.layers.Dense(1)(x + inputs)
    >>> model = nl.models.Model(inputs=inputs, outputs=outputs)
    >>> model.predict(np.zeros((5, 8))).shape
    (5, 1)

    >>> import nnlite as nl, numpy as np
    >>> class Line(nl.models.Model):
    ...     def __init__(self):
    ...         self.dense = nl.layers.Dense(1, kernel_initializer="zeros")
    ...
    ...     def forward(self, x):
    ...         return self.dense(x)
    >>> model = Line()
    >>> model.compile(nl.optimizers.SGD(0.1), loss="mse")
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> history = model.fit(x, 3 * x + 1, epochs=100, verbose=0)
    >>> model.predict([[2.0]]).round(1)
    array([[7.]], dtype=float32)
    """

    _graph: Graph | None = None
    _input_shapes: tuple[tuple[int | None, ...], ...] = ()  # of one sample, at the first call

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None) -> None:
        super().__init__(name=name)
        if (inputs is None) != (outputs is None):
            raise TypeError("a functional model takes both inputs and outputs")
        if inputs is not None:
            self._graph = Graph(inputs, outputs)
            self.layers = self._graph.layers
            self._input_shapes = tuple(shape[1:] for shape, _ in self._graph.specs[: len(self._graph.entrances)])
            self.built = True

    def forward(self, *inputs: Any) -> Any:
        """Return the outputs of a functional model; a subclass writes its own."""
        if self._graph is None or len(inputs) != 1:
            return super().forward(*inputs)
        return self._graph.run(inputs[0])

    def build(self, input_shape: Any) -> None:
        """Make all parameters, for inputs of this shape; the batch axis may be None."""
        if None in input_shape[1:]:
            raise ValueError(f"build() needs the length of every axis but the batch, got {input_shape=}")
        with rehearsal(), inference():
            self(Tensor(np.zeros((1, *input_shape[1:]), self._dtype or default_dtype())))

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """Run `forward`; the first call that succeeds tells the input's shape."""
        known = self._input_shapes
        output = super().__call__(*inputs, **settings)
        if not known and all(isinstance(x, (Tensor, np.ndarray, SymbolicTensor)) for x in inputs):
            # A symbolic call has been tried on arrays meanwhile, whose shapes are examples only.
            self._input_shapes = tuple(x.shape[1:] for x in inputs)
        self.built = True
        return output

    def _build_for(self, inputs: Sequence[Any]) -> None:
        """Leave it to the modules inside, unless a subclass has a `build` of its own."""
        if type(self).build is not Model.build:
            super()._build_for(inputs)

    # Looking at it

    @_unless_set
    def inputs(self) -> list[Any]:
        """Return the symbolic inputs of a functional model."""
        return list(leaves(self._functional("inputs").symbols[0]))

    @_unless_set
    def outputs(self) -> list[Any]:
        """Return the symbolic outputs of a functional model."""
        return list(leaves(self._functional("outputs").symbols[1]))

    @_unless_set
    def input(self) -> Any:
        """Return the symbolic inputs of a functional model, in the structure in which they were given."""
        return self._functional("input").symbols[0]

    @_unless_set
    def output(self) -> Any:
        """Return the symbolic outputs of a functional model, in the structure in which they were given."""
        return self._functional("output").symbols[1]

    @_unless_set
    def loss(self) -> Any:
        """Return the loss that the model was compiled with, or the list or dict of them; None if there is none."""
        return None if self._objective is None else self._objective.loss

    @_unless_set
    def output_names(self) -> list[str]:
        """Return the names of a functional model's outputs, by which losses, metrics and targets may be given."""
        return self._functional("output_names").output_names

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly inside, each once, with their names; in a functional model as Keras names them."""
        if self._graph is None:
            yield from super().named_children()
            return
        yield from zip(self._graph.names, self._graph.layers, strict=True)
        present = set(map(id, self._graph.layers))
        for name, child in super().named_children():
            if id(child) not in present:
                yield name, child

    def get_layer(self, name: str | None = None, index: int | None = None) -> Module:
        """Return the layer of this name ("dense_1", as the summary shows it), or at this place among the layers.

        Raises
        ------
        ValueError
            If there is none, or neither or both are given.

        Examples
        --------
        >>> import nnlite as nl
        >>> model = nl.models.Sequential([nl.layers.Dense(3), nl.layers.Dense(2), nl.layers.Softmax(name="last")])
        >>> model.get_layer("dense_1"), model.get_layer(index=2)
        (Dense(2), Softmax(name='last'))
        """
        if (name is None) == (index is None):
            raise ValueError(f"get_layer takes a name or an index, got {name=}, {index=}")
        named = list(self.named_children())
        if index is not None:
            if not -len(named) <= index < len(named):
                raise ValueError(f"{self.label} has {len(named)} layers, got {index=}")
            return named[index][1]
        keras_names = layer_names((child.name, type(child).__name__) for _, child in named)
        for (own, child), keras_name in zip(named, keras_names, strict=True):
            if name in (own, keras_name):
                return child
        raise ValueError(f"{self.label} has no layer {name!r}; it has {', '.join(keras_names)}")

    def summary(
        self,
        line_length: int | None = None,
        *,
        print_fn: Callable[[str], Any] = print,
        expand_nested: bool = False,
        show_trainable: bool = False,
    ) -> None:
        """Print the layers: shapes of their outputs, parameters, and what one sample takes.

        The multiply-adds are those of products of arrays, convolutions among them; the memory is that of the outputs,
        in bytes. Both are found by running the model on zeros, once it knows the shape of its input.

        Parameters
        ----------
        line_length : int, optional
            How wide the table is; as wide as it needs to be by default.
        print_fn : callable, default print
            Called with each line, as Keras has it: `lines.append`, or a logger's `info`.
        expand_nested : bool, default False
            Whether the layers of models inside have rows of their own.
        show_trainable : bool, default False
            Whether a column says which layers are trained.

        Raises
        ------
        ValueError
            If `line_length` is below 40.

        Examples
        --------
        >>> import nnlite as nl
        >>> nl.models.Sequential([nl.layers.Dense(8, input_shape=(4,)), nl.layers.Dense(2)]).summary()
        Sequential
        ----------------------------------------------------------------
        Layer            Output shape  Parameters  Multiply-adds  Memory
        ----------------------------------------------------------------
        dense (Dense)    (None, 8)             40             32    32 B
        dense_1 (Dense)  (None, 2)             18             16     8 B
        ----------------------------------------------------------------
        Total parameters: 58 (232 B)
        Trainable parameters: 58 (232 B)
        Non-trainable parameters: 0 (0 B)
        Multiply-adds of one sample: 48
        Memory of one sample's outputs: 40 B
        """
        lines = summary_lines(
            self,
            self._input_shapes,
            self._graph,
            line_length=line_length,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
        )
        for line in lines:
            print_fn(line)

    def plot(
        self,
        to_file: str | Path | None = None,
        *,
        show_shapes: bool = True,
        show_layer_names: bool = True,
        rankdir: str = "TB",
    ) -> Drawing:
        """Draw the layers, the shapes of what they give, and what is connected to what.

        A layer that is called several times has one box, and its arrows say which call they belong to. Outputs have a
        thick border. Of a model of one's own, the connections are those that are seen when it runs on zeros.

        Parameters
        ----------
        to_file : path-like, optional
            Where to write the drawing: a name that ends in .svg, .pdf or .png for a picture, in .dot for its text.
        show_shapes, show_layer_names : bool, default True
        rankdir : {"TB", "LR", "BT", "RL"}, default "TB"
            The way from the inputs to the outputs: from top to bottom, from left to right, ...

        Returns
        -------
        Drawing
            A notebook shows it; `.save("model.svg")` writes the picture, `.source` is its DOT text. A picture needs the
            package graphviz (extra `graph`) and the program `dot`.

        Raises
        ------
        ValueError
            If `rankdir` is none of these.
        RuntimeError
            If a picture is to be written, and Graphviz is not there.

        Examples
        --------
        >>> import nnlite as nl
        >>> model = nl.models.Sequential([nl.layers.Dense(8, input_shape=(4,)), nl.layers.Dense(2)])
        >>> print(model.plot().source.splitlines()[-2].strip())
        "dense" -> "dense_1";
        """
        drawing = draw_model(self, self._input_shapes, self._graph, show_shapes, show_layer_names, rankdir)
        if to_file is not None:
            drawing.save(to_file)
        return drawing

    @property
    def label(self) -> str:
        """The model as errors name it."""
        if self._graph is None:
            return super().label
        return f"{type(self).__name__} of {len(self._graph.layers)} layers"

    def _code(self) -> str:
        """Return the code that builds this model: of a functional one, a line for each call."""
        return super()._code() if self._graph is None else graph_code(self._graph)

    def _known_output_names(self) -> list[str] | None:
        """Return the names of a functional model's outputs."""
        return None if self._graph is None else self._graph.output_names

    def _functional(self, attribute: str) -> Graph:
        """Return the graph, or raise if there is none."""
        if self._graph is None:
            raise AttributeError(f"{attribute} is known only of a functional model, Model(inputs, outputs)")
        return self._graph

    # Saving

    def save_weights(self, path: Location, overwrite: bool = True) -> None:
        """Write all parameters and buffers to a file, by name.

        Parameters
        ----------
        path : str or Path
            An npz file if its name ends so, else a safetensors file. Folders that are not there are made; a kill at any
            moment leaves the old file or the new one.
        overwrite : bool, default True
            Whether a file that is there may be replaced.

        Raises
        ------
        ImportError
            If the package `safetensors` is not installed, and the file is to be none of npz.
        FileExistsError
            If the file is there, and may not be replaced.
        ValueError
            If the name promises another format, such as ".weights.h5".

        Examples
        --------
        >>> import nnlite as nl, numpy as np
        >>> path = getfixture("tmp_path") / "weights.safetensors"
        >>> model, other = (nl.models.Sequential([nl.layers.Dense(1, input_shape=(2,))]) for _ in range(2))
        >>> model.save_weights(path)
        >>> other.load_weights(path)
        >>> np.array_equal(model.get_weights()[0], other.get_weights()[0])
        True
        """
        save_weights(self, path, overwrite)

    def load_weights(self, path: Location, strict: bool = True) -> None:
        """Read parameters and buffers from a file, by name; nothing is changed unless all of them fit.

        Parameters
        ----------
        path : str or Path
            A file that `save_weights` wrote, or `save`, or `io.Checkpoint`; or another with arrays of the same names.
        strict : bool, default True
            Whether every name must be on both sides.

        Raises
        ------
        FileNotFoundError, IsADirectoryError
            If there is no such file.
        io.FormatError
            If the file is damaged, or of another kind.
        ValueError
            If names or shapes differ: it says which.
        """
        load_weights(self, path, strict)

    def save(self, path: Location, overwrite: bool = True) -> None:
        """Write the model to one file: its architecture, its weights, and what it was compiled with.

        `models.load_model` makes it again. The file is a safetensors file, with the architecture as JSON in its
        metadata; nothing is pickled, and no code is written: functions and classes of your own go by their names.

        Parameters
        ----------
        path : str or Path
            The file: "model.safetensors", say. Folders that are not there are made; a kill at any moment leaves the old
            file or the new one.
        overwrite : bool, default True
            Whether a file that is there may be replaced.

        Raises
        ------
        ImportError
            If the package `safetensors` is not installed.
        FileExistsError
            If the file is there, and may not be replaced.
        TypeError
            If a layer cannot be written down: it does not keep an argument, holds a lambda, or belongs to two models
            inside this one.
        ValueError
            If the name promises another format, such as ".keras".

        Examples
        --------
        >>> import nnlite as nl, numpy as np
        >>> path = getfixture("tmp_path") / "model.safetensors"
        >>> model = nl.models.Sequential([nl.layers.Dense(1, input_shape=(2,))])
        >>> model.compile("adam", "mse")
        >>> history = model.fit(np.ones((4, 2)), np.ones(4), epochs=3, verbose=0)
        >>> model.save(path)
        >>> again = nl.models.load_model(path)
        >>> again.optimizer.iterations
        3
        """
        save_model(self, path, overwrite)

    # Writing it down

    def get_config(self) -> dict[str, Any]:
        """Return the model without its parameters as plain types: a functional one by its layers and calls."""
        if self._graph is None or type(self).__init__ is not Model.__init__:
            return super().get_config()
        return {"name": self.name, **graph_config(self._graph)}

    def _described_layers(self) -> list[Module]:
        """Return the layers that `get_config` describes one by one."""
        return [] if self._graph is None or type(self).__init__ is not Model.__init__ else self._graph.layers

    def _refuse_sharing(self, homes: dict[Module, Model]) -> None:
        """Raise if two models inside describe the same layer, of which each would get one of its own."""
        for layer in dict.fromkeys(self._described_layers()):
            if homes.setdefault(layer, self) is not self and layer.state_dict():
                raise TypeError(
                    f"{layer.label} belongs to {homes[layer].label} and to {self.label}, which cannot be written down: "
                    "describe it in one of them, or save_weights() and make the model by its code"
                )
            if isinstance(layer, Model):
                layer._refuse_sharing(homes)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make the model that `get_config` described, with parameters of its own."""
        if "calls" not in config:
            return super().from_config(config, custom_objects)
        return cls(*symbols_from_config(made_from(config, custom_objects)), name=config["name"])
