"""Monitors: the state, health and totals of a stream, and the snapshots that a dashboard shows of it."""
