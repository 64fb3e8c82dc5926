"""Every address of the site."""

from django.urls import include, path

from coffeeco_site import health, language, robots, views
from coffeeco_site.accounts import accounts

handler400 = "coffeeco_site.views.bad_request"
handler404 = "coffeeco_site.views.not_found"
handler500 = "coffeeco_site.views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("shop.urls")),
    path("", include("checkout.urls")),
    path("language/", language.choose, name="set_language"),
    path("privacy/", views.privacy, name="privacy"),
    path("staff/", views.staff_home, name="staff_home"),
    path("staff/", include("shop.staff_urls")),
    path("staff/", include("checkout.staff_urls")),
    path("staff/accounts/", accounts.urls),
    path("robots.txt", robots.robots, name="robots"),
    path("sitemap.xml", robots.sitemap, name="sitemap"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
