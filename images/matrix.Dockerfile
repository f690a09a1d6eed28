# One part of the matrix, in a swarm: what compiles x86-64 cells, QEMU, and the kernels that are asked for.
ARG BASE=elfreeze-lab/x86-64
FROM ${BASE}
LABEL elfreeze.lab=image
RUN apt-get update \
  && apt-get install --yes --no-install-recommends qemu-system-x86 \
  && rm -rf /var/lib/apt/lists/*
COPY . /elfreeze
# Its nodes may have no network: what musl cells for i386 are compiled with is fetched here.
RUN elfreeze-lab run read-restart/i386/musl --undisturbed --freeze-in host --restore-in host
ENTRYPOINT ["elfreeze-lab", "part"]
