/* rlimits and seccomp for a reader. Owns the process's privileges, by giving them away. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int limit(int resource, rlim_t value, const char *name, struct bw_error *err)
{
    struct rlimit limits = {value, value};

    if (setrlimit(resource, &limits) == 0)
        return 0;
    return error_set(err, BW_ERR_INTERNAL, "cannot limit %s: %s", name, strerror(errno));
}

static int set_limits(size_t memory, struct bw_error *err)
{
    /* AddressSanitizer reserves terabytes of address space for its shadow. */
    if (!SANITIZED && limit(RLIMIT_AS, memory, "memory", err) != 0)
        return -1;
    if (limit(RLIMIT_FSIZE, 0, "file size", err) != 0 ||
        limit(RLIMIT_CORE, 0, "core size", err) != 0 ||
        limit(RLIMIT_NPROC, 0, "processes", err) != 0)
        return -1;
    return 0;
}

/* Standard streams point to nowhere, so that a captured reader cannot forge the daemon's log;
 * sanitizers keep stderr for their report. */
static int close_descriptors(int fd, struct bw_error *err)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        return error_set(err, BW_ERR_IO, "cannot open /dev/null: %s", strerror(errno));
    for (int i = 0; i <= (SANITIZED ? 1 : 2); i++) {
        if (dup2(null, i) < 0)
            return error_set(err, BW_ERR_IO, "cannot close stream %d: %s", i, strerror(errno));
    }
    if (fd > 3 && close_range(3, (unsigned)fd - 1, 0) != 0)
        return error_set(err, BW_ERR_IO, "cannot close descriptors: %s", strerror(errno));
    if (close_range((unsigned)fd + 1, ~0U, 0) != 0)
        return error_set(err, BW_ERR_IO, "cannot close descriptors: %s", strerror(errno));
    return 0;
}

static int allow_calls(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),
        SCMP_SYS(write),
        SCMP_SYS(recvfrom),
        SCMP_SYS(sendto),
        SCMP_SYS(poll),
        SCMP_SYS(close),
        SCMP_SYS(brk),
        SCMP_SYS(mmap),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(mprotect),
        SCMP_SYS(madvise),
        SCMP_SYS(futex),
        SCMP_SYS(getrandom),
        SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday),
        SCMP_SYS(getrusage),
        SCMP_SYS(getrlimit),
        SCMP_SYS(setrlimit),
        SCMP_SYS(prlimit64),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(restart_syscall),
        SCMP_SYS(sched_getaffinity),
        SCMP_SYS(sysinfo),
        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(seccomp),
        SCMP_SYS(rt_sigprocmask),
    };
    static const int for_sanitizers[] = {
        SCMP_SYS(sigaltstack), SCMP_SYS(getpid),   SCMP_SYS(gettid),       SCMP_SYS(sched_yield),
        SCMP_SYS(tgkill),      SCMP_SYS(readlink), SCMP_SYS(rt_sigaction),
    };
    int result = 0;

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        result |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    for (size_t i = 0; SANITIZED && i < sizeof for_sanitizers / sizeof for_sanitizers[0]; i++)
        result |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, for_sanitizers[i], 0);
    return result;
}

static int load_filter(scmp_filter_ctx filter, int result, struct bw_error *err)
{
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    if (result == 0)
        return 0;
    return error_set(err, BW_ERR_INTERNAL, "cannot load the seccomp filter: %s", strerror(-result));
}

int sandbox_close(int fd, size_t memory, struct bw_error *err)
{
    scmp_filter_ctx filter;

    /* A daemon that is killed leaves no reader behind. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return error_set(err, BW_ERR_INTERNAL, "cannot follow the daemon: %s", strerror(errno));
    if (close_descriptors(fd, err) != 0 || set_limits(memory, err) != 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return error_set(err, BW_ERR_INTERNAL, "cannot give up privileges: %s", strerror(errno));
    filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return load_filter(filter, allow_calls(filter), err);
}

int sandbox_seal_code(struct bw_error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int result;

    if (filter == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    result = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    result |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mprotect), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    return load_filter(filter, result, err);
}

int sandbox_limit_cpu(unsigned seconds, struct bw_error *err)
{
    struct timespec used;
    struct rlimit limits;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0 || getrlimit(RLIMIT_CPU, &limits) != 0)
        return error_set(err, BW_ERR_INTERNAL, "cannot read the CPU clock: %s", strerror(errno));
    limits.rlim_cur = (rlim_t)used.tv_sec + 1 + seconds;
    if (limits.rlim_max != RLIM_INFINITY && limits.rlim_cur > limits.rlim_max)
        limits.rlim_cur = limits.rlim_max;
    if (setrlimit(RLIMIT_CPU, &limits) != 0)
        return error_set(err, BW_ERR_INTERNAL, "cannot limit CPU time: %s", strerror(errno));
    return 0;
}
