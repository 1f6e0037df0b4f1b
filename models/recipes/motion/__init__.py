"""How the shipped motion model was made: from synthetic videos."""
