"""`/oauth_auth.do`: a person logs in and lets a client act in that name; the client is sent a code for it."""

from __future__ import annotations

from html import escape
from string import Template
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulator.protocol.http import Request, Response
from simulator.rest.callers.accounts import Accounts
from simulator.rest.callers.oauth import Tokens
from simulator.store.records.records import OauthClient

_HTML = "text/html;charset=UTF-8"

_ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "code_challenge",
    "code_challenge_method",
)
"""What a client may say of the code that it wants."""

_PAGE = Template("""<!DOCTYPE html>
<html><head><title>$title</title></head><body><h1>$title</h1>
$content
</body></html>
""")

_FORM = Template("""<p>$client wants to act in your name on this instance, and sends you to $place then.</p>
<p role="alert">$alert</p>
<form method="post" action="/oauth_auth.do">
$hidden
<p><label>User name <input name="user_name" autofocus></label></p>
<p><label>Password <input name="user_password" type="password"></label></p>
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button>
</form>""")


def authorize(request: Request, accounts: Accounts, tokens: Tokens) -> Response:
    """The page that asks, and what follows from the answer: back to the client, with a code or without one."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    given = form if request.method == "POST" else request.parameters
    asked = {name: given[name] for name in _ASKED if name in given}
    client = accounts.client(asked.get("client_id", ""))
    place = None if client is None else _place(client, asked.get("redirect_uri", ""))
    if client is None or place is None:  # then nobody is sent anywhere: it may be a trap
        wrong = (
            "client_id is no client of this instance" if client is None else "redirect_uri is none of the client's"
        )
        return _page(400, "Invalid Request", f"<p>{wrong}: {escape(client.name if client else '')}</p>")
    if problem := _problem(asked, client):
        return _sent(place, asked, error=problem)
    match form.get("decision"):
        case "allow":
            user = form.get("user_name", "")
            if accounts.is_password(user, form.get("user_password", "")):
                challenge = asked.get("code_challenge", "")
                return _sent(
                    place,
                    asked,
                    code=tokens.give_code(user, asked["client_id"], asked.get("redirect_uri", ""), challenge),
                )
            return _question(401, client, place, asked, "User name or password invalid")
        case "deny":
            return _sent(place, asked, error="access_denied")
        case _:
            return _question(200, client, place, asked, "")


def _place(client: OauthClient, wanted: str) -> str | None:
    """Where the code goes; None where it must not. A client that names none may have one of this machine."""
    named = [url.strip() for url in client.redirect_urls.split(",") if url.strip()]
    if named:
        return (wanted if wanted in named else None) if wanted else named[0]
    try:
        parts = urlsplit(wanted)
        is_here = parts.scheme in ("http", "https") and parts.hostname in _HERE
    except ValueError:
        return None
    return wanted if is_here else None


_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def _problem(asked: dict[str, str], client: OauthClient) -> str | None:
    """Why there can be no code, in the words of RFC 6749, 4.1.2.1."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    has_challenge = bool(asked.get("code_challenge"))
    if (client.is_public and not has_challenge) or (
        has_challenge and asked.get("code_challenge_method") != "S256"
    ):
        return "invalid_request"
    return None


def _sent(place: str, asked: dict[str, str], **answer: str) -> Response:
    if "state" in asked:
        answer["state"] = asked["state"]
    mark = "&" if urlsplit(place).query else "?"
    return Response(302, None, (("Location", f"{place}{mark}{urlencode(answer)}"),))


def _question(status: int, client: OauthClient, place: str, asked: dict[str, str], alert: str) -> Response:
    hidden = "\n".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items()
    )
    content = _FORM.substitute(client=escape(client.name), place=escape(place), alert=alert, hidden=hidden)
    return _page(status, "Let a client act for you?", content)


def _page(status: int, title: str, content: str) -> Response:
    page = _PAGE.substitute(title=title, content=content)
    # No other page may show this one in a frame, and have somebody click who does not see it.
    return Response(status, page.encode(), (("X-Frame-Options", "DENY"),), _HTML)
