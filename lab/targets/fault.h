/* Touching memory and living to tell. */
#pragma once
#include "target.h"
#include <setjmp.h>

static sigjmp_buf fault_jump;
static siginfo_t fault;

static void on_fault(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  fault = *info;
  siglongjmp(fault_jump, 1);
}

static void catch_faults(void) {
  catch_with(SIGSEGV, on_fault, 0);
  catch_with(SIGBUS, on_fault, 0);
}

/* 1 when the statement faulted; `fault` tells how. */
#define FAULTS(statement) (sigsetjmp(fault_jump, 1) ? 1 : ((statement), 0))
