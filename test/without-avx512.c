// Preloaded into a process on Linux, hides AVX-512 from it, so that libraries choose their kernels for AVX2:
//
//   cc -O1 -shared -fPIC test/without-avx512.c -o without-avx512.so -ldl
//   LD_PRELOAD=./without-avx512.so npm run bench
//
// The instruction CPUID faults where the processor and the kernel can do that (`cpuid_fault` in /proc/cpuinfo). The handler executes it
// and clears the bits of AVX-512 and of what comes with it. Node.js has a handler of the same signal, which is called for other faults.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define ARCH_PRCTL 158
#define ARCH_SET_CPUID 0x1012

typedef int (*Sigaction)(int, const struct sigaction *, struct sigaction *);

static struct sigaction next_handler;

static Sigaction real_sigaction(void) {
  static Sigaction found;
  if (!found) found = (Sigaction)dlsym(RTLD_NEXT, "sigaction");
  return found;
}

static void set_cpuid(long is_allowed) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"((long)ARCH_PRCTL), "D"((long)ARCH_SET_CPUID), "S"(is_allowed)
                   : "rcx", "r11", "memory");
}

static unsigned without(unsigned value, const int *bits) {
  for (; *bits >= 0; bits++) value &= ~(1u << *bits);
  return value;
}

/* Leaf 7, extended features: AVX-512 in three registers of the first part and two of the second, with AMX and AVX10. */
static void hide(unsigned part, unsigned *a, unsigned *b, unsigned *c, unsigned *d) {
  static const int b0[] = {16, 17, 21, 26, 27, 28, 30, 31, -1};
  static const int c0[] = {1, 6, 11, 12, 14, -1};
  static const int d0[] = {2, 3, 8, 22, 23, 24, 25, -1};
  static const int a1[] = {4, 5, 21, 23, -1};
  static const int d1[] = {4, 5, 10, 19, -1};
  if (part == 0) {
    *b = without(*b, b0);
    *c = without(*c, c0);
    *d = without(*d, d0);
  } else if (part == 1) {
    *a = without(*a, a1);
    *d = without(*d, d1);
  }
}

static void handle(int signal, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *code = (const unsigned char *)registers[REG_RIP];
  if (info->si_code == SI_KERNEL && code[0] == 0x0f && code[1] == 0xa2) {
    unsigned a = registers[REG_RAX], b, c = registers[REG_RCX], d;
    const unsigned leaf = a, part = c;
    set_cpuid(1);
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    set_cpuid(0);
    if (leaf == 7) hide(part, &a, &b, &c, &d);
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
    return;
  }
  if (next_handler.sa_flags & SA_SIGINFO) {
    next_handler.sa_sigaction(signal, info, context);
  } else if (next_handler.sa_handler != SIG_DFL && next_handler.sa_handler != SIG_IGN) {
    next_handler.sa_handler(signal);
  } else {
    struct sigaction defaults = {.sa_handler = SIG_DFL};
    real_sigaction()(SIGSEGV, &defaults, NULL);
  }
}

int sigaction(int signal, const struct sigaction *given, struct sigaction *before) {
  if (signal != SIGSEGV) return real_sigaction()(signal, given, before);
  if (before) *before = next_handler;
  if (given) next_handler = *given;
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  struct sigaction own = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  real_sigaction()(SIGSEGV, &own, NULL);
  set_cpuid(0);
}
