"""The package as it is installed: version, extras, and what importing it brings in."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nnlite

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_version_is_told_once_the_same():
    assert nnlite.__version__ == PROJECT["version"]


def test_type_hints_are_shipped():
    assert (Path(nnlite.__file__).parent / "py.typed").is_file()


def test_all_means_every_extra_for_users_and_no_other_framework():
    extras = PROJECT["optional-dependencies"]
    (chosen,) = extras["all"]
    named = set(chosen.removeprefix("nnlite[").removesuffix("]").split(","))
    assert named == extras.keys() - {"all", "dev", "docs", "parity"}
    assert not any("torch" in requirement for name in named for requirement in extras[name])


@pytest.mark.parametrize("module", ["nnlite", "nnlite.datasets"])
def test_importing_brings_in_nothing_optional(module):
    optional = {"matplotlib", "tqdm", "sklearn", "safetensors", "mpi4py", "graphviz", "tensorboard", "torch", "keras"}
    code = f"import sys, {module}; print(*sorted({optional!r} & sys.modules.keys()))"
    brought_in = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert brought_in.stdout.split() == []
