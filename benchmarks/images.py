"""The rows `resnet`, `vgg` and `unet`: larger convolutional networks, Adam.

`resnet` is the ResNet-8 for CIFAR (3x3 convolutions with batch norm at 16, 32 and 64 channels, batch 64), `vgg` a block
of two 3x3 convolutions, 64 to 64 channels on 32x32 (batch 32), and `unet` a U-Net of two levels on 64x64 (batch 8).
"""

from typing import Any

from benchmarks._row import Batch, Network, labels, normal, training


def resnet_as_keras(k: Any, size: int = 32) -> tuple[Any, Any]:
    def normalized(x: Any, filters: int, kernel: int, stride: int) -> Any:
        x = k.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(x)
        return k.layers.BatchNormalization(epsilon=1e-5)(x)

    def block(x: Any, filters: int, stride: int) -> Any:
        y = k.layers.ReLU()(normalized(x, filters, 3, stride))
        y = normalized(y, filters, 3, 1)
        shortcut = x if stride == 1 else normalized(x, filters, 1, stride)
        return k.layers.ReLU()(k.layers.Add()([y, shortcut]))

    inputs = k.layers.Input((size, size, 3))
    x = k.layers.ReLU()(normalized(inputs, 16, 3, 1))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        x = block(x, filters, stride)
    outputs = k.layers.Dense(10, activation="softmax")(k.layers.GlobalAveragePooling2D()(x))
    return k.models.Model(inputs, outputs), k.losses.SparseCategoricalCrossentropy()


def resnet_as_torch() -> tuple[Any, Any]:
    from torch import nn

    def normalized(channels: int, filters: int, kernel: int, stride: int) -> list[Any]:
        return [nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(filters)]

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, channels: int, filters: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                *normalized(channels, filters, 3, stride), nn.ReLU(), *normalized(filters, filters, 3, 1)
            )
            self.shortcut = nn.Sequential(*(normalized(channels, filters, 1, stride) if stride > 1 else []))

        def forward(self, x: Any) -> Any:
            return nn.functional.relu(self.body(x) + self.shortcut(x))

    model = nn.Sequential(
        *normalized(3, 16, 3, 1), nn.ReLU(), Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    return model, nn.CrossEntropyLoss()


def vgg_as_keras(k: Any) -> tuple[Any, Any]:
    model = k.models.Sequential(
        [
            k.layers.Input((32, 32, 64)),
            k.layers.Conv2D(64, 3, padding="same", activation="relu"),
            k.layers.Conv2D(64, 3, padding="same", activation="relu"),
            k.layers.MaxPooling2D(),
            k.layers.GlobalAveragePooling2D(),
            k.layers.Dense(10, activation="softmax"),
        ]
    )
    return model, k.losses.SparseCategoricalCrossentropy()


def vgg_as_torch() -> tuple[Any, Any]:
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    return model, nn.CrossEntropyLoss()


def unet_as_keras(k: Any) -> tuple[Any, Any]:
    def twice(x: Any, filters: int) -> Any:
        for _ in range(2):
            x = k.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        return x

    def up(x: Any, skipped: Any, filters: int) -> Any:
        x = k.layers.Conv2DTranspose(filters, 2, strides=2)(x)
        return twice(k.layers.Concatenate()([skipped, x]), filters)

    inputs = k.layers.Input((64, 64, 1))
    fine = twice(inputs, 32)
    coarse = twice(k.layers.MaxPooling2D()(fine), 64)
    bottom = twice(k.layers.MaxPooling2D()(coarse), 128)
    x = up(up(bottom, coarse, 64), fine, 32)
    outputs = k.layers.Conv2D(1, 1, activation="sigmoid")(x)
    return k.models.Model(inputs, outputs), k.losses.BinaryCrossentropy()


def unet_as_torch() -> tuple[Any, Any]:
    import torch
    from torch import nn

    def twice(channels: int, filters: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(),
        )  # fmt: skip

    class UNet(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.fine, self.coarse, self.bottom = twice(1, 32), twice(32, 64), twice(64, 128)
            self.pool = nn.MaxPool2d(2)
            self.up_coarse, self.merge_coarse = nn.ConvTranspose2d(128, 64, 2, 2), twice(128, 64)
            self.up_fine, self.merge_fine = nn.ConvTranspose2d(64, 32, 2, 2), twice(64, 32)
            self.head = nn.Conv2d(32, 1, 1)

        def forward(self, x: Any) -> Any:
            fine = self.fine(x)
            coarse = self.coarse(self.pool(fine))
            x = self.bottom(self.pool(coarse))
            x = self.merge_coarse(torch.cat([coarse, self.up_coarse(x)], dim=1))
            x = self.merge_fine(torch.cat([fine, self.up_fine(x)], dim=1))
            return self.head(x)

    return UNet(), nn.BCEWithLogitsLoss()


def segments() -> Batch:
    x = normal(8, 64, 64, 1)
    return Batch(x, (x > 0).astype(x.dtype))


ROWS = {
    "resnet": training(lambda: Batch(normal(64, 32, 32, 3), labels(10, 64)), Network(resnet_as_keras, resnet_as_torch)),
    "vgg": training(lambda: Batch(normal(32, 32, 32, 64), labels(10, 32)), Network(vgg_as_keras, vgg_as_torch)),
    "unet": training(segments, Network(unet_as_keras, unet_as_torch)),
}
