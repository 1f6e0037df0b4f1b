"""Which files hold what, by the suffix of their names: the one table of it."""

from __future__ import annotations

# Sound and no images, but for a cover.
_SOUNDS = (
    ".wav .wave .bwf .rf64 .bw64 .w64 .flac .ogg .oga .opus .mp3 .mp2 .mp1 .mpga .mpa .aiff .aif .aifc .au .snd .caf"
    " .voc .avr .htk .svx .8svx .paf .fap .pvf .ircam .sf .sph .nist .sds .wve .xi"
    " .m4a .m4b .m4r .aac .adts .wma .mka .weba .amr .awb .ac3 .eac3 .dts .ape .wv .tta .mpc .spx .3ga .ra .dsf .dff"
)
# One picture; or several, where the file itself says so (TIFF, PNG, WebP): then it is a video.
_PICTURES = ".png .jpg .jpeg .jpe .jfif .bmp .dib .tif .tiff .webp .pgm .ppm .pnm"
# Images one after the other, without sound; a picture where the file holds but one.
_ANIMATED = ".gif .apng"
# Images with sound or without; where a file holds sound alone, it is sound.
_VIDEOS = (
    ".mp4 .avi .mkv .mov .webm .m4v .mpg .mpeg .mpe .mjpeg .mjpg .ts .m2ts .mts .vob .wmv .asf .ogv .ogm .flv .f4v"
    " .3gp .3g2 .qt .divx .mxf .dv .m1v .m2v .h264 .264 .h265 .265 .hevc .ivf .y4m .nut .rm"
)

SOUNDS, PICTURES = frozenset(_SOUNDS.split()), frozenset(_PICTURES.split())
ANIMATED, VIDEOS = frozenset(_ANIMATED.split()), frozenset(_VIDEOS.split())
