# docker build -t recommender .
# docker run --rm --read-only --tmpfs /tmp --user "$(id -u):$(id -g)" -v "$PWD:/site" recommender site public

FROM python:3.13-slim AS build

# the compiler stays in this stage
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /source
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

# pip compiles to bytecode here, since nothing can be written later; the tests of the libraries
# are a quarter of all
RUN python -m venv --without-pip /opt/recommender \
    && python -m pip --python /opt/recommender install --no-cache-dir /wheels/*.whl \
    && /opt/recommender/bin/python -P -c "import recommender.resources as parts; assert not parts.missing_extensions()" \
    && find /opt/recommender -name tests -type d -prune -exec rm -r {} +


FROM python:3.13-slim

ARG VERSION
LABEL org.opencontainers.image.title="recommender" \
      org.opencontainers.image.description="Related articles for every page of a site" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.opencontainers.image.version="${VERSION}"

COPY --from=build /opt/recommender /opt/recommender

# only /site and /tmp need to be writable, and any user may run it
ENV PATH="/opt/recommender/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp \
    MPLCONFIGDIR=/tmp

USER 10001:10001
WORKDIR /site
ENTRYPOINT ["recommender"]
CMD ["--help"]
