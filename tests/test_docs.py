"""The documents' code runs, and prints what they say."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from tests.api import API

ROOT = Path(__file__).parent.parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("page", sorted(p.name for p in (ROOT / "docs").glob("*.md")))
def test_sessions_print_what_the_page_says(page):
    failed, _ = doctest.testfile(str(ROOT / "docs" / page), module_relative=False, optionflags=OPTIONS)
    assert failed == 0


def test_how_it_works_is_a_page_of_sessions():
    assert (ROOT / "docs" / "how-it-works.md").read_text().count(">>>") > 40


def test_readme_quick_start_runs_and_learns(capsys):
    pytest.importorskip("sklearn")
    block, _ = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    namespace: dict = {}
    exec(compile(block, "README.md", "exec"), namespace)
    assert namespace["model"].evaluate(namespace["x_test"], namespace["y_test"], verbose=0)[1] > 0.93
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(namespace["x"].grad, 2 * x * np.sin(x) + x**2 * np.cos(x), rtol=1e-5)
    assert "Epoch 15/15" in capsys.readouterr().out


def test_readme_names_files_that_exist():
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_readme_loop_in_pytorchs_spelling_runs_and_learns(capsys):
    pytest.importorskip("sklearn")
    _, block = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    assert float(capsys.readouterr().out) > 0.9


def test_the_plan_of_the_house_names_every_file():
    plan = (ROOT / "docs" / "architecture.md").read_text()
    files = {path.name for path in (ROOT / "nnlite").rglob("*.py")} - {"__init__.py"}
    assert not {name for name in files if name not in plan}
    named = set(re.findall(r"(?<![\w.])\w+\.py\b", plan[: plan.index("tests/ ")]))
    assert not named - files


def test_the_inventory_has_every_name_and_no_empty_cell():
    rows = [line for line in (ROOT / "docs" / "inventory.md").read_text().splitlines() if line.startswith("| `")]
    names = [name for names in API.values() for name in names.split()]
    assert [row.split("`")[1] for row in rows] == names
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))


def test_the_gallery_shows_every_picture_with_a_line_of_the_example():
    page = (ROOT / "docs" / "gallery" / "README.md").read_text()
    example = " ".join((ROOT / "examples" / "gallery.py").read_text().split())
    lines = re.findall(r"```python\n(.*?)\n```", page, re.DOTALL)
    assert len(lines) == len(set(lines)) == 14
    assert [line for line in lines if " ".join(line.split()) not in example] == []
    pictures = list((ROOT / "docs" / "gallery").glob("*.png"))
    assert sorted(picture.name for picture in pictures) == sorted(re.findall(r"\]\((\w+\.png)\)", page))
    assert max(picture.stat().st_size for picture in pictures) < 100_000
