"""The geometry of windows, held against its definition."""

from hypothesis import given
from hypothesis import strategies as st

from nnlite.kernels.window import Window, shifts

windows = st.builds(
    Window,
    size=st.integers(1, 9),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    before=st.integers(0, 5),
    after=st.integers(0, 5),
)


def elements_read(window: Window) -> list[list[int]]:
    """Return what each output reads, counted from the first real element, by placing the kernel step by step."""
    outputs = []
    start = -window.before
    while start + (window.kernel - 1) * window.dilation < window.size + window.after:
        outputs.append([start + offset * window.dilation for offset in range(window.kernel)])
        start += window.stride
    return outputs


@given(windows)
def test_reach_is_what_placing_the_kernel_gives(window: Window) -> None:
    outputs = elements_read(window)
    assert window.output == len(outputs)
    for offset in range(window.kernel):
        expected = [(o, reads[offset]) for o, reads in enumerate(outputs) if 0 <= reads[offset] < window.size]
        written, read = window.reach(offset)
        got = list(zip(range(len(outputs))[written], range(window.size)[read], strict=True))
        assert got == expected


@given(windows)
def test_tiles_overlaps_and_identity_follow_from_what_is_read(window: Window) -> None:
    outputs = elements_read(window)
    read = [element for reads in outputs for element in reads]
    real = [element for element in read if 0 <= element < window.size]
    if not window.overlaps:
        assert len(set(real)) == len(real)
    if window.tiles:
        assert sorted(read) == list(range(window.size))
    if window.identity:
        assert outputs == [[element] for element in range(window.size)]


def test_shifts_walk_the_kernel_in_row_major_order() -> None:
    steps = shifts(Window(5, 2, 2, 1, 0, 0), Window(4, 3, 1, 1, 1, 0))
    assert [step.offset for step in steps] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert steps[3].inputs == (slice(None), slice(1, 4, 2), slice(0, 2, 1))
    assert steps[3].outputs == (slice(None), slice(0, 2), slice(1, 3))
