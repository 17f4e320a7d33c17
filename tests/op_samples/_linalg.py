"""Samples of linear algebra."""

import numpy as np
from scipy import linalg

import nnlite.functional as F
from nnlite.functional._linalg import affine
from nnlite.functional._projection import projections
from tests.op_samples._sample import Sample, normal

_MATMULS = [
    ((2, 3), (3, 4)), ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,)),
    ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((1, 2, 3), (2, 3, 1)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2)), ((2, 2, 0), (0, 3)),
]  # fmt: skip
_EINSUMS = [
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ba,cb", (2, 3), (4, 2)), ("i,i->", (3,), (3,)),
    ("i,j->ji", (3,), (2,)), ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ij->ji", (2, 3)), ("ji", (2, 3)),
    ("ij,ij,j->i", (2, 3), (2, 3), (3,)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("ij,k->i", (2, 3), (4,)),
    ("...ij,jk->...ik", (2, 2, 3), (3, 2)), ("...i,...i", (2, 3), (3,)), ("i...->...", (3, 2, 2)),
    ("...i,i...->...", (2, 1, 3), (3, 4)), ("bqhd, bkhd -> bhqk", (1, 2, 2, 3), (1, 3, 2, 3)),
    ("ii->i", (3, 3)), ("ii->", (3, 3)), ("ii", (3, 3)), ("iji->j", (2, 3, 2)), ("iii->i", (2, 2, 2)),
    ("ii,ij->j", (3, 3), (3, 2)), ("...ii->...i", (2, 3, 3)), (",i->i", (), (3,)), ("ij,ij->ij", (1, 3), (2, 3)),
    ("ij,jk->ik", (2, 1), (3, 2)), ("ij,jk->ik", (2, 0), (0, 3)),
]  # fmt: skip


def _invertible(*shape: int, seed: int = 0) -> np.ndarray:
    """Matrices with no small singular values."""
    return normal(*shape, seed=seed) + 3 * np.eye(shape[-1])


def _positive(*shape: int) -> np.ndarray:
    """Symmetric positive definite matrices."""
    x = normal(*shape)
    return x @ x.mT + np.eye(shape[-1])


_STRIDED = normal(6, 4).T[::2, ::-2]  # (2, 3)


def _affine(x, weight, bias=0.0):
    return np.tensordot(x, weight, 1) + bias


def _projections(x, *parameters):
    return tuple(_affine(x, w, 0.0 if b is None else b) for w, b in zip(parameters[::2], parameters[1::2], strict=True))


_PROJECTED = (normal(4, 2, seed=1), normal(2, seed=2), normal(4, 3, seed=3), normal(3, seed=4))

SAMPLES = [
    *(Sample(F.matmul, (normal(*a), normal(*b, seed=1)), np.matmul) for a, b in _MATMULS),
    *(
        Sample(affine, (normal(*shape), normal(4, 2, seed=1), *bias), _affine)
        for shape in [(3, 4), (4,), (2, 3, 4), (2, 0, 4), (2, 1, 3, 4)]
        for bias in [(), (normal(2),)]
    ),
    Sample(affine, (normal(4, 3, 2).T, normal(2, 4).T, normal(2)), _affine, note="strided"),
    Sample(projections, (normal(3, 4), *_PROJECTED), _projections),
    Sample(projections, (normal(0, 4), *_PROJECTED), _projections, note="empty"),
    Sample(projections, (normal(4, 3).T, *_PROJECTED), _projections, note="strided"),
    Sample(F.matmul, (_STRIDED, _STRIDED.T), np.matmul, note="strided"),
    *(
        Sample(F.dot, (normal(*a), normal(*b, seed=1)), np.dot)
        for a, b in (
            ((3,), (3,)),
            ((2, 3), (3, 2)),
            ((2, 3), (3,)),
            ((3,), (2, 3, 2)),
            ((2, 2, 3), (2, 3, 2)),
            ((), (3,)),
        )
    ),
    Sample(F.tensordot, (normal(2, 3, 2), normal(3, 2, 2)), np.tensordot),
    Sample(F.tensordot, (normal(2, 3), normal(3, 2)), np.tensordot, {"axes": 1}),
    Sample(F.tensordot, (normal(2, 3), normal(4)), np.tensordot, {"axes": 0}),
    Sample(F.tensordot, (normal(2, 3, 4), normal(2, 4, 3)), np.tensordot, {"axes": ((0, 2, 1), (0, 1, 2))}),
    Sample(F.tensordot, (normal(2, 3, 4), normal(3, 2, 2)), np.tensordot, {"axes": ((1, 0), (0, -1))}),
    Sample(F.tensordot, (normal(2, 3, 4), normal(3, 2, 2)), np.tensordot, {"axes": ((0, 1), (1, 0))}, note="crossed"),
    Sample(F.tensordot, (normal(2, 3), normal(4, 2)), np.tensordot, {"axes": (0, 1)}),
    Sample(F.tensordot, (normal(2, 0), normal(0, 3)), np.tensordot, {"axes": 1}, note="empty"),
    *(
        Sample(F.einsum, (subscripts, *(normal(*shape, seed=i) for i, shape in enumerate(shapes))), np.einsum)
        for subscripts, *shapes in _EINSUMS
    ),
    Sample(F.einsum, ("ij,jk,kl->il", normal(2, 3), normal(3, 2), normal(2, 2)), np.einsum, {"optimize": False}),
    Sample(F.einsum, ("ij,kj->ik", _STRIDED, _STRIDED), np.einsum, note="strided"),
    Sample(F.outer, (normal(3), normal(4)), np.outer),
    Sample(F.outer, (normal(2, 2), normal(1, 3)), np.outer, note="flattened"),
    *(Sample(F.trace, (normal(3, 4),), np.trace, {"offset": offset}) for offset in (0, 1, -2, 9)),
    Sample(F.trace, (normal(2, 3, 4),), np.trace, {"axis1": 1, "axis2": -1}),
    Sample(F.trace, (normal(3, 2, 4),), np.trace, {"offset": -1, "axis1": 2, "axis2": 0}),
    Sample(F.inv, (_invertible(3, 3),), linalg.inv),
    Sample(F.inv, (_invertible(2, 2, 2),), np.linalg.inv),
    Sample(F.solve, (_invertible(3, 3), normal(3)), linalg.solve),
    Sample(F.solve, (_invertible(3, 3), normal(3, 2)), linalg.solve),
    Sample(F.solve, (_invertible(2, 2, 2), normal(2, 2, 3)), np.linalg.solve),
    Sample(F.solve, (_invertible(2, 2, 2), normal(2)), np.linalg.solve, note="a vector for each matrix"),
    Sample(F.solve, (_invertible(2, 2, 2), normal(2, 3)), np.linalg.solve, note="broadcast"),
    Sample(F.det, (_invertible(3, 3),), linalg.det),
    Sample(F.det, (_invertible(2, 2, 2),), np.linalg.det),
    Sample(F.slogdet, (_invertible(3, 3),), np.linalg.slogdet),
    Sample(F.slogdet, (-_invertible(2, 3, 3),), np.linalg.slogdet, note="negative"),
    Sample(F.cholesky, (_positive(3, 3),), lambda x: linalg.cholesky(x, lower=True)),
    Sample(F.cholesky, (_positive(2, 2, 2),), np.linalg.cholesky),
]
