# elfreeze in a container, from the built tree: npm run build && docker build -t elfreeze .
# It runs elfreeze; with --entrypoint elfreeze-lab, the lab. How to freeze a process of another container: docs/containers.md.
# Without a registry in reach, BASE may be any Debian image that holds Node 20.
ARG BASE=node:20-bookworm-slim
FROM ${BASE}
LABEL elfreeze.lab=image
COPY . /elfreeze
RUN ln -s /elfreeze/bin/elfreeze /elfreeze/bin/elfreeze-lab /usr/local/bin/
ENTRYPOINT ["elfreeze"]
CMD ["--help"]
