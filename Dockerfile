# The shop as one image: the web server by default, its jobs with `python manage.py jobs`.
# A machine that reaches no registry of images names a base of its own, with python and pip.
ARG BASE=python:3.13-slim
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:////data/shop.sqlite3 \
    PROMETHEUS_MULTIPROC_DIR=/tmp/coffeeco-figures

WORKDIR /shop
COPY requirements.lock .
# Platforms that choose a user id themselves put it into group 0.
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock \
    && install --directory --owner 10001 --group 0 --mode 0770 /data

COPY . .
RUN python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q checkout coffeeco_site shop \
    && chmod --recursive a+rX .

# A number, because Kubernetes can't tell whether a name is root's. With SQLite, mount a volume on
# /data; with PostgreSQL nothing is written.
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=8)"]

# The figures of a former start are not this one's.
CMD ["sh", "-c", "rm -rf \"$PROMETHEUS_MULTIPROC_DIR\" && exec python -m granian --interface wsgi --no-ws --host 0.0.0.0 \
    --port 8000 --workers 2 --blocking-threads 32 --blocking-threads-idle-timeout 600 --respawn-failed-workers \
    --workers-kill-timeout 10 coffeeco_site.wsgi:application"]
