"""All numba code of streamer and nothing else: functions from arrays into arrays.

Kernels are compiled once, by a process of its own, and kept as machine code; a program that uses them loads
it and imports neither numba nor LLVM, which would take 100 MB and a second. Only load.py is for other rooms.

=================  =============================================================================================
cache.py           directory of compiled kernels
load.py            kernels for the rest of the program, without numba where they were compiled before
machine_code.py    files of machine code: written, mapped, called with arrays
link.py            object file → machine code
compile.py         the process that compiles them: numba → object file → machine code
jit.py             compiler options, each with its reason
simd.py            explicit vectors
fft.py             straight-line DFTs of such vectors
fft_plan.py        how a longer FFT is divided into passes, with its tables (does not import numba)
stockham.py        those passes
logmel_plan.py     for which FFT sizes there is a log-mel, and their passes (imports nothing)
logmel_stream.py   what both log-mel kernels do around the FFT
=================  =============================================================================================

A fused kernel works on one array, its arena, which a module of the kernel's name lays out with its tables (without
numba):

==================  ============================================================================================
logmel_arena.py     for logmel.py and logmel_any.py
image_fft_arena.py  for image_fft.py
temporal_arena.py   for temporal.py
==================  ============================================================================================

Importing one of these compiles its kernels with numba:

=================  =============================================================================================
logmel.py          sound → log-mel frames, FFT sizes 256, 512, 1024 and 2048
logmel_any.py      the same for every other even product of 2, 3 and 5 within 64 … 4096
image_fft.py       grey image → logarithm of its 2-D spectrum
polar.py           spectrum → means over a polar grid
resize.py          grey image → smaller or larger grey image
cells.py           grey image → means over a grid of cells
colours.py         image in colour → mean colours of chosen cells
gradients.py       two grey images → sums of gradients over a grid of cells
temporal.py        series of many cells → their spectra in time
biquad.py          samples → the same through a recursive filter of second order
=================  =============================================================================================
"""
