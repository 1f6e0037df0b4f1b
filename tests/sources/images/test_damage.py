"""Every image that was handed to a decoder comes out sound or is counted, in its place."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from streamer.sources.images.damage import MAX_SPOILED, DamageAccount


def packet(pts: int, *, is_corrupt: bool = False) -> Any:
    return SimpleNamespace(size=100, is_discard=False, pts=pts, is_corrupt=is_corrupt)


def frame(pts: int, *, is_key: bool = False, is_corrupt: bool = False) -> Any:
    return SimpleNamespace(pts=pts, key_frame=is_key, is_corrupt=is_corrupt)


def test_an_image_that_comes_out_late_is_not_missing() -> None:
    account = DamageAccount(is_strict=True)
    numbers = {pts: account.send(packet(pts)) for pts in (0, 3, 1, 2)}  # coded in another order than shown
    for pts in range(4):
        assert account.is_sound(frame(pts, is_key=pts == 0), numbers[pts])
        assert account.take() == 0
    account.end()
    assert account.take() == 0


def test_after_damage_all_is_left_out_up_to_the_next_key_image() -> None:
    account = DamageAccount(is_strict=True)
    numbers = [account.send(packet(pts, is_corrupt=pts == 2)) for pts in range(8)]
    sound = [account.is_sound(frame(pts, is_key=pts in (0, 6)), numbers[pts]) for pts in range(8)]
    assert sound == [True, True, False, False, False, False, True, True]
    assert account.take() == 4


def test_what_never_comes_out_is_counted_before_the_next_image_and_at_the_end() -> None:
    account = DamageAccount(is_strict=True)
    numbers = [account.send(packet(pts)) for pts in range(6)]
    assert account.is_sound(frame(0, is_key=True), numbers[0])
    account.damage()
    assert account.is_sound(frame(3, is_key=True), numbers[3])
    assert account.take() == 2
    account.damage()
    account.end()
    assert account.take() == 2


def test_without_key_images_damage_is_taken_to_have_healed_after_a_while() -> None:
    account = DamageAccount(is_strict=True)
    account.damage()
    sound = [account.is_sound(frame(pts), account.send(packet(pts))) for pts in range(MAX_SPOILED + 5)]
    assert sound.index(True) in range(MAX_SPOILED - 1, MAX_SPOILED + 2)
    assert all(sound[sound.index(True) :])


def test_one_that_is_not_strict_leaves_out_the_damaged_image_alone() -> None:
    account = DamageAccount(is_strict=False)
    numbers = [account.send(packet(pts)) for pts in range(4)]
    sound = [account.is_sound(frame(pts, is_corrupt=pts == 1), numbers[pts]) for pts in range(4)]
    assert sound == [True, False, True, True]
    assert account.take() == 1
