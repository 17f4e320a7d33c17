"""What convolutions look for, and what they find."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from nnlite.autograd import Tensor
from nnlite.layers import Conv1D, Conv2D, DepthwiseConv2D, Module, SeparableConv2D
from nnlite.layers._conv_base import ConvBase
from nnlite.models import Model
from nnlite.nn import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nnlite.plotting._figure import array_of, columns_for, grid
from nnlite.plotting._images import refuse_crowds
from nnlite.training._loop import inference

__all__ = ["feature_maps", "filters"]

_TORCH_CONVOLUTIONS = (Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
_CONVOLUTIONS = (ConvBase, *_TORCH_CONVOLUTIONS)


def filters(
    model: Module, layer: str | int | Module | None = None, *, columns: int | None = None, ax: Any = None
) -> Figure:
    """Draw the kernels of a convolution: what each of its filters looks for.

    Of three channels the kernels are drawn in colour, each from its least to its greatest weight; of one channel from
    orange (negative) to violet (positive), and so is the mean over any other number of channels. A kernel over one axis
    is drawn with a row for each channel.

    Parameters
    ----------
    model : Module
        A model, or the convolution itself, in Keras' or PyTorch's spelling.
    layer : str, int or Module, optional
        Which layer, by its name, its number or itself; by default the first convolution.
    columns : int, optional
        Filters in a row.
    ax : Axes, optional
        Whose room they take up.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no such layer, it is not built yet, or its kernels are no images.

    Examples
    --------
    >>> import nnlite as nl
    >>> from nnlite.plotting import filters
    >>> model = nl.models.Sequential([nl.layers.Conv2D(6, 3, input_shape=(8, 8, 1)), nl.layers.Flatten()])
    >>> [axes.get_title() for axes in filters(model).axes[:6]]
    ['0', '1', '2', '3', '4', '5']
    """
    kernels = _kernels(_chosen(model, layer))  # (filters, height, width, channels)
    refuse_crowds("filters", len(kernels), "filters")
    if kernels.shape[-1] == 3:
        low = kernels.min(axis=(1, 2, 3), keepdims=True)
        span = kernels.max(axis=(1, 2, 3), keepdims=True) - low
        return _mosaic((kernels - low) / np.where(span, span, 1), columns, ax, None)
    grey = kernels.mean(axis=-1)
    reach = float(np.abs(grey).max()) or 1.0
    return _mosaic(grey, columns, ax, ("PuOr", -reach, reach, "weight"))


def feature_maps(
    model: Module,
    image: ArrayLike,
    layer: str | int | Module | None = None,
    *,
    columns: int | None = None,
    ax: Any = None,
) -> Figure:
    """Draw what a layer makes of one image: where each of its filters found what it looks for.

    Parameters
    ----------
    model : Module
        In Keras' or PyTorch's spelling; it runs in inference mode.
    image : array_like, shape (H, W, C), or (C, H, W) in PyTorch's spelling
        May have a batch axis of one before, and a grey image needs no axis for its one channel.
    layer : str, int or Module, optional
        Which layer, by its name, its number or itself; by default the first convolution.
    columns : int, optional
        Maps in a row.
    ax : Axes, optional
        Whose room they take up.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there is no such layer, the image is not one image, or the layer does not give maps.

    Examples
    --------
    >>> import nnlite as nl, numpy as np
    >>> from nnlite.plotting import feature_maps
    >>> model = nl.models.Sequential([nl.layers.Conv2D(6, 3, input_shape=(8, 8, 1)), nl.layers.MaxPool2D()])
    >>> figure = feature_maps(model, np.ones((8, 8)), layer="max_pool2d")
    >>> figure.axes[0].images[0].get_array().shape
    (3, 3)
    """
    chosen = _chosen(model, layer)
    first = _chosen(model, None)
    channels_first = _has_channels_first(chosen if isinstance(chosen, _CONVOLUTIONS) else first)
    given = array_of(image)
    batch = given.astype(np.float32) if given.dtype.kind in "iub" else given
    if batch.ndim == 2:
        batch = batch[None] if channels_first else batch[..., None]
    if batch.ndim == 3:
        batch = batch[None]
    if batch.ndim != 4 or len(batch) != 1:
        raise ValueError(
            f"feature_maps expected one image, (H, W, C) or (C, H, W) as the model takes it, got {given.shape}"
        )
    found: list[Any] = []
    hook = chosen.register_forward_hook(lambda module, inputs, output: found.append(output))
    try:
        with inference():
            model(batch)
    finally:
        hook.remove()
    if not found:
        raise ValueError(f"feature_maps ran {model.label} without coming through {chosen.label}")
    if not isinstance(found[0], Tensor) or found[0].ndim != 4:
        shape = found[0].shape if isinstance(found[0], Tensor) else type(found[0]).__name__
        raise ValueError(f"feature_maps expected {chosen.label} to give maps of shape (1, H, W, C), got {shape}")
    maps = found[0].numpy()[0]  # (H, W, C)
    maps = maps if channels_first else np.moveaxis(maps, -1, 0)  # (C, H, W)
    refuse_crowds("feature_maps", len(maps), "maps")
    return _mosaic(maps, columns, ax, ("viridis", float(maps.min()), float(maps.max()), "activation"))


def _mosaic(
    pictures: NDArray[Any], columns: int | None, ax: Any, scale: tuple[str, float, float, str] | None
) -> Figure:
    """Draw numbered pictures in rows, on one scale (colour map, least, greatest, name), or in their own colours."""
    count, height, width = pictures.shape[:3]
    per_row = min(count, columns or columns_for(count, 2 * height / width))
    rows = math.ceil(count / per_row)
    figure, axes = grid(ax, rows, per_row, (0.95 * per_row + 0.9, (0.95 * height / width + 0.22) * rows + 0.2))
    for one in axes:
        one.set_axis_off()
    for number, (one, picture) in enumerate(zip(axes, pictures, strict=False)):
        if scale is None:
            one.imshow(picture)
        else:
            image = one.imshow(picture, cmap=scale[0], vmin=scale[1], vmax=scale[2])
        one.set_title(str(number), fontsize=8)
    if scale is not None:
        figure.colorbar(image, ax=axes, label=scale[3])
    return figure


def _chosen(model: Any, layer: str | int | Module | None) -> Module:
    """Return the layer that was asked for, or the first convolution."""
    if not isinstance(model, Module):
        raise TypeError(f"expected a model or a layer, got a {type(model).__name__}")
    if isinstance(layer, Module):
        return layer
    if isinstance(layer, int):
        children = list(model.children())
        if not -len(children) <= layer < len(children):
            raise ValueError(f"{model.label} has {len(children)} layers, got layer={layer}")
        return children[layer]
    if layer is None:
        for module in model.modules():
            if isinstance(module, _CONVOLUTIONS):
                return module
        raise ValueError(f"found no convolution in {model.label}")
    named = dict(model.named_modules())
    if layer in named:
        return named[layer]
    if isinstance(model, Model):
        return model.get_layer(layer)
    raise ValueError(f"{model.label} has no layer {layer!r}; it has {', '.join(filter(None, named))}")


def _has_channels_first(convolution: Module) -> bool:
    """Say in which layout a convolution gives its maps."""
    return isinstance(convolution, _TORCH_CONVOLUTIONS) or getattr(convolution, "data_format", "") == "channels_first"


def _kernels(layer: Module) -> NDArray[Any]:
    """Return the kernels of a convolution over one or two axes as (filters, height, width, channels)."""
    if not layer.built and not isinstance(layer, _TORCH_CONVOLUTIONS):
        raise ValueError(
            f"{layer.label} has no kernels before it is built: call the model on a batch, or give input_shape="
        )
    match layer:
        case Conv1D() | Conv2D():  # (*kernel_size, channels, filters)
            kernels = np.moveaxis(layer.kernel.data, -1, 0)
        case Conv1d() | Conv2d():  # (filters, channels, *kernel_size)
            kernels = np.moveaxis(layer.weight.data, 1, -1)
        case DepthwiseConv2D() | SeparableConv2D():  # (*kernel_size, channels, multiplier)
            depthwise = layer.kernel if isinstance(layer, DepthwiseConv2D) else layer.depthwise_kernel
            kernels = depthwise.data.reshape(*depthwise.shape[:2], -1).transpose(2, 0, 1)[..., None]
        case _:
            raise ValueError(f"filters draws the kernels of convolutions over one or two axes, got {layer.label}")
    return kernels if kernels.ndim == 4 else kernels.transpose(0, 2, 1)[..., None]  # a row for each channel
