"""Post to an HTTP server; imported when something is posted first, as TLS alone takes 5 MB."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener


class _NoRedirect(HTTPRedirectHandler):
    """Follow no redirection: it would turn a POST into a GET, or send headers with secrets elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = build_opener(_NoRedirect)


def post(url: str, data: bytes, headers: Mapping[str, str], timeout_s: float) -> tuple[int, str]:
    """Post data, and return the status and the reason that the server answers.

    Raises
    ------
    OSError
        If it does not answer.
    """
    try:
        with _OPENER.open(Request(url, data, dict(headers), method="POST"), timeout=timeout_s) as answer:
            return int(answer.status), str(answer.reason)
    except HTTPError as error:
        error.close()
        return error.code, str(error.reason)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise OSError(str(reason) or type(error).__name__) from None
