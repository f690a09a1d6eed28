# Where images are run: there is nothing in it. The lab puts one frozen image into a container of it.
FROM scratch
LABEL elfreeze.lab=image
