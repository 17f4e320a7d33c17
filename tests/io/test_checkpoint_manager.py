"""A folder of checkpoints: which are kept, and what happens when one is damaged."""

import numpy as np
import pytest

from nnlite import io, layers

pytest.importorskip("safetensors")


@pytest.fixture
def model():
    return layers.Dense(1, input_shape=(2,))


def manager(model, folder, **settings):
    return io.CheckpointManager(io.Checkpoint(model), folder, **settings)


def numbers(kept):
    return [int(path.stem.split("-")[1]) for path in kept.paths]


def test_the_last_few_and_the_best_are_kept(model, tmp_path):
    lowest = manager(model, tmp_path / "low", keep=2, monitor="loss")
    highest = manager(model, tmp_path / "high", keep=1, monitor="loss", mode="max")
    for epoch, loss in enumerate([0.5, 0.1, float("nan"), 0.3, 0.1, 0.4, 0.2]):
        for one in (lowest, highest):
            one.save(epoch=epoch, loss=loss)
    assert numbers(lowest) == [4, 5, 6]  # the newer of two that are equally good
    assert numbers(highest) == [0, 6]
    for one, best in ((lowest, 4), (highest, 0)):
        assert one.restore()["epoch"] == 6
        assert one.restore_best()["epoch"] == best
        again = manager(model, one.folder, monitor="loss", mode=one.mode)  # in another process
        assert again.restore_best()["epoch"] == best
        assert again.save(epoch=7).name == "checkpoint-00000007.safetensors"


def test_without_a_monitor_the_last_few_are_kept(model, tmp_path):
    kept = manager(model, tmp_path)
    for epoch in range(5):
        kept.save(epoch=epoch)
    assert numbers(kept) == [2, 3, 4]
    assert kept.best is None
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        kept.restore_best()


@pytest.mark.parametrize("size", [0, 100, -1])
def test_a_damaged_one_falls_back_to_the_one_before_and_says_so(model, tmp_path, size):
    kept = manager(model, tmp_path)
    for epoch in range(3):
        model.kernel.data[...] = epoch
        kept.save(epoch=epoch)
    for path in kept.paths[1:]:
        path.write_bytes(path.read_bytes()[:size])
    with pytest.warns(RuntimeWarning, match="going back to .*checkpoint-0000000") as caught:
        assert kept.restore() == {"epoch": 0}
    assert len(caught) == 2
    assert "checkpoint-00000002" in str(caught[0].message)
    np.testing.assert_array_equal(model.kernel.data, 0)
    kept.paths[0].write_bytes(b"")
    with pytest.raises(io.FormatError), pytest.warns(RuntimeWarning, match="going back"):
        kept.restore()


def test_one_that_does_not_fit_is_no_reason_to_go_back(model, tmp_path):
    manager(model, tmp_path).save()
    manager(layers.Dense(3, input_shape=(2,)), tmp_path).save()
    with pytest.raises(ValueError, match=r"kernel: saved was float32\[2, 3\]"):
        manager(model, tmp_path).restore()


def test_what_killed_saves_left_is_deleted_and_strangers_stay(model, tmp_path):
    for name in (".checkpoint-00000007.safetensors.01234567.part", "notes.txt", "checkpoint-1.safetensors"):
        (tmp_path / name).write_bytes(b"half")
    manager(model, tmp_path).save()
    names = ["checkpoint-00000000.safetensors", "checkpoint-1.safetensors", "notes.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_mistakes(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint in"):
        manager(model, tmp_path / "nowhere").restore()
    with pytest.raises(TypeError, match="takes a Checkpoint, got Dense"):
        io.CheckpointManager(model, tmp_path)
    for wrong in ({"keep": 0}, {"keep": True}, {"mode": "auto"}):
        with pytest.raises(ValueError, match="CheckpointManager expected"):
            manager(model, tmp_path, **wrong)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="takes a folder, got the file"):
        manager(model, tmp_path / "file")
