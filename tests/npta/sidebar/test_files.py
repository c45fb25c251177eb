"""What goes to Google as it stands: names that must exist on both sides, nothing from elsewhere, no HTML from answers."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

from npta.local.web_page.scripting import SIDEBAR_FILES
from npta.web.routes.route_table import ROUTES
from tests.npta.sidebar.test_types import PAGE_SCRIPTS, script_of

ROOT = SIDEBAR_FILES.parents[1]
CODE = (SIDEBAR_FILES / "Code.gs").read_text()
FUNCTIONS = set(re.findall(r"^function (\w+)\(", CODE, re.MULTILINE))
SCRIPTS = "".join(map(script_of, PAGE_SCRIPTS))
PAGES = {path.name: path.read_text() for path in SIDEBAR_FILES.glob("*.html")}
CALLED = set(re.findall(r"\brun\.(\w+)\(", SCRIPTS))
MENU = set(re.findall(r"\.addItem\('[^']+', '(\w+)'\)", CODE))
BUTTONS = [
    "Sync from Shopify",
    "Sync Catalogue",
    "Import Keys",
    "Refresh Inventory",
    "Release Keys",
    "Clear Order Cache",
    "Find Order",
    "Look Up Order",
    "Resend Keys",
    "Close Order",
    "Serve Waiting Orders",
    "Recover Orders",
    "Assign Key",
    "Retire Key",
    "Adjust Seats",
    "Change Mode",
]


class Buttons(HTMLParser):
    """The buttons that start an action: its name and the words on it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._action = dict(attrs).get("data-action") or "" if tag == "button" else ""

    def handle_data(self, data: str) -> None:
        if self._action:
            self.found[self._action] = data.strip()
            self._action = ""


def test_every_function_that_the_page_calls_exists_and_can_be_called() -> None:
    assert len(CALLED) >= len(BUTTONS)
    assert CALLED <= FUNCTIONS
    assert [name for name in CALLED if name.endswith("_")] == []


def test_every_function_of_a_menu_item_exists() -> None:
    assert {"showControlPanel", "showSettings"} == MENU
    assert MENU <= FUNCTIONS


def test_nothing_can_be_called_from_the_page_that_has_no_use_there() -> None:
    callable_names = {name for name in FUNCTIONS if not name.endswith("_")}
    assert callable_names == CALLED | MENU | {"onOpen"}


def test_every_button_has_its_action_and_every_action_its_button() -> None:
    parser = Buttons()
    parser.feed(PAGES["Sidebar.html"])
    actions = re.findall(r"^  '([a-z-]+)': \{\n    title: '([^']+)'", SCRIPTS, re.MULTILINE)
    assert list(parser.found.values()) == BUTTONS
    assert parser.found == dict(actions)


def test_every_path_that_code_gs_calls_is_a_route() -> None:
    served = {path for _, path in ROUTES}
    whole = set(re.findall(r"callService_\('\w+', '([^']+)'", CODE))
    orders = {f"/orders/{{id}}{rest}" for rest in re.findall(r"orderPath_\(order, '([^']*)'\)", CODE)}
    assert len(whole | orders) >= len(BUTTONS)
    assert whole | orders <= served


def test_every_scope_that_is_needed_is_named_and_no_other() -> None:
    manifest = json.loads((SIDEBAR_FILES / "appsscript.json").read_text())
    assert manifest["runtimeVersion"] == "V8"
    assert manifest["oauthScopes"] == [
        "openid",
        "https://www.googleapis.com/auth/userinfo.email",
        "https://www.googleapis.com/auth/script.container.ui",
        "https://www.googleapis.com/auth/script.external_request",
        "https://www.googleapis.com/auth/spreadsheets.currentonly",
    ]


def test_no_file_is_fetched_from_elsewhere() -> None:
    for name, text in PAGES.items():
        assert not re.search(r"""(src|href|url|@import)\s*[=(]?\s*["']?https?:""", text), name
        assert not re.search(r"<(script|img|link|iframe)[^>]*(src|href)=", text), name


def test_texts_are_never_put_in_as_html() -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\b", SCRIPTS)


def test_every_part_that_the_page_includes_is_there_and_the_guide_names_every_file() -> None:
    included = set(re.findall(r"include_\('(\w+)'\)", PAGES["Sidebar.html"]))
    assert {f"{name}.html" for name in included} | {"Sidebar.html"} == set(PAGES)
    files = {path.name for path in SIDEBAR_FILES.iterdir()}
    assert files == {"appsscript.json", "Code.gs", *PAGES}
    guide = (ROOT / "docs" / "operations" / "sidebar.md").read_text()
    assert [name for name in files if f"`{name}`" not in guide] == []
    assert [name for name in BUTTONS if name not in guide] == []


def test_the_example_for_clasp_pushes_the_sidebar_and_nothing_else() -> None:
    example = json.loads((ROOT / ".clasp.json.example").read_text())
    assert (ROOT / example["rootDir"]).resolve() == SIDEBAR_FILES
    assert ".clasp.json\n" in (ROOT / ".gitignore").read_text()
