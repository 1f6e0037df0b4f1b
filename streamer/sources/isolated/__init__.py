"""Capture in a process of its own, for drivers that spin, hang or crash: `isolate = true`."""
