"""Machine code of kernels: what they refuse, what they take, and how it is kept."""

from pathlib import Path

import numpy as np
import pytest

from streamer.kernels import machine_code
from streamer.kernels.cache import kernel_directory
from streamer.kernels.link import MachineCode
from streamer.kernels.load import load
from streamer.kernels.machine_code import Argument, code_path, mapped, write_code

pytestmark = pytest.mark.skipif(not machine_code.IS_POSSIBLE, reason="numba compiles in the process on this platform")


def cell_means() -> machine_code.Kernel:
    kernel = load("streamer.kernels.cells", "cell_means")
    assert isinstance(kernel, machine_code.Kernel)
    return kernel


def edges(*places: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(places, np.int64)


def test_an_image_that_is_read_only_strided_or_both() -> None:
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    out, sums = np.zeros(4, np.float32), np.zeros(8, np.uint16)
    for view in (pixels, pixels[::-1], pixels[:, ::-1], np.asfortranarray(pixels)):
        view.flags.writeable = False
        cell_means()(view, 1, edges(0, 4, 8), edges(0, 4, 8), sums, out)
        assert out.tolist() == [view[y : y + 4, x : x + 4].mean() for y in (0, 4) for x in (0, 4)]


@pytest.mark.parametrize(
    "out", [np.zeros(4), np.zeros((2, 2), np.float32), np.zeros(8, np.float32)[::2], np.zeros(0, np.int8)]
)
def test_an_array_that_the_kernel_was_not_compiled_for(out: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> None:
    pixels = np.zeros((8, 8), np.uint8)
    with pytest.raises(TypeError):
        cell_means()(pixels, 1, edges(0, 4, 8), edges(0, 4, 8), np.zeros(8, np.uint16), out)


def test_an_output_that_must_not_be_written() -> None:
    out = np.zeros(4, np.float32)
    out.flags.writeable = False
    with pytest.raises(TypeError):
        cell_means()(np.zeros((8, 8), np.uint8), 1, edges(0, 4, 8), edges(0, 4, 8), np.zeros(8, np.uint16), out)


def test_too_few_and_too_many_arguments() -> None:
    sums, out = np.zeros(8, np.uint16), np.zeros(1, np.float32)
    for n in (0, 5, 7):
        given: list[object] = [np.zeros((8, 8), np.uint8), 1, edges(0, 8), edges(0, 8), sums, out, out]
        with pytest.raises(ValueError, match="argument"):
            cell_means()(*given[:n])


def test_a_kernel_of_one_vector_more_takes_what_any_call_takes() -> None:
    filter_block = load("streamer.kernels.biquad", "filter_block")
    assert isinstance(filter_block, machine_code.Kernel)
    samples, state = np.ones((3, 1), np.float32), np.zeros((1, 2))
    coefficients = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    once, again = np.zeros((3, 1), np.float32), np.zeros((3, 1), np.float32)
    filter_block(samples, coefficients, state.copy(), once)
    filter_block.bound(samples, coefficients, state.copy())(again)
    assert once.tobytes() == again.tobytes()
    push = load("streamer.kernels.logmel", "push")
    assert isinstance(push, machine_code.Kernel)
    with_arena = push.bound(np.zeros(400))
    for wrong in (np.zeros(9), np.zeros((3, 3), np.float32), np.zeros(9, np.float32)[::2]):
        with pytest.raises(TypeError):
            with_arena(wrong)
    with pytest.raises(AttributeError):
        with_arena([0.0])


def test_it_is_written_whole_and_damage_is_found(tmp_path: Path) -> None:
    directory = kernel_directory()
    assert directory is not None
    load("streamer.kernels.cells", "cell_means")
    path = code_path(tmp_path, "streamer.kernels.cells", "cell_means")
    whole = code_path(directory, "streamer.kernels.cells", "cell_means").read_bytes()
    path.write_bytes(whole)
    assert isinstance(mapped(path), machine_code.Kernel)
    for damaged in (whole[:-1], whole[:70], b"", whole[:200] + b"\0" + whole[201:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="end as it was written"):
            mapped(path)
    with pytest.raises(FileNotFoundError):
        mapped(tmp_path / "none.code")


def test_a_place_that_cannot_be_written_keeps_what_it_had(tmp_path: Path) -> None:
    path = tmp_path / "a.b.code"
    write_code(path, MachineCode(bytearray(b"code")), (Argument("int64", 0, True, False),))
    before = path.read_bytes()
    assert before.endswith(b"code")
    assert [each.name for each in tmp_path.iterdir()] == ["a.b.code"]
    with pytest.raises(OSError, match="No such file"):
        write_code(tmp_path / "none" / "a.b.code", MachineCode(bytearray(b"code")), ())
    assert path.read_bytes() == before
