# A lab image with what few targets need and takes the most room: OpenJDK, Go, Rust.
ARG BASE=elfreeze-lab/x86-64
FROM ${BASE}
LABEL elfreeze.lab=image
RUN apt-get update \
  && apt-get install --yes --no-install-recommends default-jdk-headless golang-go rustc \
  && rm -rf /var/lib/apt/lists/*
