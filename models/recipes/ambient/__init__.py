"""How the shipped sound model and `sound_start.npz` were made: by distillation of YAMNet."""
