"""The recurrent layers that have cells of their own: simple, LSTM and GRU."""

from __future__ import annotations

from typing import Any

from nnlite import regularizers
from nnlite.layers._activation import ActivationFunction
from nnlite.layers._module import Shape
from nnlite.layers._recurrent import Recurrent
from nnlite.layers._recurrent_cells import GRUCell, LSTMCell, SimpleRNNCell

__all__ = ["GRU", "LSTM", "SimpleRNN"]


class SimpleRNN(Recurrent):
    """The simple recurrent layer: `h_t = activation(x_t @ kernel + h_{t - 1} @ recurrent_kernel + bias)`.

    Parameters
    ----------
    units : int
        Length of the state, which is the output.
    activation, ...
        As in `LSTM`.

    References
    ----------
    Elman, J. L., "Finding structure in time", 1990.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.SimpleRNN(4)(np.ones((2, 5, 3))).shape
    (2, 4)
    """

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        cell = SimpleRNNCell(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, dropout, recurrent_dropout, seed,
        )  # fmt: skip
        self._keep_arguments_of(cell)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, False, input_shape, name)


class LSTM(Recurrent):
    """The long short-term memory: see `functional.lstm` for the formulas.

    Parameters
    ----------
    units : int
        Length of the state h, which is the output, and of the cells c.
    activation : str or callable, default "tanh"
        Of what goes into the cells and what comes out of them.
    recurrent_activation : str or callable, default "sigmoid"
        Of the gates. With these two activations all steps are one fused function.
    use_bias : bool, default True
    kernel_initializer : default "glorot_uniform"
    recurrent_initializer : default "orthogonal"
    bias_initializer : default "zeros"
    unit_forget_bias : bool, default True
        Begin with a bias of 1 for the forget gate.
    kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer : str or callable, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or callable, optional
    dropout : float, default 0
        In training, the share of the input's features that is dropped, the same ones at each step of a sequence.
    recurrent_dropout : float, default 0
        The same for the state, with other features for each gate. Then the steps are taken one by one.
    seed : int, optional
        Seeds a generator for the two.
    return_sequences : bool, default False
        Return the outputs of all steps, not only the last.
    return_state : bool, default False
        Return the last states too.
    go_backwards : bool, default False
        Begin with the last step; outputs come in the order in which they were computed.
    stateful : bool, default False
        Begin each call with the states after the last one; `reset_states` forgets them.
    unroll, use_cudnn
        Accepted as Keras has them; nothing changes.
    input_shape : tuple of int, optional
        (steps, features), where steps may be None.
    name : str, optional

    Attributes
    ----------
    cell : LSTMCell
        Has the parameters: kernel (features, 4 * units), recurrent_kernel (units, 4 * units) and bias (4 * units,),
        the gates i, f, c and o beside each other.

    Raises
    ------
    ValueError
        If an argument is out of range, a name is unknown, or an input does not fit.

    References
    ----------
    Hochreiter, S. and Schmidhuber, J., "Long short-term memory", 1997.
    Gal, Y. and Ghahramani, Z., "A theoretically grounded application of dropout in recurrent neural networks", 2016.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> layer = nl.layers.LSTM(4, return_sequences=True, return_state=True)
    >>> y, h, c = layer(np.ones((2, 5, 3)))
    >>> y.shape, h.shape, c.shape
    ((2, 5, 4), (2, 4), (2, 4))
    """

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        recurrent_activation: str | ActivationFunction | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        cell = LSTMCell(
            units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer,
            bias_initializer, unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed,
        )  # fmt: skip
        self._keep_arguments_of(cell)
        self.use_cudnn, self.activity_regularizer = use_cudnn, regularizers.get(activity_regularizer)
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, False, input_shape, name)


class GRU(Recurrent):
    """Gated recurrent units: see `functional.gru` for the formulas.

    Parameters
    ----------
    units : int
        Length of the state, which is the output.
    activation, ...
        As in `LSTM`.
    reset_after : bool, default True
        Whether the reset gate works on the recurrent product. With False it works on the state before the product, as
        in the first paper; then the steps are taken one by one.

    Attributes
    ----------
    cell : GRUCell
        Has the parameters: kernel (features, 3 * units), recurrent_kernel (units, 3 * units) and bias, the gates z, r
        and h beside each other. The bias is (2, 3 * units), for input and state, or (3 * units,) without
        `reset_after`.

    References
    ----------
    Cho, K. et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    2014.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> nl.layers.GRU(4, return_sequences=True)(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        recurrent_activation: str | ActivationFunction | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        input_shape: Shape | None = None,
        name: str | None = None,
    ) -> None:
        cell = GRUCell(
            units, activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer,
            bias_initializer, kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout, reset_after, seed,
        )  # fmt: skip
        self._keep_arguments_of(cell)
        self.use_cudnn, self.activity_regularizer = use_cudnn, regularizers.get(activity_regularizer)
        super().__init__(cell, return_sequences, return_state, go_backwards, stateful, unroll, False, input_shape, name)
