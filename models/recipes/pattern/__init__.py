"""How the shipped pattern model was made: from synthetic pictures."""
