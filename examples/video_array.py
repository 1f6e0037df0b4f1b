"""Measure how fast something moves in an array of images, and what stripes it has."""

import numpy as np

import streamer

FPS, HZ, PERIOD_PX = 30.0, 2.5, 16.0

times_s = np.arange(150) / FPS
columns = np.arange(160)
rng = np.random.default_rng(0)
phase = 2 * np.pi * (columns / PERIOD_PX - HZ * times_s[:, None])  # stripes that drift to the right
stripes = 128.0 + 60.0 * np.sin(phase)[:, None, :] + rng.normal(0.0, 20.0, (150, 120, 160))
images = np.clip(stripes, 0, 255).astype(np.uint8)

in_time = streamer.measure_frequency(images, times_s=times_s)
in_space = streamer.measure_pattern(images[0])
print(f"{in_time.hz:.5f} ± {in_time.hz_sigma:.5f} Hz in {in_time.components[0].n_cells} cells")
stripes_found = in_space.components[0]
for vector in stripes_found.vectors:
    period = f"{vector.period_px:.3f} ± {vector.period_px_sigma:.3f} px"
    print(f"{stripes_found.lattice} of {period} at {vector.angle_deg:.2f} ± {vector.angle_deg_sigma:.2f}°")
print(f"motion: {streamer.classify(images, times_s=times_s).label}")
