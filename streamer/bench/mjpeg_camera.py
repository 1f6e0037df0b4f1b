"""A network camera on this machine: motion JPEG over HTTP, made before, so that sending it costs little.

A part of `streamer bench live`, run by its path in a process of its own; it prints the port.
"""

import socket
import threading
import time

import cv2
import numpy as np

FPS = 30
N_IMAGES = 450  # longer than a window: noise that came again would be a rhythm
HEIGHT, WIDTH = 480, 640
QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 80]  # as cameras have: 40 kB an image


def jpegs() -> list[bytes]:
    """Return images of stripes that sway, a lamp of 2 Hz and the noise of a sensor, in colour."""
    rng = np.random.default_rng(0)
    y = np.arange(HEIGHT)[:, None]
    texture = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH + 80)).astype(np.float32), (0, 0), 6)
    texture = 110 + 40 * (texture - texture.mean()) / texture.std()
    images = []
    for index in range(N_IMAGES):
        left = 40 + round(20 * np.sin(2 * np.pi * index * 11 / N_IMAGES))
        grey = texture[:, left : left + WIDTH] + 3 * rng.standard_normal((HEIGHT, WIDTH))
        grey[:120, :160] += 20 * np.sin(2 * np.pi * 2.0 * index / FPS)
        colour = np.stack([0.8 * grey, grey, 0.9 * grey + 20 * (y > 240)], axis=-1)
        images.append(cv2.imencode(".jpg", np.clip(colour, 0, 255).astype(np.uint8), QUALITY)[1].tobytes())
    return images


def serve(connection: socket.socket, images: list[bytes]) -> None:
    """Send one image after the other, until nobody takes them."""
    head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=image\r\n\r\n"
    begun_s = time.monotonic()
    try:
        connection.recv(65536)
        connection.sendall(head)
        for index in range(1 << 40):
            jpeg = images[index % len(images)]
            part = b"--image\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n"
            connection.sendall(part % (len(jpeg), jpeg))
            time.sleep(max(0.0, begun_s + (index + 1) / FPS - time.monotonic()))
    except OSError:
        connection.close()


def main() -> None:
    """Serve images to all who ask."""
    images = jpegs()
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0], images), daemon=True).start()


if __name__ == "__main__":
    main()
