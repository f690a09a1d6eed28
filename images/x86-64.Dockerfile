# Where x86-64 cells are compiled, started, frozen and looked at.
ARG BASE=node:20-bookworm-slim
ARG ELFREEZE=elfreeze
FROM ${ELFREEZE} AS elfreeze

FROM ${BASE}
LABEL elfreeze.lab=image
# The toolchain, then the programs that are targets; tar carries directories.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends \
    gcc gcc-multilib libc6-dev musl-tools tar \
    bash busybox-static gawk jq perl python3 sqlite3 xz-utils \
  && rm -rf /var/lib/apt/lists/*
COPY --from=elfreeze /elfreeze /elfreeze
RUN ln -s /elfreeze/bin/elfreeze /elfreeze/bin/elfreeze-lab /usr/local/bin/
