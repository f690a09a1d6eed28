# Stands in for node:20-bookworm-slim where no registry is in reach: Debian, with the Node of whoever builds it.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
LABEL elfreeze.lab=image
COPY node /usr/local/bin/node
RUN node --version
