"""The terminal dashboard: draws snapshots as rich segments, and runs the loop that shows them."""
