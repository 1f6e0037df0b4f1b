"""Sources of images: cameras, videos, pictures and a synthetic scene."""
