# syntax=docker/dockerfile:1
# SketchRoom in a container; docs/hosting.md says how it is run.

FROM node:24-bookworm-slim AS build
# `strip` takes 18 MB of names off Node that only a debugger reads.
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN CI=true npx -y pnpm@12 assemble /srv/sketchroom && strip -o /usr/local/bin/node-stripped /usr/local/bin/node
RUN mkdir /empty

# The same Debian as above, since the packages come compiled for its C library; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/node-stripped /usr/local/bin/node
COPY --from=build /srv/sketchroom /srv/sketchroom
COPY --from=build --chown=65532:65532 /empty /data
WORKDIR /srv/sketchroom
# Code that was compiled is kept with the data: nothing else may be written.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data NODE_COMPILE_CACHE=/data/.cache/node
USER 65532:65532
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
# Not /ready: that says 503 while the database is away, and whoever restarts the server for it throws away what waits to be
# stored. A server listens only when it has begun in order, so /live says that too.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["/usr/local/bin/node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/local/bin/node", "scripts/serve.ts"]
