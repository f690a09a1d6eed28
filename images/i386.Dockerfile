# The same for i386 cells: a true i386 system, whose 64-bit libraries are there for Node and the lab's own tools.
ARG BASE=i386/debian:bookworm-slim
ARG NODE=node:20-bookworm-slim
ARG ELFREEZE=elfreeze
FROM ${ELFREEZE} AS elfreeze
FROM ${NODE} AS node

FROM ${BASE}
LABEL elfreeze.lab=image
# gcc-multilib brings the 64-bit libc. It cannot be had by multiarch, as libc6:amd64 and libc6-amd64 exclude each other.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    gcc gcc-multilib lib64stdc++6 libc6-dev musl-tools tar \
    bash busybox-static gawk jq perl python3 sqlite3 xz-utils \
  && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=elfreeze /elfreeze /elfreeze
RUN ln -s /elfreeze/bin/elfreeze /elfreeze/bin/elfreeze-lab /usr/local/bin/
