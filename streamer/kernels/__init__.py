"""All numba code of streamer and nothing else: functions from arrays into arrays.

===============  ===============================================================================================
cache.py         where compiled kernels are kept, and compiling them beforehand (does not import numba)
arena.py         the one array that a log-mel kernel works on, with its tables (does not import numba)
image_arena.py   the same for the image FFT
jit.py           compiler options, each with its reason
simd.py          explicit vectors
fft.py           DFT passes on such vectors
===============  ===============================================================================================

Importing one of these compiles its kernels, or loads them from the cache:

===============  ===============================================================================================
logmel.py        sound → log-mel frames, fused
image_fft.py     grey image → logarithm of its 2-D spectrum, fused
polar.py         spectrum → means over a polar grid
resize.py        grey image → smaller or larger grey image
===============  ===============================================================================================
"""
