"""Linking objects of LLVM: relocations of both processors against the arithmetic of their manuals."""

import itertools
import struct

import llvmlite.binding as llvm
import pytest

from streamer.kernels.link import AARCH64, X86_64, LinkError, link

llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()

TRIPLES = {X86_64: "x86_64-unknown-linux-gnu", AARCH64: "aarch64-unknown-linux-gnu"}
CODE = """
@table = internal constant [4 x double] [double 1.5, double 2.5, double 3.5, double 4.5]
@places = internal constant [2 x ptr] [ptr @table, ptr getelementptr (double, ptr @table, i64 2)]
declare ptr @memset(ptr, i32, i64)
declare ptr @memcpy(ptr, ptr, i64)
define internal double @other(i64 %i) noinline {
  %at = getelementptr [4 x double], ptr @table, i64 0, i64 %i
  %value = load double, ptr %at
  ret double %value
}
define double @entry(ptr %data, i64 %i) {
  %set = call ptr @memset(ptr %data, i32 0, i64 %i)
  %again = call ptr @memset(ptr %set, i32 1, i64 %i)
  %copied = call ptr @memcpy(ptr %again, ptr @table, i64 8)
  %at = getelementptr [2 x ptr], ptr @places, i64 0, i64 %i
  %place = load ptr, ptr %at
  %a = load double, ptr %place
  %b = call double @other(i64 %i)
  %sum = fadd double %a, %b
  ret double %sum
}
"""


def object_of(machine: int, code: str = CODE, codemodel: str = "small", reloc: str = "pic") -> bytes:
    target = llvm.Target.from_triple(TRIPLES[machine]).create_target_machine(opt=0, reloc=reloc, codemodel=codemodel)
    return bytes(target.emit_object(llvm.parse_assembly(code)))


@pytest.mark.parametrize("machine", [X86_64, AARCH64])
def test_what_is_left_for_the_loader(machine: int) -> None:
    linked = link(object_of(machine), "entry")
    assert sorted(linked.functions) == ["memcpy", "memset"]  # one jump each, however many calls
    assert all(linked.code[place : place + 8] == bytes(8) and place % 8 == 0 for place in linked.functions.values())
    (first, second) = (struct.unpack_from("<q", linked.code, place)[0] for place in linked.addresses)
    assert struct.unpack_from("<2d", linked.code, first) == (1.5, 2.5)
    assert second == first + 16
    assert linked.entry % 4 == 0


def test_calls_reach_their_functions() -> None:
    linked = link(object_of(X86_64), "entry")
    code = bytes(linked.code)
    targets = set()
    for place in range(linked.entry, len(code) - 5):
        if code[place] == 0xE8:  # call, relative to the next instruction
            targets.add(place + 5 + struct.unpack_from("<i", code, place + 1)[0])
    assert {place - 8 for place in linked.functions.values()} <= targets


def test_branches_reach_their_functions() -> None:
    linked = link(object_of(AARCH64), "entry")
    words = struct.unpack(f"<{len(linked.code) // 4}I", linked.code[: len(linked.code) // 4 * 4])
    offsets = {
        4 * i: (word & 0x3FFFFFF) - ((word & 0x2000000) << 1) for i, word in enumerate(words) if word >> 26 == 37
    }
    assert {place - 8 for place in linked.functions.values()} <= {place + 4 * away for place, away in offsets.items()}
    for place in linked.functions.values():  # ldr x16, 8 bytes on; br x16
        assert struct.unpack_from("<II", linked.code, place - 8) == (0x58000050, 0xD61F0200)


def test_pages_and_places_in_them() -> None:
    linked = link(object_of(AARCH64), "entry")
    words = struct.unpack(f"<{len(linked.code) // 4}I", linked.code[: len(linked.code) // 4 * 4])
    found = set()
    for i, (word, after) in enumerate(itertools.pairwise(words)):
        if word & 0x9F000000 == 0x90000000 and after & 0xFFC00000 == 0x91000000:  # adrp, add
            pages = (word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3
            found.add((4 * i & ~0xFFF) + (pages << 12) + (after >> 10 & 0xFFF))
    (table, *_) = (struct.unpack_from("<q", linked.code, place)[0] for place in linked.addresses)
    assert table in found


def test_what_it_cannot_link() -> None:
    with pytest.raises(LinkError, match="entry=missing"):
        link(object_of(X86_64), "missing")
    with pytest.raises(LinkError, match="relocation"):
        link(object_of(X86_64, codemodel="small", reloc="static"), "entry")
    with pytest.raises(LinkError, match="relocation"):
        link(object_of(AARCH64, codemodel="large", reloc="static"), "entry")
    other = bytearray(object_of(X86_64))
    struct.pack_into("<H", other, 18, 243)  # RISC-V
    with pytest.raises(LinkError, match="machine=243"):
        link(bytes(other), "entry")
