"""How names are found."""

import pytest

from nnlite._lookup import look_up

TABLE = {"glorot_uniform": 1, "adam": 2}


@pytest.mark.parametrize("name", ["glorot_uniform", "GlorotUniform", "glorotuniform", "GLOROT_UNIFORM"])
def test_capitals_and_underscores_do_not_matter(name: str) -> None:
    assert look_up("initializer", name, TABLE) == 1


def test_errors_suggest_and_list() -> None:
    with pytest.raises(
        ValueError, match=r"^unknown optimizer 'Adan', did you mean 'adam'\? Known are adam, glorot_uniform$"
    ):
        look_up("optimizer", "Adan", TABLE)
    with pytest.raises(ValueError, match=r"^unknown optimizer 'xyz'\. Known are adam, glorot_uniform$"):
        look_up("optimizer", "xyz", TABLE)
