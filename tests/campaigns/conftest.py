"""Campaigns take minutes: they run when they are asked for, by `make campaign` or `-m campaign`."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the campaigns out of other runs; their samples stay."""
    if "campaign" not in config.option.markexpr:
        campaigns = [item for item in items if item.get_closest_marker("campaign")]
        config.hook.pytest_deselected(items=campaigns)
        items[:] = [item for item in items if item not in campaigns]
