# syntax=docker/dockerfile:1
# The callwright process, built from source and run as an ordinary user.
#
#   docker build --tag callwright .
#   docker run --rm callwright demo                     one simulated call inside the container
#   docker run --rm --publish 8080:8080 --volume /srv/callwright:/var/lib/callwright \
#       callwright serve --config /var/lib/callwright/callwright.toml
#
# In that file, `server.listen` is "0.0.0.0:8080". The port is plain HTTP: publish it to the TLS proxy only.

FROM rust:1.95.0-slim-bookworm AS build
# The image's own toolchain is the pinned one; without this, rustup would fetch clippy and rustfmt, which a build does not need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package callwright

FROM debian:bookworm-slim
# ca-certificates: to reach the carrier. curl: the health check. The rest: the demo's voices and ears.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates curl libflite1 libpocketsphinx3 pocketsphinx-en-us \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/callwright --create-home callwright \
    && chmod 0700 /var/lib/callwright
COPY --from=build /src/target/release/callwright /usr/local/bin/callwright
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/callwright/
USER callwright
WORKDIR /var/lib/callwright
# The database, the key file, recordings and journals. Put it on an encrypted volume.
VOLUME /var/lib/callwright
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:8080/healthz"]
# `docker stop` sends SIGTERM. Calls that run may take a while to end politely: give it --time 120.
STOPSIGNAL SIGTERM
ENTRYPOINT ["callwright"]
CMD ["--help"]
