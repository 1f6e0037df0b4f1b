"""Snapshots → rich renderables, and the loop that shows them."""
