"""What holds for every template: it compiles, finds its files, and stays inside the strict CSP."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"
NAMES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in {".html", ".txt"}
)
every_template = pytest.mark.parametrize("name", NAMES)
# Mail programs read no stylesheets, and no policy of ours reaches them.
every_page = pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("mail/")])

# Choosing a language changes nothing but one's own pages; its form sets no cookie for a token. The
# signed address of the other stands for one.
WITHOUT_A_TOKEN = {"parts/languages.html", "shop/restock.html"}


def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@every_template
def test_it_compiles(name: str) -> None:
    assert get_template(name)


@every_page
def test_it_has_no_inline_style_and_no_inline_script(name: str) -> None:
    text = source(name)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert 'src="' in script or 'type="application/ld+json"' in script


@every_template
def test_the_files_it_names_are_there(name: str) -> None:
    for file in re.findall(r"{% static '([^']+)' %}", source(name)):
        assert (STATIC / file).is_file()


@every_template
def test_the_drawings_it_uses_are_there(name: str) -> None:
    for file, symbol in re.findall(r"{% static '([^']+\.svg)' %}#([a-z-]+)\"", source(name)):
        assert f'<symbol id="{symbol}"' in (STATIC / file).read_text(encoding="utf-8")


@every_template
def test_its_links_go_somewhere_and_posts_are_forms_with_a_token(name: str) -> None:
    text = source(name)
    assert 'href="#"' not in text
    for form in re.findall(r"<form[^>]*method=\"post\"[^>]*>.{0,20}", text, re.DOTALL):
        assert "{% csrf_token %}" in form or name in WITHOUT_A_TOKEN


def test_the_script_stays_within_two_kilobytes_over_the_wire() -> None:
    assert len(gzip.compress((STATIC / "shop.js").read_bytes())) <= 2048
