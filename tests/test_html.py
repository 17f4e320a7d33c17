"""What notebooks show of a Tensor and of a History."""

import re
from xml.etree import ElementTree

import numpy as np

import nnlite as nl


def test_a_tensor_tells_what_it_is() -> None:
    x = nl.tensor([[1.0, 2.0]], requires_grad=True)
    shown = x._repr_html_()
    assert "Tensor of shape (1, 2), float32, requires_grad=True" in shown
    assert "[[1., 2.]]" in shown
    assert "gradient" not in shown
    assert "from=multiply" in (x * 2)._repr_html_()
    (x * 2).sum().backward()
    assert "gradient\n[[2., 2.]]" in x._repr_html_()
    assert nl.Parameter([1.0])._repr_html_().startswith("<div><b>Parameter of shape (1,)")
    assert "int64" in nl.tensor(np.arange(3, dtype=np.int64))._repr_html_()


def test_large_tensors_are_abbreviated() -> None:
    x = nl.tensor(np.arange(1e6).reshape(1000, 1000), requires_grad=True)
    x.grad = np.ones(x.shape)
    shown = x._repr_html_()
    assert len(shown) < 1500
    assert "..." in shown
    assert "Tensor of shape (1000, 1000)" in shown


def test_a_history_is_a_table() -> None:
    history = nl.callbacks.History()
    for epoch in range(3):
        history.on_epoch_end(epoch, {"loss": 1 / (epoch + 1), "<b>&": 2.0})
    table = ElementTree.fromstring(history._repr_html_())  # well-formed: everything is escaped
    assert [[cell.text for cell in row] for row in table] == [
        ["epoch", "loss", "<b>&"], ["1", "1", "2"], ["2", "0.5", "2"], ["3", "0.3333", "2"],
    ]  # fmt: skip


def test_a_long_history_shows_its_ends() -> None:
    history = nl.callbacks.History()
    for epoch in range(100):
        history.on_epoch_end(epoch, {"loss": epoch})
    rows = re.findall(r"<tr><td>(.*?)</td>", history._repr_html_())
    assert rows == [*map(str, range(1, 11)), "...", *map(str, range(91, 101))]


def test_a_metric_that_was_not_always_there_stands_at_the_end() -> None:
    history = nl.callbacks.History()
    history.on_epoch_end(0, {"loss": 1.0})
    history.on_epoch_end(1, {"loss": 0.5, "val_loss": 0.7})
    table = ElementTree.fromstring(history._repr_html_())
    assert [[cell.text or "" for cell in row] for row in table][1:] == [["1", "1", ""], ["2", "0.5", "0.7"]]
    assert ElementTree.fromstring(nl.callbacks.History()._repr_html_()).tag == "table"
