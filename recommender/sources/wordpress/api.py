"""The REST API of a WordPress site: where it is, requests to it, and what its refusals mean.

Needs the extra ``wordpress``. A user and an application password come from the environment.
Invariants: the password is sent to the host that the user named, over HTTPS or within this
machine, and is in no message; an answer beyond `MAX_ANSWER` bytes or `LONGEST_ANSWER` seconds is an
error.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from recommender.configured import CREDENTIALS
from recommender.errors import MissingDependencyError, SourceError
from recommender.sources.limits import MAX_ANSWER

if TYPE_CHECKING:
    import urllib3

TRIES = 5
"""Number of tries after the first, for answers that ask to try later."""
LONGEST_WAIT = 60
"""Seconds between two tries at most, whatever the site asks for."""
_LATER = (429, 500, 502, 503, 504)
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CHUNK = 1 << 16
_CONNECT, _READ = 10, 60
"""Seconds to wait for a connection, and for the next bytes of an answer."""
LONGEST_ANSWER = 600
"""Seconds for an answer with its retries: a site that keeps sending bytes never exceeds `_READ`."""
_LINK = re.compile(r"<([^<>]+)>\s*;[^,<]*rel=[\"']?https://api\.w\.org/", re.IGNORECASE)
_WRONG = frozenset([
    "incorrect_password", "invalid_username", "invalid_email", "invalid_application_password",
    "application_passwords_disabled", "application_passwords_disabled_for_user",
])  # fmt: skip
"""Codes of WordPress for a user or password that it does not accept."""
_OTHER_WAYS = "read the database (wordpress:mysql+pymysql://…) or an export instead"
_SET = f"set {CREDENTIALS[0]} and {CREDENTIALS[1]} (an application password)"


class RefusedError(SourceError):
    """The site answered, but not with what was asked for."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class Answer(NamedTuple):
    """An answer of a site."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    """The address after redirects."""


class Api:
    """The REST API of a site.

    Parameters
    ----------
    address : str
        The address of the site, ``https://example.org/blog``.
    environ : mapping
        The environment, with the user and the application password.

    Raises
    ------
    SourceError
        If the address is wrong, the site does not answer, or has no REST API.
    MissingDependencyError
        If urllib3 is not installed.
    """

    def __init__(self, address: str, environ: Mapping[str, str]) -> None:
        self.address = _plain_address(address)
        self.where = f"wordpress:{self.address}"
        self._headers = {"User-Agent": "recommender", "Accept": "application/json"}
        self._secret = _authorization(environ, self.where)
        if self._secret and not _is_safe(self.address):
            raise SourceError(
                f"{self.where}: would send the password unencrypted",
                f"name the site with https://, or unset {CREDENTIALS[1]}",
            )
        self._pool = _pool()
        self.namespaces: frozenset[str] = frozenset()
        """Parts of the API, such as ``wp/v2``."""
        self._root = self._found_root()

    @property
    def has_password(self) -> bool:
        """Whether requests are made as a user."""
        return bool(self._secret)

    def get(self, route: str, **parameters: Any) -> tuple[Any, Mapping[str, str]]:
        """Return the data at a route such as ``wp/v2/posts``, and the headers of the answer.

        Raises
        ------
        RefusedError
            If the answer is an error, or not JSON.
        SourceError
            If there is no answer.
        """
        answer = self._asked(_at(self._root, route, parameters), secret=True)
        return self._data(answer), answer.headers

    def _data(self, answer: Answer) -> Any:
        """Return the JSON of an answer; raise what is wrong with it."""
        if answer.status < 400:
            return read_answer(answer, self.where)
        try:
            data = msgspec.json.decode(answer.body)
        except _NO_JSON:
            data = None
        raise self._refusal(answer.status, data)

    def _refusal(self, status: int, data: Any) -> RefusedError:
        code = str(data.get("code", "")) if isinstance(data, dict) else ""
        told = f"HTTP {status}" + (f", {code:.60}" if code.isprintable() and code else "")
        if self.has_password and (status == 401 or code in _WRONG):
            problem = "does not accept the user or the application password"
            hint = f"make one in WordPress under Users > Profile, and {_SET}; "
            hint += "the server must pass the header Authorization to PHP"
        elif self.has_password and status == 403:
            problem = "does not let this user read posts as an editor does"
            hint = f"name a user with the role Editor; or {_OTHER_WAYS}"
        elif status in (401, 403):
            problem, hint = "does not show its posts to visitors", f"{_SET}; or {_OTHER_WAYS}"
        elif status == 404:
            problem, hint = "has no such part of the REST API", _OTHER_WAYS
        elif status in _LATER:
            problem, hint = f"gave no answer in {TRIES + 1} tries", "wait, then run it again"
        else:
            problem, hint = "refuses the request", _OTHER_WAYS
        return RefusedError(f"{self.where}: {problem} ({told})", hint, status)

    def _found_root(self) -> str:
        """Return the address of the API."""
        refusal: SourceError | None = None
        for root in dict.fromkeys(self._roots()):
            elsewhere = urlsplit(root).hostname != urlsplit(self.address).hostname
            if elsewhere or (self._secret and not _is_safe(root)):
                continue
            try:
                data = self._data(
                    self._asked(_at(root, "", {"_fields": "namespaces"}), secret=True)
                )
            except RefusedError as error:
                if error.status in (401, 403):
                    raise
                refusal = refusal or error
                continue
            if isinstance(data, dict) and "wp/v2" in (data.get("namespaces") or ()):
                self.namespaces = frozenset(map(str, data["namespaces"]))
                return root
        raise SourceError(
            f"{self.where}: has no REST API of WordPress",
            f"check the address, also www. and a directory such as /blog; or {_OTHER_WAYS}",
        ) from refusal

    def _roots(self) -> Iterator[str]:
        """Yield where the API may be: where the site says, and where it is by default."""
        first = self._asked(self.address, secret=False, method="HEAD")
        host = urlsplit(first.url).hostname
        same = host == urlsplit(self.address).hostname
        if self._secret and not (same and _is_safe(first.url)):
            raise SourceError(
                f"{self.where}: is at {urlunsplit(urlsplit(first.url)._replace(query=''))}",
                "name that address, so that the password goes where you want it",
            )
        home = self.address if first.status >= 400 else first.url.partition("?")[0]
        if not same:
            self.address = home
        told = _LINK.search(first.headers.get("Link", ""))
        if told:
            yield urljoin(home, told[1])
        base = home if home.endswith("/") else f"{home}/"
        yield f"{base}wp-json/"
        yield f"{base}?rest_route=/"

    def _asked(self, url: str, *, secret: bool, method: str = "GET") -> Answer:
        """Return the answer to a request; a connection that breaks off is tried again."""
        import urllib3

        for left in reversed(range(3)):
            try:
                with _without_notes():
                    return self._in_time(partial(self._once, url, secret, method))
            except urllib3.exceptions.HTTPError as error:
                if not left or isinstance(error, urllib3.exceptions.MaxRetryError):
                    raise self._unanswered(error) from None
                sleep(0.1)
        raise AssertionError("the last try returns or raises")

    def _in_time(self, ask: Callable[[], Answer]) -> Answer:
        """Return the answer; one that takes too long is left to a daemon thread."""
        found: Future[Answer] = Future()

        def run() -> None:
            try:
                found.set_result(ask())
            except BaseException as error:
                found.set_exception(error)

        Thread(target=run, daemon=True).start()
        if not wait([found], LONGEST_ANSWER).done:
            raise SourceError(
                f"{self.where}: takes more than {LONGEST_ANSWER} s for one answer", _OTHER_WAYS
            )
        return found.result()

    def _once(self, url: str, secret: bool, method: str) -> Answer:
        own = {"Authorization": self._secret} if secret and self._secret else {}
        response = self._pool.request(
            method, url, headers=self._headers | own, preload_content=False
        )
        try:
            body = bytearray()
            while chunk := response.read(_CHUNK):
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise SourceError(
                        f"{self.where}: sends more than {MAX_ANSWER >> 20} MB at once",
                        _OTHER_WAYS,
                    )
        finally:
            response.close()
        final = urljoin(url, response.geturl() or url)
        return Answer(response.status, response.headers, bytes(body), final)

    def _unanswered(self, error: Exception) -> SourceError:
        """Return the error for a request without an answer."""
        import urllib3

        reason = getattr(error, "reason", None) or error
        hint = "check the address, and that this machine reaches the site"
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            problem = "host is unknown"
        elif isinstance(reason, urllib3.exceptions.SSLError):
            problem, hint = "has no valid certificate", "check the address in a browser"
        elif isinstance(reason, urllib3.exceptions.NewConnectionError):
            problem = "cannot be reached"
        elif isinstance(reason, urllib3.exceptions.TimeoutError):
            problem, hint = "does not answer in time", "wait, then run it again"
        elif isinstance(reason, urllib3.exceptions.ResponseError):
            problem, hint = "redirects in a circle", "name the address that a browser ends at"
        elif isinstance(reason, urllib3.exceptions.LocationValueError):
            problem, hint = "is not an address", "write it like https://example.org"
        else:
            problem = f"breaks off the connection ({type(reason).__name__})"
        return SourceError(f"{self.where}: {problem}", hint)


def read_answer(answer: Answer, where: str) -> Any:
    """Return the JSON of an answer.

    Raises
    ------
    RefusedError
        If it is not JSON.
    """
    try:
        return msgspec.json.decode(answer.body)
    except _NO_JSON:
        kind = "HTML" if answer.body.lstrip()[:1] == b"<" else "text"
        page = answer.url.partition("?")[0]
        raise RefusedError(
            f"{where}: answered with {kind} rather than JSON",
            f"open {page} in a browser: it may be a login, a firewall or maintenance; or "
            f"{_OTHER_WAYS}",
            answer.status,
        ) from None


@contextmanager
def _without_notes() -> Iterator[None]:
    """Keep urllib3 from logging each try: what fails in the end is an error of its own."""
    logger = logging.getLogger("urllib3")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _pool() -> urllib3.PoolManager:
    try:
        import urllib3
    except ImportError as error:
        raise MissingDependencyError("urllib3", "wordpress", "reading a WordPress site") from error

    class Patient(urllib3.Retry):
        """Waits as long as a site asks for, up to a limit."""

        def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
            asked = super().get_retry_after(response)
            return None if asked is None else min(asked, LONGEST_WAIT)

    retries = Patient(
        total=TRIES,
        connect=1,
        read=2,
        other=1,
        redirect=TRIES,
        backoff_factor=0.25,
        backoff_max=LONGEST_WAIT,
        status_forcelist=_LATER,
        raise_on_status=False,
    )
    return urllib3.PoolManager(
        retries=retries, timeout=urllib3.Timeout(connect=_CONNECT, read=_READ)
    )


def _plain_address(address: str) -> str:
    """Return an address without query; an error if it contains a user or a password."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host:
        raise SourceError(
            f"wordpress:{re.sub(r'//[^/]*@', '//', address)}: is not an address",
            "write it like https://example.org",
        )
    if "@" in parts.netloc:
        raise SourceError(
            f"wordpress:{parts.scheme}://{parts.netloc.rpartition('@')[2]}: must not contain a "
            "user or a password",
            _SET,
        )
    return urlunsplit((parts.scheme.lower(), parts.netloc, parts.path, "", ""))


def _authorization(environ: Mapping[str, str], where: str) -> str:
    """Return the value of the header with user and password, or an empty string without them."""
    user, password = (environ.get(name, "") for name in CREDENTIALS)
    if bool(user) != bool(password):
        missing = CREDENTIALS[1] if user else CREDENTIALS[0]
        raise SourceError(f"{where}: {missing} is not set", "set both variables, or neither")
    pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return f"Basic {pair}" if user else ""


def _is_safe(url: str) -> bool:
    """Return whether what is sent to an address stays unread on its way."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _at(root: str, route: str, parameters: Mapping[str, Any]) -> str:
    """Return the address of a route; the root may contain ``?rest_route=``."""
    given = urlencode(parameters, safe=",")
    joined = f"{root}{route}"
    return f"{joined}{'&' if '?' in joined else '?'}{given}" if given else joined
