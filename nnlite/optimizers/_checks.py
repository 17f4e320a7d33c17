"""What optimizers check of their settings."""

__all__ = ["check_at_least", "check_share"]


def check_share(optimizer: str, inclusive: bool = False, **values: float) -> None:
    """Require numbers in [0, 1), or in [0, 1]."""
    for name, value in values.items():
        if not (0 <= value < 1 or (inclusive and value == 1)):
            raise ValueError(f"{optimizer} expected {name} in [0, 1{']' if inclusive else ')'}, got {name}={value!r}")


def check_at_least(optimizer: str, least: float = 0, **values: float) -> None:
    """Require numbers that are not below the least."""
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{optimizer} expected {name} >= {least}, got {name}={value!r}")
