# elfreeze in a container. To freeze a process of another container, share its pid namespace:
#   docker build -t elfreeze .
#   docker run --rm --pid container:NAME --cap-add SYS_PTRACE --security-opt seccomp=unconfined \
#     -v "$PWD:/out" elfreeze freeze 1 -o /out/app.elf
# The process to be frozen must run without a seccomp filter too (docs/limits.md): --security-opt seccomp=unconfined.
# Without a registry in reach, BASE may be any Debian image that holds Node 20.
ARG BASE=node:20-bookworm-slim

FROM ${BASE} AS build
WORKDIR /elfreeze
COPY . .
RUN npm ci --include=dev && node lab/setup/build.mjs && npm prune --omit=dev

FROM ${BASE}
COPY --from=build /elfreeze/package.json /elfreeze/LICENSE /elfreeze/README.md /elfreeze/
COPY --from=build /elfreeze/bin /elfreeze/bin
COPY --from=build /elfreeze/dist /elfreeze/dist
COPY --from=build /elfreeze/node_modules /elfreeze/node_modules
ENTRYPOINT ["node", "/elfreeze/bin/elfreeze"]
CMD ["--help"]
