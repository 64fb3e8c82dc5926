"""Every address of the site."""

from django.urls import include, path

from coffeeco_site import health, home, language, metrics, robots
from coffeeco_site.accounts import accounts

handler400 = "coffeeco_site.errors.bad_request"
handler404 = "coffeeco_site.errors.not_found"
handler500 = "coffeeco_site.errors.server_error"

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("shop.urls")),
    path("", include("checkout.urls")),
    path("language/", language.choose, name="set_language"),
    path("privacy/", home.privacy, name="privacy"),
    path("staff/", include("shop.desk.urls")),
    path("staff/", include("checkout.desk.urls")),
    path("staff/accounts/", accounts.urls),
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", robots.sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", robots.sitemap_part, name="sitemap_part"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
