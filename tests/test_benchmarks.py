"""The benchmarks: what they compare is the same work, and what they print follows from what they measured."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlite as nl
from benchmarks import images
from benchmarks._memory import in_own_process
from benchmarks._report import line, ratio, table, worst_part
from benchmarks._rounds import alternating_rounds
from benchmarks._row import Batch, Network, normal
from benchmarks._rows import ROWS
from benchmarks.table import BEGIN, END

ROOT = Path(__file__).parent.parent
NETWORKS = [name for name, row in ROWS.items() if row.work is not None and name not in ("cnn_predict", "cnn_one")]


def needs_torch(test: Any) -> Any:
    missing = importlib.util.find_spec("torch") is None
    return pytest.mark.parity(pytest.mark.skipif(missing, reason="needs torch: see `make parity`")(test))


def work(name: str) -> tuple[Batch, Network]:
    """Two samples of a row's work."""
    batch, network = ROWS[name].work
    if name == "resnet":  # on an odd size, "same" pads a strided convolution as PyTorch does: as much on both sides
        network = Network(lambda k: images.resnet_as_keras(k, size=33), network.as_torch)
        return Batch(normal(2, 33, 33, 3), batch().y[:2]), network
    return Batch(*(array[:4] if name == "xor" else array[:2] for array in batch())), network


def of_nnlite(batch: Batch, network: Network) -> tuple[Any, Any]:
    model, loss = network.as_keras(nl)
    model(batch.x)
    return model, loss


def by_depth(state: dict[str, Any]) -> dict[str, Any]:
    """The arrays in the order of a functional model, which has a shortcut beside the layers of the same depth."""
    names = list(state)
    for name in [name for name in names if ".shortcut.0." in name]:
        names.remove(name)
        names.insert(names.index(name.replace("shortcut.0", "body.3")) + 1, name)
    return {name: state[name] for name in names}


@needs_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_both_networks_are_the_same(name: str) -> None:
    import torch

    batch, network = work(name)
    model, loss = of_nnlite(batch, network)
    peer, peer_loss = network.as_torch()
    trained = [p for name, p in peer.named_parameters() if name != "recurrent.bias_hh_l0" or "GRU" in str(peer)]
    assert sum(p.size for p in model.parameters()) == sum(p.numel() for p in trained)  # Keras' LSTM has one bias
    model.load_state_dict(nl.io.from_torch(by_depth(peer.state_dict()), model))
    x, y = (a if a.ndim < 4 else np.ascontiguousarray(a.transpose(0, 3, 1, 2)) for a in batch)
    theirs = peer_loss(peer(torch.from_numpy(x)), torch.from_numpy(y))
    ours = loss(batch.y, model(batch.x))
    assert ours.item() == pytest.approx(theirs.item(), rel=2e-5)
    ours.backward()
    theirs.backward()
    size = sum(float((p.grad**2).sum()) for p in model.parameters())
    assert size == pytest.approx(sum(float((p.grad**2).sum()) for p in trained), rel=1e-3)


@needs_torch
def test_the_settings_of_the_sweep_convolve_alike() -> None:
    assert len(ROWS["conv_sweep"].parts) == 24
    for name, ways in ROWS["conv_sweep"].parts.items():
        count, rows, columns, filters = ways["nnlite"]()().shape
        for library in ("torch", "torch_best"):
            assert tuple(ways[library]()().shape) == (count, filters, rows, columns), name


@needs_torch
def test_the_chains_of_operations_give_the_same() -> None:
    ways = ROWS["op_overhead"].parts[""]
    assert ways["nnlite"]()().item() == pytest.approx(ways["torch"]()().item(), rel=1e-5)


@needs_torch
def test_both_libraries_predict_as_many_probabilities() -> None:
    ways = ROWS["cnn_one"].parts[""]
    for library in ("nnlite", "torch", "torch_best"):
        predicted = ways[library]()()
        assert isinstance(predicted, np.ndarray)
        assert predicted.shape == (1, 10)
        assert predicted.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in ("gpt", "resnet", "unet", "vgg")])
def test_the_loss_falls(name: str) -> None:
    step = ROWS[name].parts[""]["nnlite"]()
    first = step()
    for _ in range(9):
        last = step()
    assert last < first


def test_a_process_of_its_own_tells_its_memory_and_time() -> None:
    alone = in_own_process("mlp", "nnlite", threads=1, steps=3)
    parameters = 784 * 256 + 256 * 128 + 128 * 10
    assert alone.seconds > 0
    assert alone.bytes is None or parameters * 4 * 4 < alone.bytes < 100e6  # values, gradients, two slots of Adam
    with pytest.raises(RuntimeError, match="no_such_row"):
        in_own_process("no_such_row", "nnlite", threads=1)


def test_rounds_take_turns_and_tell_a_median_each() -> None:
    order: list[str] = []
    steps = {name: (lambda name=name: order.append(name)) for name in "abc"}
    times = alternating_rounds(steps, rounds=2, seconds=0.0, time_step=lambda step: float(len(order)) + bool(step()))
    assert {name: len(taken) for name, taken in times.items()} == {"a": 2, "b": 2, "c": 2}
    assert "".join(order[-18:]) == "aaabbbccc" + "bbbcccaaa"
    assert times["a"][0] < times["b"][0] < times["c"][0]
    assert times["b"][1] < times["c"][1] < times["a"][1]


def measured(**parts: dict[str, list[float]]) -> dict[str, Any]:
    return {"count": 1, "parts": parts, "bytes": {}, "alone": {}}


def test_the_best_is_the_faster_way_of_each_setting() -> None:
    row = measured(
        one={"nnlite": [1.0, 2.0, 1.0], "torch": [2.0, 2.0, 2.0], "torch_best": [4.0, 4.0, 4.0]},
        other={"nnlite": [1.0, 1.0, 1.0], "torch": [8.0, 8.0, 8.0], "torch_best": [0.5, 0.5, 0.5]},
    )
    assert ratio(row, "torch") == pytest.approx((4.0, 8**0.5, 4.0))  # geometric means of 2 and 8, 1 and 8, 2 and 8
    assert ratio(row, "torch_best") == pytest.approx((1.0, 0.5**0.5, 1.0))
    assert ratio(row, "keras") is None
    name, least = worst_part(row, "torch_best")
    assert (name, least.median) == ("other", 0.5)
    assert "worst 0.50: other" in line("conv_sweep", row)


def test_a_row_without_a_second_way_is_at_its_best_as_written() -> None:
    row = measured(**{"": {"nnlite": [1.0], "torch": [3.0]}})
    assert ratio(row, "torch_best") == pytest.approx((3.0, 3.0, 3.0))
    assert ratio(measured(**{"": {"nnlite": [1.0]}}), "torch_best") is None


def test_the_table_has_the_median_of_runs_and_marks_misses() -> None:
    runs = [
        {"cnn": measured(**{"": {"nnlite": [0.01], "torch": [t], "torch_best": [t - 0.002]}})}
        for t in (0.012, 0.014, 0.03)
    ]
    runs[0]["cnn"]["bytes"] = {"nnlite": 5e6, "torch": None}
    heads, _, cells = ([cell.strip() for cell in text[1:-1].split("|")] for text in table(runs))
    found = dict(zip(heads, cells, strict=True))
    assert found["nnlite"] == "10.00 ms"
    assert heads.count("PyTorch") == 1
    assert found["PyTorch"] == "14.00 ms"
    assert found["as written / nnlite"] == "1.40 (1.20 to 3.00)"
    assert found["at its best / nnlite"] == "1.20 (1.00 to 2.80)"
    assert found["memory: nnlite"] == "5 MB"
    runs = [{"cnn": measured(**{"": {"nnlite": [0.01], "torch": [0.012], "torch_best": [0.009]}})}]
    assert "**1.20 (1.20 to 1.20)**" in table(runs)[-1]
    assert "**0.90 (0.90 to 0.90)**" in table(runs)[-1]


def command(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_measured_becomes_a_table_in_a_page(tmp_path: Path) -> None:
    run, page = tmp_path / "run.json", tmp_path / "page.md"
    settings = ["--only", "xor", "--no-torch", "--no-memory", "--rounds", "1", "--seconds", "0.01", "--threads", "1"]
    assert "xor" in command("benchmarks", *settings, "--json", str(run))
    report = json.loads(run.read_text())
    assert report["machine"]["threads"] == 1
    assert len(report["rows"]["xor"]["parts"][""]["nnlite"]) == 1
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    command("benchmarks.table", str(run), "--into", str(page))
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| `xor` |" in text
