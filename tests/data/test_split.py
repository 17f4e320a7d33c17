"""train_val_test_split: every sample in one part, classes in their shares."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

import nnlite as nl
from nnlite.data import train_val_test_split

X, Y = np.arange(200.0).reshape(100, 2), np.arange(100)


def test_arrays_are_parted_alike_in_the_order_of_scikit_learn() -> None:
    x_train, x_val, x_test, y_train, y_val, y_test = train_val_test_split(X, Y)
    assert [len(part) for part in (x_train, x_val, x_test)] == [80, 10, 10]
    for x, y in ((x_train, y_train), (x_val, y_val), (x_test, y_test)):
        np.testing.assert_array_equal(x, X[y], strict=True)
    np.testing.assert_array_equal(np.sort(np.concatenate([y_train, y_val, y_test])), Y)


def test_a_seed_decides() -> None:
    def training(seed: Any) -> list[int]:
        return train_val_test_split(Y, seed=seed)[0].tolist()

    assert training(3) == training(3) == training(np.random.default_rng(3))
    assert training(3) != training(4)
    assert training(None) != training(None)
    nl.random.seed(5)
    first = training(None)
    nl.random.seed(5)
    assert training(None) == first


@given(st.data())
def test_every_sample_is_in_one_part(data: st.DataObject) -> None:
    n = data.draw(st.integers(3, 60))
    sizes = data.draw(st.tuples(*[st.integers(0, 60)] * 3).filter(any))
    shares = tuple(size / sum(sizes) for size in sizes)
    assume(all(share == 0 or share * n >= 1 for share in shares))
    parts = train_val_test_split(np.arange(n), sizes=shares)
    assert sorted(np.concatenate(parts)) == list(range(n))
    for part, share in zip(parts, shares, strict=True):
        assert abs(len(part) - share * n) < 1
        assert len(part) > 0 or share == 0


@given(st.lists(st.integers(3, 40), min_size=1, max_size=6), st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.3, 0.2)]))
def test_each_class_has_its_share_in_each_part(counts: list[int], sizes: tuple[float, float, float]) -> None:
    n = sum(counts)
    assume(min(sizes) * n >= 1)
    y = np.repeat([f"class {i}" for i in range(len(counts))], counts)
    places = np.arange(n)
    *_, y_train, y_val, y_test = train_val_test_split(places, y, sizes=sizes, stratify=y)
    exact = [len(part) / n for part in (y_train, y_val, y_test)]
    for label, count in Counter(y.tolist()).items():
        for part, share in zip((y_train, y_val, y_test), exact, strict=True):
            assert abs(np.sum(part == label) - share * count) < 2
        assert abs(np.sum(y_test == label) - exact[2] * count) < 1


def test_stratified_counts_are_those_of_scikit_learn_where_nothing_is_rounded_at_random() -> None:
    y = np.repeat([0, 1, 2], [500, 300, 50])
    _, theirs = train_test_split(y, test_size=85, stratify=y, random_state=0)
    _, _, ours = train_val_test_split(y, sizes=(0.8, 0.1, 0.1), stratify=y)
    np.testing.assert_array_equal(np.bincount(ours), np.bincount(theirs))


def test_stratified_parts_are_shuffled() -> None:
    y = np.repeat([0, 1], 50)
    for part in train_val_test_split(y, stratify=y[:, None], seed=0):
        assert (np.diff(part) != 0).sum() > 1


def test_numbers_of_samples_and_empty_parts() -> None:
    assert [len(part) for part in train_val_test_split(Y, sizes=(70, 20, 10))] == [70, 20, 10]
    assert [len(part) for part in train_val_test_split(Y, sizes=(0.75, 0, 0.25))] == [75, 0, 25]
    assert [len(part) for part in train_val_test_split(Y, sizes=(60, 40, 0), stratify=Y % 2)] == [60, 40, 0]


def test_lists_and_strings_are_samples_too() -> None:
    names, _, _ = train_val_test_split(["a", "b", "c", "d"], sizes=(2, 1, 1))
    assert set(names) < {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("arrays", "settings", "message"),
    [
        ([], {}, "at least one array, got none"),
        ([(X, Y)], {}, "arrays by themselves, .* got a tuple of them"),
        ([X, np.ones(3)], {}, r"as many samples as each other, got shapes \(100, 2\), \(3,\)"),
        ([X, np.float64(3)], {}, r"got shapes \(100, 2\), \(\)"),
        ([X], {"sizes": (0.8, 0.2)}, r"three shares or numbers of samples, got sizes=\(0.8, 0.2\)"),
        ([X], {"sizes": (0.8, 0.3, -0.1)}, "three shares or numbers"),
        ([X], {"sizes": "80/10/10"}, "three shares or numbers of samples, got sizes='80/10/10'"),
        ([X], {"sizes": (0.8, 0.1, 0.2)}, r"shares that sum to 1, got sizes=.*, which sum to 1\.1"),
        ([X], {"sizes": (0.5, 0.1, 0.2)}, r"shares that sum to 1, got sizes=.*, which sum to 0\.8"),
        ([X], {"sizes": (80, 10, 20)}, "numbers that sum to 100 samples, got .* which sum to 110"),
        ([X[:4]], {}, "leave the test part without a sample: there are 4"),
        ([X], {"stratify": Y[:50]}, r"a label for each of 100 samples, got shape \(50,\)"),
        ([X], {"stratify": X}, r"got shape \(100, 2\)"),
        ([X], {"stratify": np.arange(100) > 97}, r"the class of sample 9[89] has 2 samples, for 3 parts"),
    ],
)
def test_what_cannot_be_parted_is_refused(arrays: list[Any], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train_val_test_split(*arrays, **settings)
