"""`streamer record`: live sound and images cut into takes, the labelled examples that a model is trained on."""
