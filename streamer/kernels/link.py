"""Link an ELF object file to machine code that runs at any address: its sections, and what is left for the loader.

The object is one kernel, so little is needed: sections are laid out one after the other, addresses relative to the
code are final, and a function of the C library is reached by a jump over a slot that the loader fills. Numbers of
relocations and their arithmetic: System V ABI, AMD64 supplement, section 4.4; ELF for the Arm 64-bit Architecture,
section 5.7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

X86_64, AARCH64 = 62, 183  # e_machine
LOADED, PROGRAM_DATA, SYMBOLS, RELOCATIONS = 2, 1, 2, 4  # of sections: sh_flags; sh_type
# A jump to the address in the slot behind it: jmp [rip + 2]; or ldr x16, slot; br x16.
JUMPS = {X86_64: bytes.fromhex("ff2502000000cccc"), AARCH64: bytes.fromhex("5000005800021fd6")}
UNWINDING = ".eh_frame"  # nothing is thrown


class LinkError(Exception):
    """The object needs what this linker does not have."""


@dataclass(slots=True)
class MachineCode:
    """Machine code and constants of a kernel.

    Attributes
    ----------
    code : bytearray
        To be loaded at the beginning of a page.
    entry : int
        Place of the function that is called.
    addresses : list of int
        Places of 64-bit offsets in the code, to which its address is added when it is loaded.
    functions : dict of str to int
        Names of the C library's functions, and the places of their 64-bit addresses.
    """

    code: bytearray = field(default_factory=bytearray)
    entry: int = 0
    addresses: list[int] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


def link(elf: bytes, entry: str) -> MachineCode:
    """Return the machine code of an object file.

    Parameters
    ----------
    elf : bytes
        Relocatable, of position-independent code in the small code model, for x86-64 or AArch64.
    entry : str
        The function that is called.

    Raises
    ------
    LinkError
        If a relocation is of another kind, or the entry is missing.
    """
    machine = struct.unpack_from("<H", elf, 18)[0]
    (table,) = struct.unpack_from("<Q", elf, 40)
    n_sections, n_names = struct.unpack_from("<HH", elf, 60)
    sections = [_Section(*struct.unpack_from("<IIQQQQIIQQ", elf, table + 64 * i)) for i in range(n_sections)]
    if machine not in JUMPS:
        raise LinkError(f"machine={machine} must be x86-64 or AArch64")
    linked = MachineCode()
    places: dict[int, int] = {}
    for i, section in enumerate(sections):
        is_code = section.kind == PROGRAM_DATA and section.flags & LOADED
        if is_code and _string(elf, sections[n_names], section.name) != UNWINDING:
            linked.code += bytes(-len(linked.code) % section.alignment)
            places[i] = len(linked.code)
            linked.code += elf[section.offset : section.offset + section.size]
    for section in sections:
        if section.kind == RELOCATIONS and section.info in places:
            symbols = sections[section.link]
            for offset, kind, symbol, addend in _relocations(elf, section):
                name, home, value = _symbol(elf, sections, symbols, symbol)
                target = places[home] + value if home in places else _stub(linked, machine, name)
                _relocate(linked, machine, kind, places[section.info] + offset, target + addend)
    table_of_symbols = next(section for section in sections if section.kind == SYMBOLS)
    for i in range(table_of_symbols.size // 24):
        name, home, value = _symbol(elf, sections, table_of_symbols, i)
        if name == entry and home in places:
            linked.entry = places[home] + value
            return linked
    raise LinkError(f"entry={entry} must be in the object file")


def _relocations(elf: bytes, section: _Section) -> Iterator[tuple[int, int, int, int]]:
    """Yield offset, kind, symbol and addend of each relocation."""
    for offset, info, addend in struct.iter_unpack("<QQq", elf[section.offset : section.offset + section.size]):
        yield offset, info & 0xFFFFFFFF, info >> 32, addend


def _symbol(elf: bytes, sections: list[_Section], table: _Section, i: int) -> tuple[str, int, int]:
    """Return name, section and value of a symbol; the section is 0 where another object has it."""
    name, _, _, home, value, _ = struct.unpack_from("<IBBHQQ", elf, table.offset + 24 * i)
    return _string(elf, sections[table.link], name), home, value


def _string(elf: bytes, table: _Section, offset: int) -> str:
    start = table.offset + offset
    return elf[start : elf.index(b"\0", start)].decode()


def _stub(linked: MachineCode, machine: int, name: str) -> int:
    """Return the place of the jump to a function of the C library; the first call for one appends it."""
    jump = JUMPS[machine]
    if name not in linked.functions:
        linked.code += bytes(-len(linked.code) % 16)
        linked.functions[name] = len(linked.code) + len(jump)
        linked.code += jump + bytes(8)
    return linked.functions[name] - len(jump)


def _relocate(linked: MachineCode, machine: int, kind: int, place: int, target: int) -> None:
    """Write a target, S + A, to where the code needs it."""
    code = linked.code
    if (machine, kind) in ((X86_64, 1), (AARCH64, 257)):  # R_X86_64_64, R_AARCH64_ABS64
        struct.pack_into("<q", code, place, target)
        linked.addresses.append(place)
    elif (machine, kind) in ((X86_64, 2), (X86_64, 4), (AARCH64, 261)):  # _PC32, _PLT32; _PREL32
        struct.pack_into("<i", code, place, target - place)
    elif machine == AARCH64:
        (instruction,) = struct.unpack_from("<I", code, place)
        struct.pack_into("<I", code, place, instruction | _field(kind, place, target))
    else:
        raise LinkError(f"relocation {kind} must be one of R_X86_64_64, _PC32 and _PLT32")


def _field(kind: int, place: int, target: int) -> int:
    """Return the bits of an AArch64 instruction that hold an address; code begins at a page."""
    if kind in (282, 283):  # R_AARCH64_JUMP26, _CALL26
        return (target - place) >> 2 & 0x3FFFFFF
    if kind == 275:  # _ADR_PREL_PG_HI21
        pages = (target >> 12) - (place >> 12)
        return (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5
    # _ADD_ABS_LO12_NC and _LDST8_… to _LDST128_ABS_LO12_NC, which count in units of what is loaded
    shifts = {277: 0, 278: 0, 284: 1, 285: 2, 286: 3, 299: 4}
    if kind not in shifts:
        raise LinkError(f"relocation {kind} must be one of those of R_AARCH64 that this linker knows")
    return (target & 0xFFF) >> shifts[kind] << 10
