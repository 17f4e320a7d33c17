"""The row `conv_sweep`: 24 convolutions forward and backward, with gradients for input, kernel and bias."""

from typing import Any, NamedTuple

from benchmarks._row import Row, Step, normal


class Setting(NamedTuple):
    """A convolution of square images and kernels, padded as far as half the kernel reaches."""

    batch: int
    size: int
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    groups: int = 1

    @property
    def padding(self) -> int:
        return self.dilation * (self.kernel // 2)

    @property
    def name(self) -> str:
        parts = [f"{self.kernel}x{self.kernel}", f"{self.channels}->{self.filters}", f"on {self.size}x{self.size}"]
        parts += [f"stride {self.stride}"] * (self.stride > 1) + [f"dilation {self.dilation}"] * (self.dilation > 1)
        if self.groups > 1:
            parts.append("depthwise" if self.groups == self.channels else f"{self.groups} groups")
        return " ".join([*parts, f"batch {self.batch}"])


SETTINGS = [
    Setting(8, 56, 64, 64, 1),
    Setting(16, 28, 256, 64, 1),
    Setting(16, 28, 64, 256, 1),
    Setting(32, 7, 256, 256, 1),
    Setting(8, 56, 64, 128, 1, stride=2),
    Setting(64, 28, 1, 32, 3),
    Setting(64, 32, 3, 16, 3),
    Setting(4, 112, 3, 64, 3),
    Setting(64, 14, 32, 64, 3),
    Setting(4, 56, 64, 64, 3),
    Setting(8, 28, 128, 128, 3),
    Setting(8, 14, 256, 256, 3),
    Setting(16, 7, 256, 256, 3),
    Setting(8, 56, 64, 128, 3, stride=2),
    Setting(64, 28, 1, 32, 5),
    Setting(32, 14, 32, 64, 5),
    Setting(8, 112, 3, 64, 7, stride=2),
    Setting(16, 56, 16, 32, 7, stride=2),
    Setting(8, 28, 64, 64, 3, dilation=2),
    Setting(4, 56, 32, 32, 3, dilation=4),
    Setting(16, 28, 64, 64, 3, groups=4),
    Setting(16, 14, 128, 128, 3, groups=32),
    Setting(8, 56, 64, 64, 3, groups=64),
    Setting(16, 14, 256, 256, 3, groups=256),
]


def nnlite_step(s: Setting) -> Step:
    import nnlite as nl
    import nnlite.functional as F

    depthwise = s.groups == s.channels > 1
    shape = (s.channels, 1) if depthwise else (s.channels // s.groups, s.filters)
    x = nl.tensor(normal(s.batch, s.size, s.size, s.channels), requires_grad=True)
    weight = nl.Parameter(normal(s.kernel, s.kernel, *shape))
    bias = nl.Parameter(normal(s.filters))
    settings: dict[str, Any] = {"stride": s.stride, "padding": s.padding, "dilation": s.dilation}
    if not depthwise:
        settings["groups"] = s.groups
    convolve = F.depthwise_conv2d if depthwise else F.conv2d
    g = normal(*convolve(x, weight, bias, **settings).shape)

    def step() -> Any:
        x.grad = weight.grad = bias.grad = None
        y = convolve(x, weight, bias, **settings)
        y.backward(g)
        return y

    return step


def torch_step(s: Setting, channels_last: bool) -> Step:
    import torch
    from torch import nn

    layout = {"memory_format": torch.channels_last if channels_last else torch.contiguous_format}
    layer = nn.Conv2d(s.channels, s.filters, s.kernel, s.stride, s.padding, s.dilation, s.groups).to(**layout)
    x = torch.from_numpy(normal(s.batch, s.channels, s.size, s.size)).contiguous(**layout).requires_grad_()
    g = torch.from_numpy(normal(*layer(x).shape)).contiguous(**layout)

    def step() -> Any:
        x.grad = layer.weight.grad = layer.bias.grad = None
        y = layer(x)
        y.backward(g)
        return y

    return step


def _steps(s: Setting) -> dict[str, Any]:
    return {
        "nnlite": lambda: nnlite_step(s),
        "torch": lambda: torch_step(s, channels_last=False),
        "torch_best": lambda: torch_step(s, channels_last=True),
    }


ROWS = {"conv_sweep": Row({setting.name: _steps(setting) for setting in SETTINGS})}
