/* Registers can only be seen to be kept while no call is made: the target spins in three instructions, and the lab
 * ends that by SIGUSR1. Inside asm: SPIN with the flag's address as an operand named `over`. */
#pragma once
#include "target.h"

static volatile int spin_over;

static void on_usr1(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info, (void)context;
  spin_over = 1;
}

static void end_spin_by_usr1(void) { catch_with(SIGUSR1, on_usr1, 0); }

#define SPIN "77: cmpl $0, %[over]\n\t je 77b\n\t"
