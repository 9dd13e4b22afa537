# The daemon in a container (docs/install.md). The first stage builds the Debian packages, the images install them.
#   docker build -t tinyrig .
#   docker build -t tinyrig-emulated --target emulated .     with emulated boards, for a look without hardware
FROM docker.io/library/debian:bookworm-slim AS build
WORKDIR /src
# Compilers and libraries first: they are fetched anew when this list changes, not with every change of the sources.
COPY scripts/lib.sh scripts/
RUN bash -ec 'ROOT=/src; . scripts/lib.sh; install build firmware web package'
COPY . .
RUN --mount=type=cache,target=/root/.cache/ccache ./rig package

FROM docker.io/library/debian:bookworm-slim AS server
# Number and name are fixed, for the volume and for what the host lets through. dialout is 20 on Debian and its kin.
RUN useradd --system --uid 950 --user-group --groups dialout --home-dir /var/lib/tinyrig --shell /usr/sbin/nologin tinyrig \
 && install -d -o tinyrig -g tinyrig -m 0750 /var/lib/tinyrig
# Copied, and not mounted from the stage: buildah mounts nothing of a stage that it has in its cache.
COPY --from=build /src/build/packages/tinyrig-server_*.deb /src/build/packages/tinyrig-agents_*.deb \
  /src/build/packages/tinyrig-cli_*.deb /packages/
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends systemd-standalone-sysusers ca-certificates openocd \
      /packages/*.deb \
 && rm -rf /packages /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
USER tinyrig
VOLUME /var/lib/tinyrig
# Asks the daemon over gRPC for its versions and its schema's; fails when it does not answer.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["tinyrig", "version"]
# No EXPOSE: it listens on loopback alone.
CMD ["tinyrigd", "--data", "/var/lib/tinyrig", "--farm", "/etc/tinyrig/farm.toml"]

FROM server AS emulated
USER root
COPY --from=build /src/build/packages/tinyrig-emulator_*.deb /packages/
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /packages/*.deb \
 && rm -rf /packages /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
USER tinyrig
# The daemon ends the container; the kernel then ends the boards.
CMD ["sh", "-c", "tinyrig-emu --dir /tmp/farm --state /var/lib/tinyrig/flash --write-farm /tmp/farm/farm.toml & until [ -s /tmp/farm/farm.toml ]; do kill -0 $! || exit 1; sleep 0.1; done; exec tinyrigd --data /var/lib/tinyrig --farm /tmp/farm/farm.toml"]

# The last one is what is built unless told.
FROM server
