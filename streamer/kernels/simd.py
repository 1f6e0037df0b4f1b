"""Explicit vectors: wrappers over LLVM's builder that emit vector instructions.

The auto-vectoriser would have to find them by itself, and it fails on strides known only at run time. Nothing here is
specific to a processor: LLVM splits the vectors into whatever registers there are (AVX-512, AVX2, NEON).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Signature, signature
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from streamer.kernels.logmel_arena import LANES

FLOAT = ir.FloatType()
DOUBLE = ir.DoubleType()
INT32 = ir.IntType(32)
# a*b + c may become one fused instruction; nothing may be reordered, so the result never depends on the chunking
FLAGS = ("contract",)


class Vector:
    """Vector of numbers in the code being emitted; operators append instructions."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.builder, self.builder.fadd(self.value, other.value, flags=FLAGS))

    def __sub__(self, other: Vector) -> Vector:
        return Vector(self.builder, self.builder.fsub(self.value, other.value, flags=FLAGS))

    def __mul__(self, other: Vector | float) -> Vector:
        if not isinstance(other, Vector):
            other = self.like(other)
        return Vector(self.builder, self.builder.fmul(self.value, other.value, flags=FLAGS))

    def __neg__(self) -> Vector:
        return Vector(self.builder, self.builder.fneg(self.value))

    def like(self, number: float) -> Vector:
        """Return the same number in every lane."""
        return Vector(self.builder, ir.Constant(self.value.type, [number] * self.value.type.count))

    def at_least(self, number: Vector) -> Vector:
        """Return the greater of both, lane by lane; ``number`` where self is NaN."""
        greater = self.builder.fcmp_ordered(">", self.value, number.value)
        return Vector(self.builder, self.builder.select(greater, self.value, number.value))

    def shuffle(self, other: Vector, lanes: Sequence[int]) -> Vector:
        """Return lanes picked from this vector (0 … n − 1) and the other (n … 2n − 1)."""
        mask = ir.Constant(ir.VectorType(INT32, len(lanes)), list(lanes))
        return Vector(self.builder, self.builder.shuffle_vector(self.value, other.value, mask))

    def reverse(self) -> Vector:
        """Return the lanes in reverse order."""
        return self.shuffle(self, range(self.value.type.count - 1, -1, -1))

    def widen(self) -> Vector:
        """Convert float32 to float64."""
        return Vector(self.builder, self.builder.fpext(self.value, ir.VectorType(DOUBLE, self.value.type.count)))

    def narrow(self) -> Vector:
        """Convert float64 to float32."""
        return Vector(self.builder, self.builder.fptrunc(self.value, ir.VectorType(FLOAT, self.value.type.count)))


class Pointer:
    """Address of an element in the code being emitted; ``pointer[i]`` is the address i elements further."""

    def __init__(self, builder: Any, address: Any) -> None:
        self.builder = builder
        self.address = address

    def __getitem__(self, index: Any) -> Pointer:
        if isinstance(index, int):
            index = ir.Constant(ir.IntType(64), index)
        return Pointer(self.builder, self.builder.gep(self.address, [index]))

    def cast(self, element: ir.Type) -> Pointer:
        """Return the same address, pointing at elements of another type."""
        return Pointer(self.builder, self.builder.bitcast(self.address, element.as_pointer()))

    def scalar(self) -> Any:
        """Load the one element here."""
        return self.builder.load(self.address)

    def load(self, n_lanes: int = LANES) -> Vector:
        """Load the ``n_lanes`` elements from here on."""
        element = self.address.type.pointee
        wide = self.builder.bitcast(self.address, ir.VectorType(element, n_lanes).as_pointer())
        return Vector(self.builder, self.builder.load(wide, align=_alignment(element)))

    def load_bytes(self, n_lanes: int = LANES) -> Vector:
        """Load the ``n_lanes`` unsigned bytes from here on as float32."""
        builder = self.builder
        wide = builder.bitcast(self.address, ir.VectorType(ir.IntType(8), n_lanes).as_pointer())
        # through int32, from which every processor converts whole vectors
        integers = builder.zext(builder.load(wide, align=1), ir.VectorType(INT32, n_lanes))
        return Vector(builder, builder.sitofp(integers, ir.VectorType(FLOAT, n_lanes)))

    def splat(self, n_lanes: int = LANES) -> Vector:
        """Load the one element here into every lane."""
        return splat(self.builder, self.scalar(), n_lanes)

    def store(self, vector: Vector) -> None:
        """Store all lanes from here on."""
        element = self.address.type.pointee
        wide = self.builder.bitcast(self.address, vector.value.type.as_pointer())
        self.builder.store(vector.value, wide, align=_alignment(element))


def _alignment(element: ir.Type) -> int:
    return 8 if element == DOUBLE else 4


def splat(builder: Any, value: Any, n_lanes: int = LANES) -> Vector:
    """Return a scalar in every lane."""
    undefined = ir.Constant(ir.VectorType(value.type, n_lanes), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(INT32, 0))
    return Vector(builder, first).shuffle(Vector(builder, undefined), [0] * n_lanes)


def _exchange(a: Vector, b: Vector, step: int) -> tuple[Vector, Vector]:
    """Swap the lanes of a whose index has the bit ``step`` with the lanes of b whose index has not."""
    n = a.value.type.count
    low = [lane if not lane & step else n + lane - step for lane in range(n)]
    high = [lane + step if not lane & step else n + lane for lane in range(n)]
    return a.shuffle(b, low), a.shuffle(b, high)


def transpose(rows: list[Vector]) -> list[Vector]:
    """Return the columns of a square of vectors, by log2(n) rounds of exchanges."""
    step = 1
    while step < len(rows):
        for i in range(len(rows)):
            if not i & step:
                rows[i], rows[i + step] = _exchange(rows[i], rows[i + step], step)
        step *= 2
    return rows


def lane_sums(rows: list[Vector]) -> Vector:
    """Return the sums of each row's lanes; the sum of row i is in lane i."""
    step = 1
    while len(rows) > 1:
        pairs = [_exchange(rows[i], rows[i + 1], step) for i in range(0, len(rows), 2)]
        rows = [low + high for low, high in pairs]
        step *= 2
    return rows[0]


def log(x: Vector) -> Vector:
    """Return the natural logarithm of positive normal float32, with an error below 2 units in the last place.

    x = 2^e · (1 + m) with √½ ≤ 1 + m < √2, and the polynomial of Cephes' ``logf`` for ln(1 + m).
    """
    builder, n = x.builder, x.value.type.count
    integers = ir.VectorType(INT32, n)

    def constant(number: int) -> ir.Constant:
        return ir.Constant(integers, [number] * n)

    bits = builder.bitcast(x.value, integers)
    exponent = builder.ashr(builder.sub(bits, constant(0x3F3504F3)), constant(23))  # 0x3F3504F3 is √½
    mantissa = builder.sub(bits, builder.shl(exponent, constant(23)))
    m = Vector(builder, builder.bitcast(mantissa, x.value.type)) - x.like(1.0)
    e = Vector(builder, builder.sitofp(exponent, x.value.type))
    square = m * m
    series = x.like(7.0376836292e-2)
    for coefficient in (
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    ):
        series = series * m + x.like(coefficient)
    # ln 2 in two parts, so that e · ln 2 keeps its low bits
    return e * 0.693359375 + (m + (series * m * square + e * -2.12194440e-4 - square * 0.5))


@intrinsic  # type: ignore[untyped-decorator]
def as_rows(typing_context: Any, flat: Any, n_columns: Any) -> Any:
    """Return the rows of ``n_columns`` elements that lie in a contiguous vector; numba's ``reshape`` calls Python."""
    rows = types.Array(flat.dtype, 2, "C")

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        vector = make_array(flat)(context, builder, arguments[0])
        result = make_array(rows)(context, builder)
        (size,), (stride,) = (cgutils.unpack_tuple(builder, each, 1) for each in (vector.shape, vector.strides))
        n = builder.sext(arguments[1], size.type) if arguments[1].type != size.type else arguments[1]
        populate_array(
            result,
            data=vector.data,
            shape=[builder.sdiv(size, n), n],
            strides=[builder.mul(n, stride), stride],
            itemsize=vector.itemsize,
            meminfo=None,
        )
        return result._getvalue()

    return rows(flat, n_columns), generate


def emitted(emit: Callable[..., None]) -> Any:
    """Turn ``emit(arena, *others)``, which appends instructions, into a function that kernels can call.

    The kernel passes arrays, which arrive as the :class:`Pointer` to their first elements, and integers.
    """

    def define(typing_context: Any, arena: Any, *others: Any) -> Any:
        kinds = [arena, *[other if isinstance(other, types.Array) else types.intp for other in others]]

        def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
            def passed(kind: Any, value: Any) -> Any:
                if not isinstance(kind, types.Array):
                    return value
                return Pointer(builder, make_array(kind)(context, builder, value).data)

            emit(*map(passed, call.args, arguments))
            return context.get_dummy_value()

        return types.void(*kinds), generate

    # numba binds the kernel's arguments to this signature, less its first parameter
    context, *_ = signature(define).parameters.values()
    define.__signature__ = Signature([context, *signature(emit).parameters.values()])  # type: ignore[attr-defined]
    define.__name__ = emit.__name__
    define.__doc__ = emit.__doc__
    return intrinsic(define)
